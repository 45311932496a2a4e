"""What gives way while processor time is short, in which order, and how it comes back."""

from __future__ import annotations

import asyncio
import contextlib
from types import SimpleNamespace
from typing import Any

import pytest

from mqttcam.devices.governor import Governor
from mqttcam.devices.health import Health
from mqttcam.devices.hints import DAEMON
from mqttcam.devices.node import Node


class Machine:
    """A camera of 30 fps on a machine whose processor time a test decides on; its governor looks at it once a second.

    Attributes:
        missed: the share of the camera's frames that are missing.
        waiting: how many threads wait for a processor; as a kernel that does not count it if `None`.
        lag: of the event loop, in seconds.
        device: the camera.
        changes: how often the governor has told of a change.
    """

    def __init__(self) -> None:
        self.now = 1000.0
        self.missed = self.lag = 0.0
        self.waiting: float | None = 0.0
        self.changes = 0
        self.device: Any = SimpleNamespace(
            id="front",
            camera=SimpleNamespace(stats=SimpleNamespace(missed=lambda: self.missed)),
            video=SimpleNamespace(encoded_fps=30.0),
            motion=SimpleNamespace(detector=SimpleNamespace(fps=5.0)),
        )
        still: Any = SimpleNamespace(
            id="shed",
            camera=SimpleNamespace(stats=SimpleNamespace(missed=lambda: 0.0)),
            video=SimpleNamespace(encoded_fps=0.0),
            motion=None,
        )
        devices = {"shed": still, "front": self.device}
        self.governor = Governor(lambda: devices, self._changed, self._run_delay, lambda: self.now)

    @property
    def _run_delay(self) -> Any:
        return self

    def _changed(self) -> None:
        self.changes += 1

    @property
    def available(self) -> bool:
        return self.waiting is not None

    def waiting_threads(self) -> float | None:
        return self.waiting

    @property
    def halvings(self) -> tuple[int, int]:
        """Those of video and of motion detection."""
        reductions = self.governor.reductions
        return reductions.video.halvings, reductions.motion.halvings

    def run(self, seconds: int) -> list[tuple[int, int]]:
        """Let time pass, and return how far everything was reduced, each change once."""
        seen = [self.halvings]
        for _ in range(seconds):
            self.now += 1
            self.governor.check(self.lag)
            if self.halvings != seen[-1]:
                seen.append(self.halvings)
        return seen

    def run_short(self, seconds: int) -> list[tuple[int, int]]:
        """Let time pass while processor time is short, as far as a machine with less to do is not in time again."""
        self.missed, self.waiting = 0.5, 1.5
        seen = self.run(seconds)
        self.missed = self.waiting = 0.0
        return seen


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_video_gives_way_first_then_motion_step_by_step(machine: Machine) -> None:
    assert machine.run_short(60) == [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (4, 1), (4, 2)]
    limits = machine.governor.reductions
    assert (limits.video.limit(30.0), limits.motion.limit(5.0)) == (2.0, 1.25), "neither stops"
    assert limits.video.limit(1.0) == 1.0, "what is slower is left as it is"


def test_only_what_is_done_is_reduced(machine: Machine) -> None:
    machine.device.video.encoded_fps = 0.0
    assert machine.run_short(60) == [(0, 0), (0, 1), (0, 2)]
    machine.device.motion.detector.fps = 0.0
    nothing = Machine()
    nothing.device.video.encoded_fps = nothing.device.motion.detector.fps = 0.0
    assert nothing.run_short(60) == [(0, 0)]
    assert nothing.governor.problem is None


@pytest.mark.parametrize(
    ("missed", "waiting", "lag"),
    [
        pytest.param(0.0, 3.0, 0.1, id="a busy machine that is in time"),
        pytest.param(0.5, 0.4, 0.0, id="a camera that is slower in the dark"),
        pytest.param(0.15, 3.0, 0.0, id="a few frames are late"),
        pytest.param(0.5, None, 0.0, id="a kernel that does not tell, and the loop is in time"),
    ],
)
def test_one_sign_alone_is_no_reason(
    machine: Machine, missed: float, waiting: float | None, lag: float
) -> None:
    machine.missed, machine.waiting, machine.lag = missed, waiting, lag
    assert machine.run(60) == [(0, 0)]


