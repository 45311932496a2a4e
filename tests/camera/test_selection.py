"""Which frames are taken: every one, a rate, a schedule, none."""

from __future__ import annotations

import math

import pytest

from mqttcam.camera.selection import Rate, Scheduled, VariableRate, selection
from mqttcam.schedule import parse


@pytest.mark.parametrize(("camera", "rate"), [(30, 10), (30, 7), (15, 15), (24, 5), (10, 30), (25, 0.5)])
def test_rate(camera: float, rate: float) -> None:
    """The average rate is the requested one, or every frame if the camera is slower."""
    gate = Rate(rate)
    taken = sum(gate.due(int(1e15 + number * 1e9 / camera)) for number in range(int(camera * 100)))
    assert taken == pytest.approx(min(rate, camera) * 100, rel=0.03, abs=1)


def test_rate_after_a_pause() -> None:
    """No burst when frames arrive again."""
    gate = Rate(1)
    assert gate.due(int(1e15))
    later = [number for number in range(30) if gate.due(int(1e15 + 100e9 + number * 1e9 / 30))]
    assert later == [0]


def test_a_variable_rate_follows_at_once() -> None:
    fps = math.inf
    gate = VariableRate(lambda: fps)
    counts = []
    for number, fps in enumerate((math.inf, 5, 2, math.inf)):  # noqa: B007 - the gate reads it
        begin = int(1e15 + number * 10e9)
        counts.append(sum(gate.due(begin + int(frame * 1e9 / 30)) for frame in range(300)))
    assert counts == [300, 50, 20, 300]


def test_schedule_takes_precedence_over_the_rate() -> None:
    gate = selection(math.inf, parse("every day at 10:30"))
    assert isinstance(gate, Scheduled)
    assert [gate.due(0), gate.due(0)] == [True, False]


def test_infinite_rate_selects_every_frame_and_zero_none() -> None:
    gate = selection(math.inf)
    assert gate is not None
    assert all(gate.due(number) for number in range(5))
    assert selection(0) is None


def test_only_frames_with_motion_are_selected() -> None:
    moving = False
    chosen = selection(1.0, moving=lambda: moving)
    assert chosen is not None
    second = 1_000_000_000
    assert not chosen.due(100 * second)
    moving = True
    assert chosen.due(101 * second)
    assert not chosen.due(101 * second + second // 10)
    moving = False
    assert not chosen.due(110 * second)
