"""Time stamps follow the captures, and only grow, whatever the clock does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.video.time_stamps import TimeStamps
from mqttcam.video.unit import CLOCK

MS = 1_000_000


def test_captures_that_arrive_with_jitter() -> None:
    """The time between two captures counts, not that between their arrivals."""
    stamps = TimeStamps()
    arrivals = [0, 90 * MS, 110 * MS, 260 * MS]
    made = [stamps.next(number * 66 * MS, arrived) for number, arrived in enumerate(arrivals)]
    assert made == [0, 5940, 11880, 17820]


@pytest.mark.parametrize("jump", [-3600, -1, 1, 3600])
def test_a_clock_that_is_set(jump: int) -> None:
    stamps = TimeStamps()
    made = [
        stamps.next(number * 100 * MS + (jump * 1000 * MS if number >= 2 else 0), number * 100 * MS)
        for number in range(5)
    ]
    assert made == [number * CLOCK // 10 for number in range(5)]


def test_no_drift() -> None:
    """A third of a second has no whole number of nanoseconds."""
    stamps = TimeStamps()
    for number in range(3 * 60 + 1):
        last = stamps.next(number * 1_000_000_000 // 3, number * 1_000_000_000 // 3)
    assert last == 60 * CLOCK


@given(st.lists(st.tuples(st.integers(-(2**62), 2**62), st.integers(0, 2**40)), min_size=2, max_size=20))
def test_they_only_grow(times: list[tuple[int, int]]) -> None:
    stamps = TimeStamps()
    now = 0
    made = []
    for ts_ns, elapsed in times:
        now += elapsed
        made.append(stamps.next(ts_ns, now))
    assert made == sorted(set(made))
