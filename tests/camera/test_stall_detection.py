"""The first rung of the ladder: a stalled stream is restarted while the device stays open."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from mqttcam.camera.source import SourceError
from mqttcam.camera.stall_detection import detect_stall
from mqttcam.camera.timing import Timing
from tests.camera.broken import Hardware
from tests.camera.conftest import QUICK, MakeCamera
from tests.support.cameras import failed, running
from tests.support.waiting import until


class Restartable(Hardware):
    """Its stream can be restarted, with or without success."""

    def __init__(self, *, helps: bool) -> None:
        super().__init__(restart_stream=self._restart_stream)
        self.helps = helps
        self.asked = 0
        self._give = self.make_frame

    def stall(self) -> None:
        self.make_frame = lambda: None

    def _restart_stream(self) -> None:
        self.asked += 1
        self.meet_fault("restart")
        if self.helps:
            self.make_frame = self._give


async def test_stall_first_restarts_the_stream(make_camera: MakeCamera) -> None:
    hardware = Restartable(helps=True)
    camera = make_camera(hardware)
    told: list[str] = []
    camera.add_listener(lambda: told.append(f"{camera.status}: {camera.last_error}"))
    camera.start()
    for count in (1, 2):
        await running(camera)
        told.clear()
        frames = camera.stats.frames
        hardware.stall()
        await until(lambda: len(told) == 2)
        assert told == ["failed: no frame for 1 s", "running: None"]
        assert (hardware.opened, hardware.asked, camera.stats.restarts) == (1, count, count)
        await until(lambda before=frames: camera.stats.frames > before + 2, "frames are counted")  # type: ignore[misc]
        assert camera.last_error is None


async def test_stall_after_a_restart_of_the_stream_reopens_the_source(make_camera: MakeCamera) -> None:
    hardware = Restartable(helps=False)
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.stall()
    await until(lambda: hardware.closed, "it is closed")
    assert hardware.asked == 1, "once, for as long as no frame comes"
    hardware.make_frame = Hardware().make_frame
    await running(camera)


async def test_source_whose_stream_cannot_restart_is_reopened(make_camera: MakeCamera) -> None:
    hardware = Restartable(helps=True)
    hardware.fail("restart", SourceError("the camera does not stop"))
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.stall()
    await failed(camera, "the camera does not stop")
    hardware.make_frame = Hardware().make_frame
    await running(camera)
    assert hardware.closed == 1


async def test_thread_that_hangs_is_not_asked_to_restart_its_stream(make_camera: MakeCamera) -> None:
    hardware = Restartable(helps=True)
    camera = make_camera(hardware, timing=replace(QUICK, answer_timeout=0.3))
    camera.start()
    await running(camera)
    hardware.hang("read")
    await until(lambda: camera._supervisor._hanging, "it is left behind")
    assert hardware.asked == 0


def stall_after(seconds: float, **state: float) -> str | None:
    """Return what is wrong with a capture in this state, this many seconds after it was created."""
    capture: Any = SimpleNamespace(
        **{
            "started": 100.0,
            "last_frame": 100.0,
            "last_returned": 100.0,
            "restart_requested": 0.0,
            "paused_until": 0.0,
            "open_timeout": 20.0,
            "interval": 0.1,
        }
        | state
    )
    problem = detect_stall(capture, Timing(), 100.0 + seconds)
    return None if problem is None else str(problem)


@pytest.mark.parametrize(
    ("state", "patience", "words"),
    [
        ({}, 5, "no frame for 6 s"),
        ({"interval": 2.0}, 20, "no frame for 21 s"),
        ({"restart_requested": 103.0}, 8, "no frame for 9 s"),
        ({"paused_until": 110.0}, 15, "no frame for 16 s"),
        ({"interval": 0.0}, 20, "no answer for 21 s"),
        ({"interval": 0.0, "last_returned": 130.0}, 50, "no answer for 21 s"),
        ({"last_frame": 0.0}, 20, "no frame within 21 s of its start"),
        ({"last_frame": 0.0, "open_timeout": 90.0}, 90, "no frame within 91 s of its start"),
        ({"last_frame": 0.0, "interval": 6.0}, 60, "no frame within 61 s of its start"),
    ],
    ids=[
        "frames stop",
        "long exposure",
        "stream restarted",
        "still picture taken",
        "hanging read without a frame rate",
        "silent source without a frame rate",
        "no first frame",
        "source asks for more time to open",
        "no first frame of a long exposure",
    ],
)
def test_time_until_a_stall_is_detected(state: dict[str, float], patience: float, words: str) -> None:
    assert stall_after(patience, **state) is None
    assert stall_after(patience + 1, **state) == words