@pytest.mark.parametrize("waiting", [1.0, None])
def test_a_late_loop_is_a_sign_even_if_the_kernel_counts_nothing(
    machine: Machine, waiting: float | None
) -> None:
    machine.waiting, machine.lag = waiting, 0.5
    assert machine.run(3)[-1] == (1, 0)


def test_two_seconds_are_no_reason(machine: Machine) -> None:
    for _ in range(10):
        machine.run_short(2)
        machine.run(1)
    assert machine.halvings == (0, 0)


def test_a_second_with_just_enough_time_does_not_hide_a_shortage(machine: Machine) -> None:
    for missed, video in ((0.5, 0), (0.1, 0), (0.5, 0), (0.5, 0), (0.1, 0), (0.5, 0), (0.5, 1)):
        machine.missed, machine.waiting = missed, 1.0
        assert machine.run(1)[-1] == (video, 0)
    for _ in range(60):
        machine.missed = 0.6 - machine.missed
        machine.run(1)
    assert machine.halvings == (1, 0), "half of the seconds are not enough"


def test_all_comes_back_in_the_opposite_order(machine: Machine) -> None:
    machine.run_short(60)
    assert machine.run(9) == [(4, 2)], "not at once"
    assert machine.run(120)[1:] == [(4, 1), (4, 0), (3, 0), (2, 0), (1, 0), (0, 0)]
    assert machine.governor.problem is None


def test_it_stays_as_it_is_while_there_is_only_just_enough_time(machine: Machine) -> None:
    machine.run_short(6)
    machine.missed, machine.waiting = 0.1, 1.0
    assert machine.run(600) == [(2, 0)]
    machine.waiting = 0.1
    assert machine.run(20) == [(2, 0), (1, 0), (0, 0)], "the camera is slower for another reason"


def test_what_came_back_too_early_waits_twice_as_long(machine: Machine) -> None:
    waits = []
    machine.run_short(3)
    for _ in range(8):
        began = machine.now
        while machine.halvings == (1, 0):
            machine.run(1)
        waits.append(machine.now - began)
        machine.run_short(3)
    assert waits == [10, 20, 40, 80, 160, 320, 320, 320]
    machine.run(321 + 321)
    machine.run_short(3)
    assert machine.run(10)[-1] == (0, 0), "after a long time with all of it"


def test_each_change_is_logged_with_its_reason_and_shown_as_a_warning(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "mqttcam")
    machine.device.video.encoded_fps = 4.0
    machine.run_short(6)
    why = "as camera front misses 50% of its frames; it is raised again once there is enough time"
    assert caplog.messages == [
        f"processor time is short: video at 1/2 of its frame rate, {why}",
        f"processor time is short: video at 1/2 and motion detection at 1/2 of its frame rate, {why}",
    ]
    node = Node("pi")
    node.add_check(lambda: machine.governor.problem, "Processor", DAEMON, level="warning")
    health = Health(node, dict)
    (warning,) = health.trouble()
    assert (warning.part, warning.level) == ("Processor", "warning")
    assert "frame_rate" in (warning.hint or "")
    assert (health.problems(), node.problems) == ([], []), "the daemon is healthy"
    caplog.clear()
    machine.run(25)
    assert caplog.messages == [
        "processor time is short: video at 1/2 of its frame rate",
        "there is enough processor time again: everything has its full frame rate",
    ]
    assert machine.changes == 4


async def test_it_measures_how_late_the_loop_is(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    lags: list[float] = []
    monkeypatch.setattr(machine.governor, "check", lags.append)

    async def sleep(seconds: float) -> None:
        machine.now += seconds + 0.5
        if len(lags) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr("mqttcam.devices.governor.asyncio.sleep", sleep)
    with contextlib.suppress(asyncio.CancelledError):
        await machine.governor.run()
    assert lags == [0.5, 0.5, 0.5]
