"""The rest of the ladder: hanging threads are abandoned, and what they do later has no effect."""

from __future__ import annotations

import asyncio
import math
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from mqttcam.camera import supervisor
from mqttcam.camera.control import Control
from mqttcam.camera.feed import PictureFeed
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.camera.thread_state import is_uninterruptible
from mqttcam.camera.timing import Timing
from mqttcam.values import Number
from tests.camera.broken import Hang, Hardware
from tests.camera.conftest import QUICK, MakeCamera, OnStuck, loop_turns, threads
from tests.support.cameras import failed, running
from tests.support.kernel import sleep_in_kernel, wake_in_kernel
from tests.support.waiting import until


@pytest.mark.parametrize("where", ["open", "read", "close"])
async def test_thread_that_hangs_is_abandoned(make_camera: MakeCamera, where: str) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.hang(where)
    if where != "read":
        hardware.make_frame = lambda: None  # so that it is closed and opened
    await failed(camera)
    await until(lambda: camera._supervisor._hanging, "it is left behind")
    hardware.heal()
    hardware.make_frame = Hardware().make_frame
    await running(camera)
    assert camera.last_error is None


async def test_new_process_is_requested_after_several_hanging_threads(
    make_camera: MakeCamera,
) -> None:
    hardware, on_stuck = Hardware(), OnStuck()
    camera = make_camera(hardware, on_stuck=on_stuck, timing=replace(QUICK, open_timeout=0.2))
    hardware.hang("open")
    camera.start()
    await until(lambda: on_stuck.asked, "a new process is asked for")
    assert len(camera._supervisor._hanging) == supervisor.STUCK_LIMIT
    await loop_turns()
    assert len(threads()) == supervisor.STUCK_LIMIT, "no more of them"
    assert camera._supervisor.capture is None
    hardware.release()
    await running(camera)
    await until(lambda: not camera._supervisor._hanging, "the last of them has ended too")


async def test_new_process_is_requested_if_a_hanging_thread_holds_the_device(make_camera: MakeCamera) -> None:
    hardware, on_stuck = Hardware(), OnStuck()
    camera = make_camera(hardware, on_stuck=on_stuck)
    camera.start()
    await running(camera)
    hardware.hang("read")
    hardware.fail("open", SourceError("the camera is in use"))
    await until(lambda: on_stuck.asked, "a new process is asked for")
    assert camera.last_error == "the camera is in use, and a thread of it hangs: a new process is started"
    assert camera.is_stuck
    hardware.release()
    await running(camera)
    assert not camera.is_stuck


async def test_busy_camera_without_a_hanging_thread_requests_no_process(make_camera: MakeCamera) -> None:
    hardware, on_stuck = Hardware(), OnStuck()
    hardware.fail("open", SourceError("the camera is in use"))
    camera = make_camera(hardware, on_stuck=on_stuck)
    camera.start()
    await until(lambda: camera._supervisor._failures > 10)
    assert not on_stuck.asked
    assert not camera.is_stuck


@pytest.mark.parametrize("enabled", [True, False])
async def test_replacement_of_a_hanging_camera_counts_its_threads(
    make_camera: MakeCamera, enabled: bool
) -> None:
    hardware, on_stuck = Hardware(), OnStuck()
    before = make_camera(hardware)
    before.start()
    await running(before)
    await hardware.hang("read").reached()
    await before.stop()
    assert len(before.abandoned) == 1
    assert not before.is_stuck, "nobody waits for it any more"
    hardware.fail("open", SourceError("the camera is in use"))
    camera = make_camera(hardware, enabled=enabled, on_stuck=on_stuck)
    camera.start(before.abandoned)
    await until(lambda: on_stuck.asked, "a new process is asked for")
    assert camera.is_stuck
    hardware.release()
    await until(lambda: not camera.is_stuck)


async def test_stuck_camera_can_be_restarted_by_hand(make_camera: MakeCamera) -> None:
    hardware, on_stuck = Hardware(), OnStuck()
    camera = make_camera(hardware, on_stuck=on_stuck, timing=replace(QUICK, open_timeout=0.2))
    hardware.hang("open")
    camera.start()
    await until(lambda: on_stuck.asked)
    hardware.heal()
    await camera.restart()
    assert camera.status is CameraStatus.RUNNING


