"""The capture time of devices that count from the start of the machine."""

from __future__ import annotations

import time

import pytest

from mqttcam.camera.sources._timestamps import unix_time_ns

_SLACK = 10 * 10**9


def test_age_is_kept() -> None:
    age = 30 * 10**9
    assert unix_time_ns(time.monotonic_ns() - age) == pytest.approx(time.time_ns() - age, abs=_SLACK)


@pytest.mark.parametrize("offset", [10**12, -(10**12), None])
def test_time_of_another_clock_is_now(offset: int | None) -> None:
    told = None if offset is None else time.monotonic_ns() + offset
    assert unix_time_ns(told) == pytest.approx(time.time_ns(), abs=_SLACK)


def test_no_time_is_now() -> None:
    assert unix_time_ns(0) == pytest.approx(time.time_ns(), abs=_SLACK)
