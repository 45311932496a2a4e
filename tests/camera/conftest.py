"""Cameras on broken hardware, and nothing left of them after a test."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, Protocol

import pytest

from mqttcam.camera import capture, stall_detection, supervisor
from mqttcam.camera.camera import Camera
from mqttcam.settings import CameraSettings
from tests.camera.broken import Hardware
from tests.support.waiting import until


class MakeCamera(Protocol):
    """A camera on some hardware, not started; keywords of `Camera`, and `settings`."""

    def __call__(self, hardware: Hardware, **options: Any) -> Camera: ...


class OnStuck:
    """Is asked for a new process, and starts none."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return "a new process is started"


STOP_TIMEOUT = supervisor._STOP_TIMEOUT
"""As it is outside of these tests."""


def threads() -> list[threading.Thread]:
    """The capture threads of this process."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("capture-")]


@pytest.fixture(autouse=True)
def _quick_ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds become hundredths of them."""
    monkeypatch.setattr(supervisor, "TICK", 0.02)
    monkeypatch.setattr(stall_detection, "MIN_FRAME_AGE", 0.8)
    monkeypatch.setattr(stall_detection, "_HANG", 0.8)
    monkeypatch.setattr(supervisor, "_FIRST_RETRY", 0.01)
    monkeypatch.setattr(supervisor, "_LAST_RETRY", 0.05)
    monkeypatch.setattr(supervisor, "_CLOSE_TIMEOUT", 0.5)
    monkeypatch.setattr(supervisor, "_STOP_TIMEOUT", 0.2)
    monkeypatch.setattr(supervisor, "_OFF_PATIENCE", 0.4)
    monkeypatch.setattr(capture, "OPEN_TIMEOUT", 0.8)


@pytest.fixture(autouse=True)
def _nothing_unheard(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """asyncio logs exceptions that nobody has asked for."""
    caplog.set_level(logging.DEBUG, "mqttcam")
    yield
    assert not [record.getMessage() for record in caplog.records if record.name == "asyncio"]


@pytest.fixture
async def make_camera() -> AsyncIterator[MakeCamera]:
    """Cameras that are stopped after the test, and whose threads end then."""
    made: list[tuple[Camera, Hardware]] = []

    def make(hardware: Hardware, **options: Any) -> Camera:
        keys = {"source": {"type": "test_pattern"}, "frame_rate": 100} | options.pop("settings", {})
        options = {"make_source": hardware} | options
        camera = Camera(f"cam{len(made)}", CameraSettings.model_validate(keys), **options)
        made.append((camera, hardware))
        return camera

    yield make
    for camera, hardware in made:
        hardware.release()
        await camera.stop()
    with contextlib.suppress(AssertionError):
        await until(lambda: not threads())
    assert not threads()
