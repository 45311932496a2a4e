"""A camera that is switched off closes its source, and no more pictures leave."""

from __future__ import annotations

import asyncio
import math
import threading

import pytest

from mqttcam.camera.camera import Camera
from mqttcam.camera.feed import PictureFeed
from mqttcam.camera.frame import CaptureSession, Frame, Picture, PictureSpec, SessionEnded
from mqttcam.camera.snapshots import SnapshotRequest
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from tests.camera.broken import Hardware
from tests.camera.conftest import MakeCamera, OnStuck, loop_turns, threads, threads_end
from tests.support.cameras import failed, running
from tests.support.waiting import until, wait_for


def feed_of(camera: Camera, pictures: list[Picture]) -> PictureFeed:
    """Every frame as a picture."""

    def take(picture: Picture) -> None:
        pictures.append(picture)
        feed.ready = True

    feed = PictureFeed(camera.hub, asyncio.get_running_loop(), take, PictureSpec(), math.inf)
    return feed


class SlowEncoder:
    """Holds the capture thread in the middle of making a picture."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.busy, self.go_on = threading.Event(), threading.Event()
        self._make = Frame._make
        monkeypatch.setattr(Frame, "_make", lambda frame, spec: self._encode(frame, spec))

    def _encode(self, frame: Frame, spec: PictureSpec) -> Picture:
        self.busy.set()
        self.go_on.wait(10)
        return self._make(frame, spec)


async def test_disabled_camera_is_never_opened(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware, enabled=False)
    camera.start()
    await loop_turns()
    assert not threads()
    assert (camera.status, hardware.opened) == (CameraStatus.OFF, 0)
    camera.set_enabled(True)
    assert camera.status is CameraStatus.STARTING
    await running(camera)
    assert hardware.in_use == 1


async def test_switching_off_closes_the_source(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    camera.set_enabled(False)
    assert camera.status is CameraStatus.OFF
    assert camera.stats.frame_age is None
    await threads_end()
    assert (hardware.in_use, hardware.opened) == (0, 1)


async def test_camera_that_is_switched_off_while_opening_is_closed_again(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    opening = hardware.hang("open")
    camera = make_camera(hardware)
    camera.start()
    await opening.reached()
    camera.set_enabled(False)
    opening.release()
    await until(lambda: hardware.closed == 1, "it is closed")
    assert (camera.status, camera.info, hardware.reads) == (CameraStatus.OFF, None, 0)


async def test_picture_that_is_being_made_is_not_passed_on(
    make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = make_camera(Hardware())
    pictures: list[Picture] = []
    encoder = SlowEncoder(monkeypatch)
    feed_of(camera, pictures)
    camera.start()
    await until(encoder.busy.is_set, "a picture is being made")
    camera.set_enabled(False)
    encoder.go_on.set()
    await threads_end()
    assert not pictures
    assert camera.stats.dropped == 0, "nobody has failed"


async def test_picture_in_transit_to_the_loop_is_not_passed_on(make_camera: MakeCamera) -> None:
    camera = make_camera(Hardware())
    pictures: list[Picture] = []
    feed = feed_of(camera, pictures)
    camera.start()
    await until(lambda: pictures, "pictures come")
    reads = camera.stats.frames
    # The loop stands still meanwhile: one more picture has been made, and waits for it.
    wait_for(lambda: camera.stats.frames >= reads + 3, "more frames")
    assert feed._begun == feed._passed_on + 1
    camera.set_enabled(False)
    count = len(pictures)
    await threads_end()
    assert len(pictures) == count
    camera.set_enabled(True)
    await until(lambda: len(pictures) > count + 3, "pictures come again")


async def test_other_subscribers_get_no_picture_either(
    make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = make_camera(Hardware())
    encoder = SlowEncoder(monkeypatch)
    seen: list[object] = []

    class Recorder:
        def wants(self, frame: Frame) -> bool:
            return True

        def deliver(self, frame: Frame) -> None:
            try:
                seen.append(frame.picture(PictureSpec()))
            except SessionEnded:
                seen.append("expired")
                raise

    camera.hub.subscribe(Recorder())
    camera.start()
    await until(encoder.busy.is_set)
    camera.set_enabled(False)
    encoder.go_on.set()
    await until(lambda: seen)
    assert seen == ["expired"]


async def test_snapshot_that_is_being_made_is_refused(
    make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = make_camera(Hardware())
    camera.start()
    await running(camera)
    encoder = SlowEncoder(monkeypatch)
    taking = asyncio.create_task(camera.take_snapshot(PictureSpec(), 5))
    await until(encoder.busy.is_set)
    camera.set_enabled(False)
    encoder.go_on.set()
    with pytest.raises(CameraUnavailable, match="switched off"):
        await asyncio.wait_for(taking, 1)


async def test_snapshot_that_was_not_returned_yet_is_refused(
    make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = make_camera(Hardware())
    camera.start()
    await running(camera)
    fulfil = SnapshotRequest._fulfil

    def switched_off_right_after(
        request: SnapshotRequest[Picture], picture: Picture, session: CaptureSession
    ) -> None:
        fulfil(request, picture, session)
        camera.set_enabled(False)  # who waits for the picture has its turn later

    monkeypatch.setattr(SnapshotRequest, "_fulfil", switched_off_right_after)
    with pytest.raises(CameraUnavailable, match="switched off"):
        await camera.take_snapshot(PictureSpec(), 5)


async def test_thread_that_hung_in_a_read_publishes_nothing_when_it_returns(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    pictures: list[Picture] = []
    feed_of(camera, pictures)
    camera.start()
    await until(lambda: pictures)
    hang = hardware.hang("read")
    await hang.reached()
    camera.set_enabled(False)
    count = len(pictures)
    hardware.heal()
    hang.release()
    await threads_end()
    assert len(pictures) == count


async def test_no_frame_is_offered_to_subscribers(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    offered: list[Frame] = []

    class Watcher:
        def wants(self, frame: Frame) -> bool:
            offered.append(frame)
            return False

        def deliver(self, frame: Frame) -> None:
            raise AssertionError

    camera.hub.subscribe(Watcher())
    camera.start()
    await until(lambda: offered)
    hang = hardware.hang("read")
    await hang.reached()
    camera.set_enabled(False)
    offered.clear()
    hardware.heal()
    hang.release()
    await threads_end()
    assert not offered


async def test_late_first_frame_changes_nothing(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    reading = hardware.hang("read")
    camera = make_camera(hardware)
    camera.start()
    await until(lambda: camera.info)
    reading.release()
    # The loop stands still meanwhile: the first frame has been reported, and waits for it.
    wait_for(lambda: camera.stats.frames, "the first frame")
    camera.set_enabled(False)
    await threads_end()
    assert (camera.status, camera.stats.width) == (CameraStatus.OFF, 0)


async def test_off_and_on_after_a_failure_does_not_count_as_a_restart(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.fail("open", OSError("unplugged"))
    hardware.fail("read", OSError("unplugged"))
    await failed(camera)
    camera.set_enabled(False)
    hardware.heal()
    camera.set_enabled(True)
    await running(camera)
    assert (camera.stats.restarts, camera.last_error) == (0, None)


async def test_off_and_on_at_once_closes_the_source_in_between(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    camera.set_enabled(False)
    camera.set_enabled(True)
    await until(lambda: hardware.opened == 2, "it is opened again")
    await running(camera)
    assert hardware.closed == 1
    assert camera.stats.restarts == 0, "being switched off and on is no restart"


async def test_source_that_does_not_close_needs_a_new_process(make_camera: MakeCamera) -> None:
    hardware, on_stuck = Hardware(), OnStuck()
    camera = make_camera(hardware, on_stuck=on_stuck)
    camera.start()
    await running(camera)
    hardware.hang("close")
    camera.set_enabled(False)
    await until(lambda: on_stuck.asked, "a new process is asked for")
    assert camera.status is CameraStatus.OFF
    assert "does not close" in str(camera.last_error)
    await loop_turns()
    assert on_stuck.asked == 1


async def test_camera_that_is_switched_off_during_a_pause_stays_closed(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    hardware.fail("read", OSError("unplugged"))
    camera = make_camera(hardware)
    camera.start()
    await until(lambda: hardware.opened > 2)
    camera.set_enabled(False)
    await threads_end()
    assert (hardware.in_use, camera.status) == (0, CameraStatus.OFF)
