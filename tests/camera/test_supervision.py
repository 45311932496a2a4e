"""A camera recovers from every failure of its source, and reports what was wrong."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import threading
import time
import weakref
from unittest import mock

import pytest
from msgspec.structs import replace

from mqttcam.backoff import Backoff
from mqttcam.camera.camera import Camera
from mqttcam.camera.capture import Capture
from mqttcam.camera.capture_callbacks import CaptureCallbacks
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import SourceEnded, SourceError
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.camera.supervisor import Supervisor
from mqttcam.settings import CameraSettings
from tests.camera.broken import Hardware
from tests.camera.conftest import QUICK, MakeCamera, loop_turns, threads, threads_end
from tests.support.cameras import failed, running
from tests.support.waiting import PATIENCE, until

SLOW_RETRY = replace(QUICK, first_retry=60.0, last_retry=60.0)


def lines(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """Return what was logged at a level."""
    return [record.getMessage() for record in caplog.records if record.levelno == level]


async def test_camera_that_is_missing_at_the_start_is_opened_once_it_is_attached(
    make_camera: MakeCamera,
) -> None:
    hardware = Hardware()
    hardware.fail("open", SourceError("no camera is attached"))
    camera = make_camera(hardware)
    camera.start()
    await failed(camera, "no camera is attached")
    hardware.heal()
    await running(camera)
    assert camera.last_error is None
    assert camera.stats.restarts == 0, "it was never open before"


@pytest.mark.parametrize("error", [SourceError("unplugged"), OSError("i2c"), KeyError("x"), SystemExit(3)])
async def test_source_is_reopened_after_a_failed_read(make_camera: MakeCamera, error: BaseException) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.fail("read", error)
    await failed(camera, str(error))
    hardware.heal()
    await running(camera)
    assert camera.last_error is None
    assert camera.stats.restarts >= 1
    assert hardware.in_use == 1, "what failed was closed"


async def test_a_failed_read_releases_what_its_source_held(make_camera: MakeCamera) -> None:
    class Mapping:
        """Stands for a mapped buffer, which keeps a device open as long as it exists."""

    mappings: list[weakref.ref[Mapping]] = []

    def unplugged() -> None:
        mapping = Mapping()
        mappings.append(weakref.ref(mapping))
        raise OSError("unplugged")

    hardware = Hardware()
    camera = make_camera(hardware, timing=SLOW_RETRY)
    camera.start()
    await running(camera)
    hardware.faults["read"] = unplugged
    await failed(camera, "unplugged")
    assert [mapping() for mapping in mappings] == [None]


async def test_failure_of_both_read_and_close_names_the_first(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.fail("close", OSError("closing"))
    hardware.fail("read", SourceError("reading"))
    await failed(camera, "reading")


async def test_source_that_cannot_be_created_is_a_failure(make_camera: MakeCamera) -> None:
    def none(_wake: object) -> None:
        raise ImportError("no such package")

    camera = make_camera(Hardware(), make_source=none)
    camera.start()
    await failed(camera, "no such package")


async def test_stall_is_detected_and_ends_with_the_next_frame(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    frames = hardware.make_frame
    hardware.make_frame = lambda: None
    await failed(camera, "no frame for")
    hardware.make_frame = frames
    await running(camera)
    assert (camera.last_error, camera.stats.restarts) == (None, 1)


async def test_source_without_any_frame_is_detected(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    hardware.make_frame = lambda: None
    camera = make_camera(hardware)
    camera.start()
    await failed(camera, "of its start")


async def test_hanging_read_of_a_source_without_a_frame_rate_is_detected(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    hardware.told_rate = 0
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.hang("read")
    await failed(camera, "no answer for")


async def test_camera_stops_at_the_end_of_a_file(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.fail("read", SourceEnded("film.mp4 has ended"))
    await until(lambda: camera.status is CameraStatus.STOPPED)
    await threads_end()
    assert (hardware.in_use, hardware.opened, camera.last_error) == (0, 1, "film.mp4 has ended")
    with pytest.raises(CameraUnavailable, match="has ended"):
        await camera.take_snapshot(PictureSpec(), 1)
    hardware.heal()
    await camera.restart()
    assert (camera.status, camera.stats.restarts) == (CameraStatus.RUNNING, 1)
    hardware.fail("read", SourceEnded("again"))
    await until(lambda: camera.status is CameraStatus.STOPPED)
    camera.set_enabled(False)
    hardware.heal()
    camera.set_enabled(True)
    await running(camera)


async def test_restart_reopens_the_source(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    seq = camera.stats.frames
    await asyncio.gather(camera.restart(), camera.restart())
    assert camera.status is CameraStatus.RUNNING
    assert (hardware.opened, hardware.closed, camera.stats.restarts) == (2, 1, 1)
    assert camera.stats.frames >= seq, "frames go on being counted"


async def test_failed_restart_reports_why(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.fail("open", SourceError("busy"))
    with pytest.raises(CameraUnavailable, match="busy"):
        await camera.restart()
    camera.set_enabled(False)
    with pytest.raises(CameraUnavailable, match="switched off"):
        await camera.restart()


async def test_restart_shortens_the_pause_after_a_failure(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    hardware.fail("open", SourceError("busy"))
    camera = make_camera(hardware, timing=SLOW_RETRY)
    camera.start()
    await failed(camera, "busy")
    hardware.heal()
    await asyncio.wait_for(camera.restart(), 2)


async def test_pauses_double_up_to_a_limit_and_are_random() -> None:
    drawn_from: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn_from.append((low, high))
        return 0.0

    def make_capture() -> Capture:
        callbacks = mock.create_autospec(CaptureCallbacks, instance=True)
        return Capture("cam", hardware, (), None, None, lambda _frame: False, callbacks, first_seq=0)

    hardware = Hardware()
    hardware.fail("open", SourceError("busy"))
    backoff = Backoff(0.5, 30.0, jitter=0.5, uniform=uniform)
    supervisor = Supervisor("cam", make_capture, lambda _problem: None, lambda: None, None, backoff=backoff)
    supervisor.start(wanted=True)
    try:
        more = "more attempts than doublings that a float can take"
        await until(lambda: len(drawn_from) > 1100, more, timeout=4 * PATIENCE)  # each starts a thread
    finally:
        await supervisor.stop()
    assert drawn_from[:8] == [(high / 2, high) for high in (0.5, 1, 2, 4, 8, 16, 30, 30)]
    assert drawn_from[-1] == (15, 30)


async def test_failure_after_steady_frames_counts_as_the_first(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware, timing=replace(QUICK, stable=0.1))
    camera.start()
    for _ in range(3):
        await running(camera)
        capture = camera._supervisor.capture
        assert capture is not None
        await until(lambda one=capture: one.last_frame - one.first_frame > 0.1)  # type: ignore[misc]
        hardware.fail("read", SourceError("unplugged"))
        await failed(camera)
        assert camera._supervisor._failures == 1
        hardware.heal()


async def test_fault_is_logged_with_its_traceback_once(
    make_camera: MakeCamera, caplog: pytest.LogCaptureFixture
) -> None:
    hardware = Hardware()
    numbers = iter(range(1000))

    def fault() -> None:
        raise ZeroDivisionError(f"a fault of the program {next(numbers)}")

    hardware.faults["read"] = fault
    camera = make_camera(hardware)
    camera.start()
    await until(lambda: hardware.opened > 4)
    traced = [record for record in caplog.records if record.exc_info]
    assert len(traced) == 1
    assert traced[0].levelno == logging.ERROR
    assert "ZeroDivisionError" in (caplog.text)
    hardware.heal()
    await running(camera)
    assert any("receiving frames again" in line for line in lines(caplog, logging.INFO))


async def test_repeated_failure_is_logged_once_and_a_new_one_again(
    make_camera: MakeCamera, caplog: pytest.LogCaptureFixture
) -> None:
    hardware = Hardware()
    hardware.fail("open", SourceError("busy"))
    camera = make_camera(hardware)
    camera.start()
    await until(lambda: len(lines(caplog, logging.DEBUG)) > 3)
    assert lines(caplog, logging.WARNING) == ["camera cam0: busy; trying again"]
    hardware.fail("open", SourceError("unplugged"))
    await failed(camera, "unplugged")
    assert lines(caplog, logging.WARNING)[1:] == ["camera cam0: unplugged; trying again"]


async def test_two_cameras_do_not_touch_each_other(make_camera: MakeCamera) -> None:
    good, bad = Hardware(), Hardware()
    front, back = make_camera(good), make_camera(bad)
    front.start()
    back.start()
    await running(front)
    await running(back)
    bad.hang("read")
    await failed(back)
    for _ in range(5):
        assert await front.take_snapshot(PictureSpec(), 1)
    assert (good.opened, front.stats.restarts) == (1, 0)


async def test_failing_listener_does_not_affect_the_camera(
    make_camera: MakeCamera, caplog: pytest.LogCaptureFixture
) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    heard: list[CameraStatus] = []

    def bad() -> None:
        raise RuntimeError("a bad listener")

    camera.add_listener(bad)
    camera.add_listener(lambda: heard.append(camera.status))
    camera.start()
    await running(camera)
    assert CameraStatus.RUNNING in heard
    assert "a bad listener" in caplog.text
    hardware.fail("read", SourceError("unplugged"))
    await failed(camera)


async def test_failing_to_start_a_thread_is_handled_like_other_failures(
    make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = make_camera(Hardware())

    def none(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", none)
        camera.start()
        await failed(camera, "can't start new thread")
    await running(camera)


async def test_error_with_names_that_cannot_be_shown(make_camera: MakeCamera) -> None:
    """File names that are not UTF-8, and what a peer has sent: no line break, no escape sequence of a terminal."""
    hardware = Hardware()
    hardware.fail("open", SourceError("caf\udce9.jpg gives \x1b[2J\n"))
    camera = make_camera(hardware)
    camera.start()
    await failed(camera)
    assert camera.last_error == r"caf\udce9.jpg gives \x1b[2J\n"


async def test_two_hundred_cameras_leave_no_threads_or_files() -> None:
    hardware = Hardware(rate=1000)
    settings = CameraSettings.model_validate({"source": {"type": "test_pattern"}})
    camera = Camera("front", settings, make_source=hardware)
    fds = len(os.listdir("/proc/self/fd"))
    for turn in range(200):
        camera.start()
        if turn % 4 == 0:
            await running(camera)
        await camera.stop()
    await until(lambda: not threads(), "all threads end")
    assert hardware.in_use == 0
    assert len(os.listdir("/proc/self/fd")) == fds
    gc.collect()
    assert not [one for one in gc.get_objects() if type(one).__name__ == "Capture" and not one.done.done()]


async def test_stop_closes_the_source_quickly(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    taking = asyncio.create_task(camera.take_snapshot(PictureSpec(), 30))
    hardware.make_frame = lambda: None
    await loop_turns()
    await asyncio.wait_for(camera.stop(), 60)
    assert hardware.in_use == 0
    taking.cancel()
    await asyncio.gather(taking, return_exceptions=True)
    await camera.stop()


async def test_exception_in_the_supervisor_leaves_no_thread_with_the_device(
    make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)

    faults, tick = iter([RuntimeError("a fault")]), camera._supervisor._on_tick

    def once_a_fault() -> None:
        for fault in faults:
            raise fault
        tick()

    monkeypatch.setattr(camera._supervisor, "_on_tick", once_a_fault)
    await until(lambda: hardware.closed, "it is closed", 3)
    await until(lambda: hardware.opened > 1 and hardware.in_use == 1, "it is opened again, once")
    assert len(threads()) == 1


async def test_stop_during_a_pause_leaves_no_task(
    make_camera: MakeCamera,
) -> None:
    hardware = Hardware()
    hardware.fail("open", SourceError("no camera is attached"))
    camera = make_camera(hardware, timing=SLOW_RETRY)
    camera.start()
    await failed(camera)
    await threads_end()
    await camera.stop()
    await loop_turns()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_restart_waits_as_long_as_the_source_may_take_to_open(make_camera: MakeCamera) -> None:
    hardware = Hardware(open_timeout=10)
    camera = make_camera(hardware, timing=replace(QUICK, open_timeout=0.05))
    camera.start()
    await running(camera)
    opening = hardware.hang("open")
    restarting = asyncio.create_task(camera.restart())
    await opening.reached()
    capture = camera._supervisor.capture
    assert capture is not None
    await until(lambda: time.monotonic() > capture.started + 0.15, "more than the usual time")
    assert not restarting.done()
    opening.release()
    await asyncio.wait_for(restarting, 5)
