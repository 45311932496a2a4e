"""The counters of a camera."""

from __future__ import annotations

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from mqttcam.camera.hub import Hub
from mqttcam.camera.stats import CameraStats
from mqttcam.camera.status import CameraStatus
from tests.camera.broken import Hardware
from tests.camera.conftest import MakeCamera
from tests.support.cameras import running
from tests.support.waiting import until


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def stats_of(capture: Any, clock: Clock) -> tuple[CameraStats, Any]:
    """Return the stats of a camera with this capture, and a substitute for its supervisor."""
    supervisor: Any = SimpleNamespace(capture=capture, frames=capture.frames)
    return CameraStats(Hub(), supervisor, clock), supervisor


def capture_with(frames: int) -> Any:
    return SimpleNamespace(frames=frames, last_frame=0.0, awaits_restart=False)


def run(stats: CameraStats, capture: Any, clock: Clock, rate: float, seconds: float) -> None:
    """Let frames come at a rate for some seconds, and update the stats each second."""
    end, frame, update = clock.now + seconds, clock.now + 1 / rate, clock.now + 1
    while clock.now < end:
        clock.now = min(frame, update)
        if clock.now == frame:
            capture.frames += 1
            capture.last_frame = clock.now
            frame += 1 / rate
        if clock.now == update:
            stats.update()
            update += 1


@pytest.mark.parametrize("rate", [0.2, 1, 7.5, 24])
def test_frame_rate_is_that_of_the_last_seconds_and_falls_once_no_frames_come(rate: float) -> None:
    clock, capture = Clock(), capture_with(frames=100)
    stats, _ = stats_of(capture, clock)
    assert (stats.fps, stats.frame_age, stats.frames) == (0.0, None, 100)
    run(stats, capture, clock, rate, max(12, 4 / rate))
    assert stats.fps == pytest.approx(rate, rel=0.02)
    before = stats.fps
    clock.now += 60
    assert stats.frame_age is not None
    assert stats.frame_age >= 60
    assert stats.fps < before / 3, "none come"


def test_frame_rate_follows_a_change() -> None:
    clock, capture = Clock(), capture_with(frames=0)
    stats, supervisor = stats_of(capture, clock)
    run(stats, capture, clock, 24, 60)
    run(stats, capture, clock, 2, 8)
    assert stats.fps == pytest.approx(2, rel=0.3)
    capture.awaits_restart = True
    assert (stats.fps, stats.frame_age) == (0, None), "its stream is being restarted"
    capture.awaits_restart = False
    supervisor.capture = None
    assert (stats.fps, stats.frame_age) == (0, None)


def test_frame_rate_of_another_capture_starts_at_zero() -> None:
    clock, capture = Clock(), capture_with(frames=0)
    stats, supervisor = stats_of(capture, clock)
    run(stats, capture, clock, 24, 10)
    supervisor.capture = other = capture_with(frames=240)
    assert stats.fps == 0
    run(stats, other, clock, 2, 10)
    assert stats.fps == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize(
    ("rate", "frames", "share"),
    [(30, 30, 0.0), (30, 29, 0.0), (30, 20, 0.3), (5, 4, 0.0), (5, 2, 0.4), (1, 0, 0.0), (0.1, 0, 0.0)],
)
def test_frames_that_have_not_come_in_time_are_missed(rate: float, frames: int, share: float) -> None:
    """One may be on its way."""
    clock, capture = Clock(), capture_with(frames=100)
    capture.last_frame, capture.interval, capture.paused_until = 1.0, 1 / rate, 0.0
    stats, supervisor = stats_of(capture, clock)
    assert stats.missed() == 0, "nothing to compare with"
    clock.now += 1
    capture.frames += frames
    assert stats.missed() == pytest.approx(share)
    clock.now += 1
    capture.paused_until = clock.now - 0.5
    assert stats.missed() == 0, "it has taken a picture in full resolution"
    clock.now += 1
    supervisor.capture = capture_with(frames=100)
    assert stats.missed() == 0, "it was opened again"
    supervisor.capture, capture.interval = capture, 0.0
    assert stats.missed() == stats.missed() == 0, "it has no fixed rate"


async def test_frame_age_is_unknown_from_a_restart_to_the_first_frame_after_it(
    make_camera: MakeCamera,
) -> None:
    hardware = Hardware(rate=50)
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    assert camera.stats.frame_age is not None
    opening = hardware.hang("open")
    restarting = asyncio.create_task(camera.restart())
    await until(lambda: camera.status is CameraStatus.STARTING)
    assert camera.stats.frame_age is None, "the frames before the restart do not count any more"
    hardware.heal()
    opening.release()
    await restarting
    assert camera.stats.frame_age is not None


async def test_stats_survive_switching_the_camera_off_and_on(make_camera: MakeCamera) -> None:
    camera = make_camera(Hardware(rate=50), settings={"size": "32x32"})
    assert (camera.stats.frames, camera.stats.width) == (0, 0)
    camera.start()
    await running(camera)
    assert (camera.stats.width, camera.stats.height) == (32, 24), "of its pictures, not of its frames"
    await until(lambda: camera.stats.fps > 20)
    assert camera.stats.frame_age is not None
    assert camera.stats.frame_age < 5
    frames = camera.stats.frames
    camera.set_enabled(False)
    assert camera.stats.frames >= frames
    assert camera.stats.fps == 0
    assert camera.stats.frame_age is None
    camera.set_enabled(True)
    await running(camera)
    assert camera.stats.frames >= frames


async def test_what_the_source_skips_is_counted_over_all_its_openings(make_camera: MakeCamera) -> None:
    hardware = Hardware(skipped=3)
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    await until(lambda: camera.stats.skipped == 3)
    await camera.restart()
    await until(lambda: camera.stats.skipped == 6)


async def test_why_nothing_can_be_used_is_shown_while_no_frame_comes(make_camera: MakeCamera) -> None:
    hardware = Hardware(skipped=1, waiting_for="it speaks TLS", open_timeout=math.inf)
    make_frame, hardware.make_frame = hardware.make_frame, lambda: None
    camera = make_camera(hardware)
    camera.start()
    await until(lambda: camera.last_error == "it speaks TLS")
    assert camera.status is CameraStatus.STARTING
    hardware.make_frame = make_frame
    await running(camera)
    assert camera.last_error is None
