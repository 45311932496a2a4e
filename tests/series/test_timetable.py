"""When pictures are due: from the start, by the sun, and when the clocks change."""

from __future__ import annotations

import math

import pytest

from mqttcam.schedule import parse
from mqttcam.series.timetable import Timetable
from tests.schedule.local import BERLIN, IN_BERLIN, IN_TROMSO, OSLO, at, shown

STARTED = at("2026-03-27 12:00:05")


def due(
    text: str, moment: float, count: int = 1, started: float = STARTED, end: float = math.inf
) -> list[str]:
    table = Timetable(parse(text, IN_BERLIN, BERLIN), end)
    found: list[str] = []
    while len(found) < count and (later := table.after(moment, started)) is not None:
        moment = later
        found.append(shown(moment))
    return found


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("every 10 minutes", ["27 12:00:05 +0100", "27 12:10:05 +0100"]),
        ("every 2 days", ["27 12:00:05 +0100", "29 12:00:05 +0200"]),
        ("every minute at :10", ["27 12:00:10 +0100", "27 12:01:10 +0100"]),
        ("every day at 12:00:05", ["28 12:00:05 +0100", "29 12:00:05 +0200"]),
        ("at sunset+2h", ["27 20:31:47 +0100", "28 20:33:32 +0100"]),
        ("every 30 minutes from 12:30 to 13:10", ["27 12:30:00 +0100", "27 13:00:00 +0100"]),
    ],
)
def test_an_interval_begins_at_once_and_other_times_when_they_come(text: str, first: list[str]) -> None:
    assert due(text, 0.0, 2) == first


def test_an_interval_goes_on_from_its_start_in_the_next_process() -> None:
    assert due("every 10 minutes", at("2026-03-30 08:00:00")) == ["30 08:00:05 +0200"]
    assert due("every 10 minutes", STARTED - 3600) == ["27 12:00:05 +0100"], "after the clock was set back"


def test_daylight_saving_time() -> None:
    assert due("every day at 02:30", at("2026-03-28 12:00:00"), 2) == [
        "29 03:00:00 +0200",
        "30 02:30:00 +0200",
    ]
    assert due("every day at 02:30", at("2026-10-24 12:00:00"), 2) == [
        "25 02:30:00 +0200",
        "26 02:30:00 +0100",
    ]
    assert due("every 30 minutes", at("2026-03-29 01:20:00"), 3) == [
        "29 01:30:05 +0100",
        "29 03:00:05 +0200",
        "29 03:30:05 +0200",
    ]


def test_from_sunrise_to_sunset_over_a_night() -> None:
    assert due("every 10 minutes from sunrise to sunset", at("2026-03-29 19:25:00"), 3) == [
        "29 19:28:03 +0200",
        "30 06:45:42 +0200",
        "30 06:55:42 +0200",
    ]


def test_no_sun_for_weeks() -> None:
    table = Timetable(parse("every hour from sunrise to sunset", IN_TROMSO, OSLO))
    begin = at("2026-12-10 12:00:00", OSLO)
    later = table.after(begin, begin)
    assert later is not None
    assert later - begin > 20 * 86400


def test_none_is_due_after_the_end() -> None:
    assert due("every 10 minutes", 0.0, 9, end=STARTED + 1200) == ["27 12:00:05 +0100", "27 12:10:05 +0100"]
