"""Waiting before the next try."""

from __future__ import annotations

import random

import pytest

from mqttcam.backoff import Backoff


def _longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)


def test_ranges_double_up_to_the_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    _longest(monkeypatch)
    backoff = Backoff()
    assert [backoff.next() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    backoff.reset()
    assert backoff.next() == 1


def test_any_time_in_the_range() -> None:
    waits = []
    for _ in range(300):
        backoff = Backoff(cap=8)
        for _ in range(10):
            last = backoff.next()
        waits.append(last)
    assert 0 <= min(waits) < 1
    assert 7 < max(waits) <= 8


def test_failures_of_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    _longest(monkeypatch)
    backoff = Backoff()
    for _ in range(5000):
        assert backoff.next() <= 60