async def test_thread_stuck_in_the_kernel_needs_a_reboot_instead_of_a_new_process(
    make_camera: MakeCamera,
) -> None:
    hardware, on_stuck = Hardware(), OnStuck()
    camera = make_camera(hardware, on_stuck=on_stuck)
    camera.start()
    await running(camera)
    hardware.faults["read"] = sleep_in_kernel
    try:
        await failed(camera, "it is stuck in the kernel: only a reboot helps")
        await loop_turns()
        assert not on_stuck.asked, "it would hang as well"
        assert hardware.opened == 1, "and trying again makes no sense"
    finally:
        hardware.heal()
        wake_in_kernel(os.getpid())
    await running(camera)
    assert camera.last_error is None


def test_state_of_a_thread_is_read_as_the_kernel_writes_it(tmp_path: Path) -> None:
    assert not is_uninterruptible(threading.get_native_id())
    task = tmp_path / "self" / "task" / "7"
    task.mkdir(parents=True)
    (task / "stat").write_text("7 (a (bad) name) D 1 7 7 0 -1 4194304\n")
    assert is_uninterruptible(7, tmp_path)
    assert not is_uninterruptible(8, tmp_path)
    assert not is_uninterruptible(None, tmp_path)


async def test_reports_of_an_abandoned_thread_are_ignored(make_camera: MakeCamera) -> None:
    hardware = Hardware(controls=[Control("Old", Number(0, 1), 0.0)])
    camera = make_camera(hardware)
    opening = hardware.hang("open")
    camera.start()
    await until(lambda: camera._supervisor._hanging, "it is left behind")
    hardware.heal()
    hardware.controls = [Control("New", Number(0, 1), 0.5)]
    await running(camera)
    assert camera.values == {"new": 0.5}
    pictures: list[Picture] = []
    feed = PictureFeed(camera.hub, asyncio.get_running_loop(), pictures.append, PictureSpec(), math.inf)
    info, frames = camera.info, camera.stats.frames
    hardware.controls = [Control("Late", Number(0, 1), 0.9)]
    opened = hardware.opened
    opening.release()  # the first thread opens, and reads, after the second one has long been running
    await until(lambda: hardware.opened > opened)
    await until(lambda: hardware.in_use == 1, "it has closed again")
    assert (camera.values, camera.info, camera.status) == ({"new": 0.5}, info, CameraStatus.RUNNING)
    for _ in range(5):
        count = len(pictures)
        feed.ready = True
        await until(partial(more_than, pictures, count))
    numbers = [picture.seq for picture in pictures]
    assert numbers == sorted(set(numbers))
    assert frames <= numbers[0]


def more_than(pictures: list[Picture], count: int) -> bool:
    return len(pictures) > count


async def test_values_set_by_an_abandoned_thread_are_not_shown(
    make_camera: MakeCamera,
) -> None:
    hardware = Hardware()
    camera = make_camera(hardware, timing=replace(QUICK, request_timeout=0.5))
    camera.start()
    await running(camera)
    setting = hardware.hang("apply")
    applying = asyncio.create_task(camera.apply({"brightness": 0.5}))
    await failed(camera)
    with pytest.raises(CameraUnavailable, match=r"no frame|answer"):
        await applying
    hardware.heal()
    await running(camera)
    setting.release()
    await until(lambda: not camera.abandoned, "the abandoned thread has ended")
    assert {"Brightness": 0.5} in hardware.applied
    await loop_turns()
    assert camera.values["brightness"] == 0.0


def test_stop_takes_less_than_a_second() -> None:
    assert Timing().stop_timeout < 1


@pytest.mark.parametrize("where", ["open", "read", "close", "apply"])
async def test_stop_does_not_wait_for_a_hanging_source(make_camera: MakeCamera, where: str) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    if where != "open":
        await running(camera)
    hang = hardware.hang(where)
    if where == "apply":
        applying = asyncio.create_task(camera.apply({"brightness": 0.5}))
    if where != "close":
        await hang.reached()
    await asyncio.wait_for(camera.stop(), 60)
    hardware.release()
    if where == "apply":
        await asyncio.gather(applying, return_exceptions=True)


@pytest.mark.parametrize("moment", ["failed", "closing", "resting"])
async def test_stop_at_any_moment(make_camera: MakeCamera, moment: str) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hang: dict[str, Callable[[], object]] = {
        "failed": lambda: hardware.fail("read", OSError("unplugged")),
        "closing": lambda: closing.append(hardware.hang("close")),
        "resting": lambda: hardware.hang("close"),
    }
    closing: list[Hang] = []
    hang[moment]()
    if moment == "resting":
        camera.set_enabled(False)
        await until(lambda: camera._supervisor._hanging)
    elif moment == "closing":
        camera.set_enabled(False)
        await closing[0].reached()
    else:
        await failed(camera)
    await asyncio.wait_for(camera.stop(), 60)
