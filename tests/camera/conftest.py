"""Cameras on broken hardware, which leave nothing behind after a test."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol

import pytest

from mqttcam.camera.camera import Camera
from mqttcam.camera.timing import Timing
from mqttcam.settings import CameraSettings
from tests.camera.broken import Hardware
from tests.support.waiting import until


class MakeCamera(Protocol):
    """A camera on some hardware, not started; keywords of `Camera`, and `settings`."""

    def __call__(self, hardware: Hardware, **options: Any) -> Camera: ...


class OnStuck:
    """Records requests for a new process, and starts none."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return "a new process is started"


QUICK = Timing(
    tick=0.02,
    open_timeout=0.8,
    min_frame_age=0.8,
    hang_timeout=0.8,
    first_retry=0.01,
    last_retry=0.05,
    close_timeout=0.5,
    stop_timeout=0.2,
    off_timeout=0.4,
)
"""Scale seconds down to hundredths of a second."""


async def loop_turns() -> None:
    """Wait until everything that is ready on the loop has run, including what it schedules."""
    for _ in range(20):
        await asyncio.sleep(0)


async def threads_end() -> None:
    """Wait until no capture thread runs, and the loop has handled what the last ones reported."""
    await until(lambda: not threads(), "the capture threads end")
    await loop_turns()


def threads() -> list[threading.Thread]:
    """The capture threads of this process."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("capture-")]


@pytest.fixture(autouse=True)
def _nothing_unheard(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail on exceptions that asyncio logs because they were never retrieved."""
    caplog.set_level(logging.DEBUG, "mqttcam")
    yield
    assert not [record.getMessage() for record in caplog.records if record.name == "asyncio"]


@pytest.fixture
async def make_camera() -> AsyncIterator[MakeCamera]:
    """Cameras that are stopped after the test, and whose threads end then."""
    made: list[tuple[Camera, Hardware]] = []

    def make(hardware: Hardware, **options: Any) -> Camera:
        keys = {"source": {"type": "test_pattern"}, "frame_rate": 100} | options.pop("settings", {})
        given: dict[str, Any] = {"make_source": hardware, "timing": QUICK, **options}
        camera = Camera(f"cam{len(made)}", CameraSettings.model_validate(keys), **given)
        made.append((camera, hardware))
        return camera

    yield make
    for camera, hardware in made:
        hardware.release()
        await camera.stop()
    with contextlib.suppress(AssertionError):
        await until(lambda: not threads())
    assert not threads()
