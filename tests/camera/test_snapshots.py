"""One picture on demand."""

from __future__ import annotations

import asyncio
import time

import pytest

from mqttcam.camera.frame import CaptureSession, Frame, Picture, PictureSpec
from mqttcam.camera.snapshots import SnapshotRequest
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraUnavailable
from tests.camera.broken import Hardware
from tests.camera.conftest import MakeCamera, loop_turns
from tests.support.cameras import running
from tests.support.pictures import jpeg, size_of
from tests.support.waiting import until


async def test_picture_is_of_a_frame_from_after_the_call(make_camera: MakeCamera) -> None:
    camera = make_camera(Hardware())
    camera.start()
    await running(camera)
    for _ in range(10):
        now = time.time_ns()
        assert (await camera.take_snapshot(PictureSpec(), 5)).ts_ns >= now - 200_000


async def test_frame_from_before_the_call_is_not_taken(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    good = hardware.make_frame

    def old() -> Frame | None:
        frame = good()
        assert frame is not None
        frame.ts_ns -= 10**9
        return frame

    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.make_frame = old
    reads = hardware.reads
    await until(lambda: hardware.reads > reads + 1, "old frames come")
    with pytest.raises(CameraUnavailable, match="no frame came"):
        await camera.take_snapshot(PictureSpec(), 0.2)


async def test_clock_that_is_set_back_does_not_matter(
    make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = make_camera(Hardware(rate=20))
    camera.start()
    await running(camera)
    taking = asyncio.create_task(camera.take_snapshot(PictureSpec(), 2))
    await asyncio.sleep(0)
    real = time.time_ns
    monkeypatch.setattr(time, "time_ns", lambda: real() - 3600 * 10**9)
    picture = await taking
    if picture.ts_ns > real() - 3000 * 10**9:  # captured just before the clock was set
        picture = await camera.take_snapshot(PictureSpec(), 2)
    assert picture.ts_ns < real() - 3000 * 10**9


async def test_request_waits_while_the_camera_starts(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    opening = hardware.hang("open")
    camera = make_camera(hardware)
    camera.start()
    taking = asyncio.create_task(camera.take_snapshot(PictureSpec(), 5))
    await opening.reached()
    opening.release()
    assert (await taking).jpeg


async def test_picture_in_transit_at_a_restart_is_replaced_by_one_of_the_next_frame(
    make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    fulfil, restarts = SnapshotRequest._fulfil, iter([camera._supervisor.reopen])

    def after_a_restart(request: SnapshotRequest[Picture], picture: Picture, session: CaptureSession) -> None:
        for restart in restarts:
            restart()
        fulfil(request, picture, session)

    monkeypatch.setattr(SnapshotRequest, "_fulfil", after_a_restart)
    assert (await camera.take_snapshot(PictureSpec(), 5)).jpeg
    assert hardware.opened == 2


@pytest.mark.parametrize("at_once", [True, False])
async def test_request_to_a_camera_that_is_off_or_failed_fails_at_once_with_the_reason(
    make_camera: MakeCamera, at_once: bool
) -> None:
    hardware = Hardware()
    camera = make_camera(hardware, enabled=not at_once)
    camera.start()
    if not at_once:
        await running(camera)
        hardware.make_frame = lambda: None
        taking = asyncio.create_task(camera.take_snapshot(PictureSpec(), 30))
        await loop_turns()
        hardware.fail("read", SourceError("unplugged"))
        with pytest.raises(CameraUnavailable, match="unplugged"):
            await asyncio.wait_for(taking, 2)
        return
    with pytest.raises(CameraUnavailable, match="switched off"):
        await camera.take_snapshot(PictureSpec(), 30)


async def test_slow_camera_has_two_frame_periods(make_camera: MakeCamera) -> None:
    camera = make_camera(Hardware(rate=4))
    camera.start()
    await running(camera)
    assert await camera.take_snapshot(PictureSpec(), timeout=0.01)


async def test_broken_frame_is_skipped(make_camera: MakeCamera) -> None:
    good = jpeg(64, 48)
    kinds = [good[: len(good) // 3], b"\xff\xd8garbage", good]
    hardware = Hardware(rate=50)

    def frame() -> Frame:
        return Frame(time.time_ns(), 64, 48, jpeg=kinds[hardware.reads % 3])

    hardware.make_frame = frame
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    for _ in range(4):
        picture = await camera.take_snapshot(PictureSpec(quality=50), 5)
        assert size_of(picture.jpeg) == (64, 48)


async def test_request_fails_after_broken_frames_only(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    hardware.make_frame = lambda: Frame(time.time_ns(), 64, 48, jpeg=b"garbage")
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    with pytest.raises(CameraUnavailable, match="no picture could be made"):
        await asyncio.wait_for(camera.take_snapshot(PictureSpec(quality=50), 30), 5)
    await until(lambda: camera.stats.dropped >= 5)


async def test_size_in_bytes_is_kept_or_refused(make_camera: MakeCamera) -> None:
    data = jpeg(320, 240, noise=200)
    hardware = Hardware()
    hardware.make_frame = lambda: Frame(time.time_ns(), 320, 240, jpeg=data)
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    limit = len(data) // 4
    assert len((await camera.take_snapshot(PictureSpec(), 5, max_bytes=limit)).jpeg) <= limit
    with pytest.raises(CameraUnavailable, match="does not fit into 100 bytes"):
        await camera.take_snapshot(PictureSpec(), 5, max_bytes=100)


async def test_finished_request_leaves_no_subscriber(make_camera: MakeCamera) -> None:
    camera = make_camera(Hardware())
    camera.start()
    await running(camera)
    await asyncio.gather(*(camera.take_snapshot(PictureSpec(), 5) for _ in range(20)))
    taking = asyncio.create_task(camera.take_snapshot(PictureSpec(), 5))
    await asyncio.sleep(0)
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    assert not camera.hub._subscribers
    assert not camera._snapshots._open
