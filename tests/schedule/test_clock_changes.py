"""Schedules when daylight saving time begins and ends."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from mqttcam.schedule import Ticker, parse
from tests.schedule.local import BERLIN, KOLKATA, LORD_HOWE, NEW_YORK, at, shown, times


class TestClocksChange:
    """Berlin 2026: forward on 29 March at 02:00, back on 25 October at 03:00."""

    def test_skipped_time_is_due_when_the_clock_has_gone_forward(self) -> None:
        """It is due once, after the clock has gone forward."""
        assert times("every day at 02:30", "2026-03-28 12:00:00", 2) == [
            "29 03:00:00 +0200",
            "30 02:30:00 +0200",
        ]

    def test_repeated_time_is_due_once(self) -> None:
        """It is due once."""
        assert times("every day at 02:30:05", "2026-10-24 12:00:00", 2) == [
            "25 02:30:05 +0200",
            "26 02:30:05 +0100",
        ]

    def test_hourly_times_follow_the_change_of_the_clocks(self) -> None:
        """The repeated hour has two, the skipped hour none."""
        assert times("every hour at :30", "2026-10-25 01:00:00", 4) == [
            "25 01:30:00 +0200",
            "25 02:30:00 +0200",
            "25 02:30:00 +0100",
            "25 03:30:00 +0100",
        ]
        assert times("every hour at :30", "2026-03-29 01:00:00", 2) == [
            "29 01:30:00 +0100",
            "29 03:30:00 +0200",
        ]

    def test_intervals_continue_when_the_clocks_change(self) -> None:
        """The reference implementation's would stand still for an hour."""
        ticker = Ticker(parse("60"))
        before = at("2026-10-25 02:59:00")
        assert ticker.due(before, 0.0)
        assert not ticker.due(before + 59.9, 59.9)
        assert ticker.due(before + 60, 60.0)
        assert ticker.due(before + 120, 120.0)

    def test_daily_interval_keeps_the_time_of_day(self) -> None:
        assert times("every day", "2026-10-24 12:00:00", 2) == ["25 12:00:00 +0100", "26 12:00:00 +0100"]

    def test_change_by_half_an_hour(self) -> None:
        """Lord Howe Island changes its clocks by half an hour; :30 stays :30."""
        assert times("every hour at :30", "2026-04-05 00:45:00", 3, LORD_HOWE) == [
            "05 01:30:00 +1100",
            "05 02:30:00 +1030",
            "05 03:30:00 +1030",
        ]


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        (NEW_YORK, "2026-03-07 12:00:00", ["08 03:00:00 -0400", "09 02:15:00 -0400"]),
        (NEW_YORK, "2026-10-31 12:00:00", ["01 02:15:00 -0500", "02 02:15:00 -0500"]),
        (LORD_HOWE, "2026-10-03 12:00:00", ["04 02:30:00 +1100", "05 02:15:00 +1100"]),
        (KOLKATA, "2026-10-24 12:00:00", ["25 02:15:00 +0530", "26 02:15:00 +0530"]),
    ],
)
def test_other_zones(zone: ZoneInfo, start: str, expected: list[str]) -> None:
    assert times("at 02:15", start, 2, zone) == expected


def test_in_twenty_years() -> None:
    """The rules of today, without drift."""
    found = parse("every day at 10:30", zone=BERLIN).times
    moment = start = at("2026-05-04 08:00:00")
    for _ in range(20 * 365):
        moment = found.after(moment, start)
    assert shown(moment)[3:] == "10:30:00 +0200"
    assert moment == at("2046-04-28 10:30:00")
