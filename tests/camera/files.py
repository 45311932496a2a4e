"""Sources and cameras on real files."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source
from mqttcam.camera.sources import create
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from tests.camera.broken import Hardware
from tests.camera.conftest import MakeCamera


def settings_of(path: Path, **keys: Any) -> CameraSettings:
    """A camera of type `file`; `source` has more keys of its source."""
    source = {"type": "file", "path": str(path)} | keys.pop("source", {})
    return CameraSettings.model_validate({"source": source, "frame_rate": 200} | keys)


def source_of(path: Path, **keys: Any) -> Source:
    """Return its source, not opened."""
    return create(settings_of(path, **keys), Wakeup())


def frames(source: Source, count: int) -> Iterator[Frame]:
    """Return this many frames."""
    end = time.monotonic() + 10
    while count:
        assert time.monotonic() < end
        if (frame := source.read(1)) is not None:
            count -= 1
            yield frame


def file_camera(make_camera: MakeCamera, path: Path, **keys: Any) -> Camera:
    """Return a camera on it, not started."""
    settings = settings_of(path, **keys)
    return make_camera(
        Hardware(),
        make_source=lambda wake: create(settings, wake),
        settings=settings.model_dump(exclude_unset=True),
    )
