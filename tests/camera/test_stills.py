"""A picture in full resolution: the stream pauses for it and continues, which does not count as a stall."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraUnavailable
from mqttcam.camera.still import Still
from mqttcam.camera.timing import Timing
from tests.camera.broken import Hang, Hardware
from tests.camera.conftest import QUICK, MakeCamera, loop_turns
from tests.support.cameras import failed, running
from tests.support.pictures import jpeg, size_of
from tests.support.waiting import until

_LARGE = jpeg(640, 480, noise=100)


def still(*, raw: bool = False) -> Still:
    return Still(Frame(time.time_ns(), 640, 480, jpeg=_LARGE), b"the sensor's" if raw else None, paused=True)


def slow(seconds: float) -> Callable[..., Still]:
    """A still that takes long."""

    def take(*, raw: bool) -> Still:
        time.sleep(seconds)
        return still(raw=raw)

    return take


async def started(make_camera: MakeCamera, hardware: Hardware, timing: Timing = QUICK) -> Camera:
    camera = make_camera(hardware, timing=timing)
    camera.start()
    await running(camera)
    return camera


async def test_takes_stills_follows_from_the_source(make_camera: MakeCamera) -> None:
    assert (await started(make_camera, Hardware(take_still=still))).takes_stills
    assert not (await started(make_camera, Hardware())).takes_stills


async def test_still_is_returned_unchanged(make_camera: MakeCamera) -> None:
    camera = await started(make_camera, Hardware(take_still=still))
    before = await camera.take_snapshot(PictureSpec(), 5)
    picture = await camera.take_still(PictureSpec())
    assert (picture.jpeg, picture.width) == (_LARGE, 640)
    assert len((await camera.take_still(PictureSpec(quality=20))).jpeg) < len(_LARGE)
    after = await camera.take_snapshot(PictureSpec(), 5)
    assert before.seq < picture.seq < after.seq, "numbered as the others"


async def test_still_is_made_to_fit(make_camera: MakeCamera) -> None:
    camera = await started(make_camera, Hardware(take_still=still))
    assert len((await camera.take_still(PictureSpec(), len(_LARGE) // 3)).jpeg) <= len(_LARGE) // 3
    narrow = await camera.take_still(PictureSpec(max_width=320))
    assert size_of(narrow.jpeg) == (320, 240) == (narrow.width, narrow.height)
    with pytest.raises(CameraUnavailable, match="does not fit into 100 bytes"):
        await camera.take_still(PictureSpec(), 100)


async def test_pause_for_a_still_is_not_a_stall(make_camera: MakeCamera) -> None:
    """Longer than the watchdog's limit, which is 0.8 s here."""
    camera = await started(make_camera, Hardware(take_still=slow(1.2)))
    assert await camera.take_still(PictureSpec())
    await camera.take_snapshot(PictureSpec(), 5)
    assert camera.stats.restarts == 0
    assert camera.last_error is None


async def test_still_that_never_returns_is_a_stall(make_camera: MakeCamera) -> None:
    released = threading.Event()

    def hang(*, raw: bool) -> Still:
        released.wait(20)
        return still(raw=raw)

    camera = await started(make_camera, Hardware(take_still=hang), timing=replace(QUICK, still_timeout=0.1))
    taking = asyncio.create_task(camera.take_still(PictureSpec()))
    await failed(camera, "no frame for")
    released.set()
    with pytest.raises(CameraUnavailable):
        await taking
    await running(camera)


async def test_frames_after_a_still_have_the_usual_time(make_camera: MakeCamera) -> None:
    """The watchdog counts from the end of the pause."""
    hardware, frames_from = Hardware(), 0.0
    good = hardware.make_frame

    def take(*, raw: bool) -> Still:
        nonlocal frames_from
        picture = slow(0.7)(raw=raw)
        frames_from = time.monotonic() + 0.5
        return picture

    hardware.attributes["take_still"] = take
    hardware.make_frame = lambda: good() if time.monotonic() > frames_from else None
    camera = await started(make_camera, hardware)
    await camera.take_still(PictureSpec())
    await camera.take_snapshot(PictureSpec(), 5)
    assert camera.stats.restarts == 0


async def test_failed_still_reports_why_and_the_stream_continues(make_camera: MakeCamera) -> None:
    def fail(*, raw: bool) -> Still:
        raise SourceError("too little camera memory for a full picture")

    camera = await started(make_camera, Hardware(take_still=fail))
    with pytest.raises(SourceError, match="too little camera memory"):
        await camera.take_still(PictureSpec())
    await camera.take_snapshot(PictureSpec(), 5)
    assert camera.stats.restarts == 0


async def test_source_that_cannot_resume_after_a_still_is_reopened(make_camera: MakeCamera) -> None:
    hardware = Hardware()

    def break_stream(*, raw: bool) -> Still:
        hardware.fail("read", SourceError("the camera is not open"))
        raise SourceError("the stream cannot go on")

    hardware.attributes["take_still"] = break_stream
    camera = await started(make_camera, hardware)
    with pytest.raises(SourceError, match="cannot go on"):
        await camera.take_still(PictureSpec())
    await until(lambda: camera.last_error == "the camera is not open")
    hardware.heal()
    await running(camera)


async def test_still_taken_while_the_camera_is_switched_off_is_refused(make_camera: MakeCamera) -> None:
    hang = Hang()

    def take(*, raw: bool) -> Still:
        hang.wait()
        return still(raw=raw)

    camera = await started(make_camera, Hardware(take_still=take))
    taking = asyncio.create_task(camera.take_still(PictureSpec()))
    await hang.reached()
    camera.set_enabled(False)
    hang.release()
    with pytest.raises(CameraUnavailable, match="switched off"):
        await taking
    with pytest.raises(CameraUnavailable, match="switched off"):
        await camera.take_still(PictureSpec())


async def test_waiting_still_is_not_taken_after_a_timeout(make_camera: MakeCamera) -> None:
    taken: list[bool] = []
    hang = Hang()

    def note(*, raw: bool) -> Still:
        taken.append(raw)
        hang.wait()
        return still(raw=raw)

    camera = await started(make_camera, Hardware(take_still=note))
    first = asyncio.create_task(camera.take_still(PictureSpec()))
    await until(lambda: taken)
    second = asyncio.create_task(camera.take_still(PictureSpec()))
    await loop_turns()
    camera.set_enabled(False)
    hang.release()
    for one in (first, second):
        with pytest.raises(CameraUnavailable):
            await one
    assert taken == [False]
