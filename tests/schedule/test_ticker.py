"""Whether a frame is due."""

from __future__ import annotations

import time

import pytest

from mqttcam.schedule import Ticker, parse
from tests.schedule.local import BERLIN, IN_BERLIN, IN_TROMSO, OSLO, at


class TestTicker:
    def test_first_frame_is_due_at_once(self) -> None:
        ticker = Ticker(parse("every day at 10:30", zone=BERLIN))
        assert ticker.due(at("2026-05-04 12:00"), 0.0)
        assert not ticker.due(at("2026-05-04 12:01"), 60.0)

    def test_first_frame_at_or_after_each_time_is_due(self) -> None:
        """At 15 frames a second: the first frame at or after each time, and no other."""
        ticker = Ticker(parse("every minute at :23"))
        start = at("2026-05-04 12:00:30")
        taken = [n / 15 for n in range(15 * 180) if ticker.due(start + n / 15, n / 15)]
        assert taken == pytest.approx([0.0, 53.0, 113.0, 173.0])

    def test_missed_times_are_not_made_up_for(self) -> None:
        """After an outage of the camera, one picture stands for all that were missed, and the rhythm is kept."""
        ticker = Ticker(parse("10"))
        assert ticker.due(0.0, 0.0)
        assert ticker.due(34.0, 34.0)
        assert not ticker.due(39.9, 39.9)
        assert ticker.due(40.0, 40.0)

    @pytest.mark.parametrize("jump", [3 * 3600.0, -3 * 3600.0, 56 * 365 * 86400.0])
    def test_setting_the_clock_causes_neither_a_burst_nor_a_gap(self, jump: float) -> None:
        """A Pi without a battery-backed clock learns the time late: no burst, and no hour without pictures."""
        start = at("2026-05-04 12:00:30")
        clock, interval = Ticker(parse("every minute at :23")), Ticker(parse("60"))
        assert clock.due(start, 0.0)
        assert interval.due(start, 0.0)
        assert not clock.due(start + jump + 10, 10.0)
        assert not interval.due(start + jump + 10, 10.0)
        assert clock.due(start + jump + 53, 53.0)
        assert not clock.due(start + jump + 54, 54.0)
        assert interval.due(start + jump + 60, 60.0)

    def test_outside_its_period_the_first_frame_is_not_due(self) -> None:
        text = "every 10 minutes from 07:00 to 19:00"
        ticker = Ticker(parse(text, zone=BERLIN))
        assert not ticker.due(at("2026-05-04 06:55"), 0.0)
        assert not ticker.due(at("2026-05-04 06:59"), 240.0)
        assert ticker.due(at("2026-05-04 07:00"), 300.0)
        assert Ticker(parse(text, zone=BERLIN)).due(at("2026-05-04 07:05"), 0.0)

    def test_setting_the_clock_moves_to_the_right_day(self) -> None:
        """A clock that started in 1970, at night, learns that it is noon."""
        ticker = Ticker(parse("every 10 minutes from sunrise to sunset", IN_BERLIN, BERLIN))
        assert not ticker.due(3600.0, 0.0)
        noon = at("2026-05-04 12:00")
        assert not ticker.due(noon, 10.0)
        taken = [second for second in range(11, 1811) if ticker.due(noon + second - 10, float(second))]
        assert len(taken) == 3

    def test_a_frame_costs_nothing_while_none_is_due(self) -> None:
        """In the polar night the next sunrise is computed once, not for each frame."""
        ticker = Ticker(parse("at sunrise", IN_TROMSO, OSLO))
        start = at("2026-12-01 12:00", OSLO)
        ticker.due(start, 0.0)
        began = time.thread_time()
        assert not any(ticker.due(start + frame / 30, frame / 30) for frame in range(10_000))
        assert time.thread_time() - began < 1
