"""The pictures of the page's other views for the documentation, taken from one server with a Camera Module 3."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mqttcam.recordings.recording import Event
from tests.recordings.made import make_files, recording
from tests.web.browser import Page
from tests.web.browser_page import PHONE
from tests.web.every_view import serving_every_view
from tests.web.module3 import offering_module3
from tests.web.serving import Served

_CAMERAS: dict[str, dict[str, Any]] = {
    "front": {
        "name": "Front door",
        "source": {"type": "test_pattern", "pattern": "gradient"},
        "size": "1280x720",
        "frame_rate": 10,
        "motion": {},
    },
    "garden": {"name": "Garden", "size": "640x480", "frame_rate": 10},
    "shed": {"name": "Shed", "enabled": False, "source": {"type": "url", "url": "rtsp://127.0.0.1:9/shed"}},
}
_DAY = datetime(2026, 1, 15, tzinfo=UTC)
_EVENTS: list[tuple[float, str, dict[str, Any]]] = [
    (6.2, "front", {}),
    (7.5, "front", {"type": "detection", "zones": (), "labels": ("person",)}),
    (7.6, "garden", {"zones": ()}),
    (12.9, "garden", {"type": "detection", "zones": (), "labels": ("cat",)}),
    (17.4, "front", {}),
    (18.1, "garden", {"zones": ()}),
    (20.3, "front", {"type": "detection", "zones": (), "labels": ("car", "person")}),
]
"""Hours of a day, cameras, and what differs from an event in the zone `gate`."""
_PICTURES_LOADED = """
const images = [...document.querySelectorAll(".event img")];
return images.length === arguments[0] && images.every((it) => it.naturalWidth > 0);
"""
_TEST_PICTURE = "return document.querySelector('.testpicture img')?.naturalWidth"


class _Broker:
    """A broker that is away."""

    problem = "MQTT hub:1883: Connection refused; is the broker running, and is mqtt.port right?"

    def __init__(self) -> None:
        self.next_try: float | None = time.monotonic() + 42

    def try_again(self) -> None:
        """Remain away."""


@contextmanager
def views(folder: Path) -> Iterator[Served]:
    """Serve cameras with events, one that fails, and a broker that is away."""
    with offering_module3(), serving_every_view(folder, _CAMERAS) as served:
        broker = _Broker()
        served.registry.node.add_check(lambda: broker.problem, "MQTT", retrying=broker)
        for hour, camera, values in _EVENTS:
            _add_event(served, _DAY.timestamp() + 3600 * hour, camera, values)
        yield served


def _add_event(served: Served, begin: float, camera: str, values: dict[str, Any]) -> None:
    made = recording(begin, camera, pictures=("best",))
    event = Event.model_validate(made.events[0].model_dump() | values)
    made = make_files(served.library.path, made.model_copy(update={"events": (event,)}))
    with urllib.request.urlopen(f"{served.url}/cameras/{camera}/snapshot.jpg", timeout=60) as answer:
        (served.library.path / f"{made.stem}.jpg").write_bytes(answer.read())
    served.library.add(made)


def show_timeline(page: Page, served: Served) -> None:
    """The time line of a day."""
    page.driver.execute_cdp_cmd("Emulation.setTimezoneOverride", {"timezoneId": "UTC"})
    page.size(1280, 800)
    page.open(f"{served.url}/#events?before={_DAY:%Y-%m-%d}T23:59:59.000Z")
    page.until(lambda: page.script(_PICTURES_LOADED, len(_EVENTS)), "the pictures")
    page.until(lambda: page.all(".ribbon path"), "the ribbon")


def show_controls(page: Page, served: Served) -> None:
    """Controls of exposure, while a word is searched for."""
    page.size(1280, 800)
    page.open(f"{served.url}/#/front")
    page.find(".stage[data-status=running]")
    page.until(lambda: page.all("[data-key=measured_lux]"), "the measured values")
    page.find(".filter").send_keys("exposure")
    page.until(lambda: page.text("[data-key=exposure_time] .value").startswith("9.99"), "the measured time")


def show_trouble(page: Page, served: Served) -> None:
    """A camera that cannot be reached, and a broker that is away."""
    page.size(1280, 480)
    page.open(f"{served.url}/#trouble")
    page.until(lambda: len(page.all(".problem")) == 2, "both problems")
    page.until(lambda: page.script("return document.querySelectorAll('.next').length") == 2, "the next tries")


def show_setup(page: Page, served: Served) -> None:
    """A camera that is added, with its test picture."""
    page.size(1280, 920)
    page.open(f"{served.url}/#setup")
    page.find(".setup h1")
    page.until(lambda: [it for it in page.all(".setup .button") if it.text == "Add a camera"], "Add")[
        0
    ].click()
    page.find("#setup-kind").send_keys("Test pattern")
    page.find("[data-option=name] input").send_keys("Porch")
    page.find("[data-option=size] input").send_keys("1280x720")
    next(it for it in page.all(".setup .button") if it.text == "Test picture").click()
    page.until(lambda: page.script(_TEST_PICTURE) == 1280, "the test picture")


def show_phone(page: Page, served: Served) -> None:
    """All cameras on a phone, with fewer pixels than it has, for a smaller file."""
    width, height = PHONE
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1.5, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    page.open(f"{served.url}/#/")
    page.find(".tile.failed .trouble")
    shown = "return document.querySelectorAll('.tile .stage[data-status=running]').length"
    page.until(lambda: page.script(shown) == 2, "two pictures")


VIEWS = {
    "timeline.png": show_timeline,
    "controls.png": show_controls,
    "problems.png": show_trouble,
    "set-up.png": show_setup,
    "phone.png": show_phone,
}
