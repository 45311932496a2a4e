"""Every view of the page, as `static/views.js` lists them, on a server on which each has something to show."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from mqttcam.settings import Settings, load_configuration
from mqttcam.settings.editing.config_editor import ConfigEditor
from tests.recordings.made import make_files, recording
from tests.support.pictures import jpeg
from tests.support.project import PROJECT
from tests.web.serving import TEST_PATTERN, Served, serving_in_thread

PLACES: list[str] = re.findall(
    r'hash: "(#\w+)"', (PROJECT / "mqttcam" / "web" / "static" / "views.js").read_text()
)
"""The addresses of the views that are not those of cameras."""

CAMERAS: dict[str, dict[str, Any]] = {
    "front": {
        "name": "Front door",
        "size": "320x240",
        "frame_rate": 5,
        "motion": {"zones": {"gate": {"points": [[0.1, 0.2], [0.5, 0.2], [0.5, 0.8]]}}},
    },
    "garden": {"name": "Garden", "size": "160x120", "frame_rate": 5},
    "shed": {"name": "Shed", "enabled": False, "source": {"type": "file", "path": "nowhere.jpg"}},
}
READY = ".stage:is([data-status=running], [data-status=failed]), main:not(:has(.stage)) :is(h1, h2)"
"""What is there once a view is: a picture, or a failed camera; or the heading of another view."""


@contextmanager
def serving_every_view(directory: Path, cameras: Mapping[str, dict[str, Any]] = CAMERAS) -> Iterator[Served]:
    """Serve two cameras that run, one that fails, an event, and the view that edits the configuration."""
    file = directory / "config.yaml"
    configured = {name: TEST_PATTERN | camera for name, camera in cameras.items()}
    file.write_text(yaml.safe_dump({"web": {"enabled": True, "edit": True}, "cameras": configured}))

    def read(text: str | None) -> Settings:
        return load_configuration(file, {}, text).settings

    with serving_in_thread(cameras, editor=ConfigEditor(file, read, {}), edit=True) as (served, loop):
        if "shed" in cameras:
            loop.call_soon_threadsafe(served.registry.devices["shed"].set_enabled, True)
        made = recording(time.time() - 60, pictures=("best",))
        make_files(served.library.path, made, b"")
        (served.library.path / f"{made.stem}.jpg").write_bytes(jpeg(320, 240))
        served.library.add(made)
        yield served
