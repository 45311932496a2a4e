"""The delay before the next attempt."""

from __future__ import annotations

import pytest

from mqttcam.backoff import Backoff


def _highest(_low: float, high: float) -> float:
    return high


def test_range_doubles_up_to_the_cap() -> None:
    backoff = Backoff(uniform=_highest)
    assert [backoff.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    assert backoff.next() == 1


@pytest.mark.parametrize(("jitter", "lowest"), [(1, 0), (0.5, 4), (0, 8)])
def test_delay_is_drawn_from_the_jittered_part_of_the_range(jitter: float, lowest: float) -> None:
    drawn: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return low

    assert Backoff(cap=8, jitter=jitter, uniform=uniform).delay_after(10) == lowest
    assert drawn == [(lowest, 8)]


def test_delays_are_random_by_default() -> None:
    delays = [Backoff(cap=8).delay_after(10) for _ in range(300)]
    assert 0 <= min(delays) < 1
    assert 7 < max(delays) <= 8


def test_failures_of_a_year_stay_at_the_cap() -> None:
    backoff = Backoff(uniform=_highest)
    assert {backoff.next() for _ in range(5000)} == {1, 2, 4, 8, 16, 32, 60}
    assert backoff.failures == 5000
