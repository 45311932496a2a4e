"""The first rung of the ladder: a stream that stalls is stopped and started, the device kept."""

from __future__ import annotations

import pytest

from mqttcam.camera import capture
from mqttcam.camera.source import SourceError
from tests.camera.broken import Hardware
from tests.camera.conftest import MakeCamera
from tests.support.cameras import failed, running
from tests.support.waiting import until


class Restartable(Hardware):
    """Its stream can be started again, which helps or does not."""

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


async def test_stall_is_first_met_by_starting_the_stream_again(make_camera: MakeCamera) -> None:
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


async def test_stall_that_this_does_not_end_takes_closing_and_opening(make_camera: MakeCamera) -> None:
    hardware = Restartable(helps=False)
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.stall()
    await until(lambda: hardware.closed, "it is closed")
    assert hardware.asked == 1, "once, for as long as no frame comes"
    hardware.make_frame = Hardware().make_frame
    await running(camera)


async def test_stream_that_cannot_be_started_again_is_closed_and_opened(make_camera: MakeCamera) -> None:
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


async def test_thread_that_hangs_is_not_asked_to_start_its_stream_again(
    make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture, "_ANSWERS", 0.3)
    hardware = Restartable(helps=True)
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.hang("read")
    await until(lambda: camera._supervisor._hanging, "it is left behind")
    assert hardware.asked == 0
