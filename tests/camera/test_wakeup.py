"""Waiting in the capture thread."""

from __future__ import annotations

import threading
import time

import pytest

from mqttcam.camera.wakeup import Pacer, Wakeup


class ManualWake(Wakeup):
    """Advances a clock instead of waiting."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.now = 500.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)

    def wait(self, timeout: float) -> bool:
        self.now += max(timeout, 0)
        return False


def test_set_ends_one_wait_even_a_later_one() -> None:
    wake = Wakeup()
    wake.set()
    wake.set()
    assert wake.wait(5)
    assert not wake.wait(0)
    threading.Timer(0.05, wake.set).start()
    assert wake.wait(10)
    assert not wake.wait(-1)


@pytest.mark.parametrize("rate", [0.5, 15, 240])
def test_frame_times_do_not_drift(monkeypatch: pytest.MonkeyPatch, rate: float) -> None:
    wake = ManualWake(monkeypatch)
    pacer = Pacer(rate, wake)
    began, turns = wake.now, 0
    while turns < 1000:
        turns += pacer.wait(0.25)
        wake.now += 0.3 / rate  # the work for it
    assert wake.now - began == pytest.approx(1000 / rate, rel=0.01)


def test_missed_frame_times_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    wake = ManualWake(monkeypatch)
    pacer = Pacer(10, wake)
    assert pacer.wait(1)
    wake.now += 60
    began = wake.now
    for _ in range(3):
        assert pacer.wait(1)
    assert wake.now - began == pytest.approx(0.2)


def test_wait_returns_false_if_the_frame_time_is_beyond_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    wake = ManualWake(monkeypatch)
    pacer = Pacer(0.5, wake)
    assert pacer.wait(0.25)
    began = wake.now
    assert [pacer.wait(0.25) for _ in range(8)] == [False] * 7 + [True]
    assert wake.now - began == pytest.approx(2)


def test_rate_zero_never_waits() -> None:
    pacer = Pacer(0, Wakeup())
    began = time.monotonic()
    assert all(pacer.wait(1) for _ in range(1000))
    assert time.monotonic() - began < 60


def test_wait_is_ended_by_wakeup() -> None:
    wake = Wakeup()
    pacer = Pacer(0.01, wake)
    assert pacer.wait(1)
    threading.Timer(0.05, wake.set).start()
    began = time.monotonic()
    assert not pacer.wait(100)
    assert time.monotonic() - began < 60
