"""Schedules within periods."""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqttcam.schedule import BadSchedule, parse
from tests.schedule.local import BERLIN, IN_BERLIN, LORD_HOWE, NEW_YORK, Place, at, times


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        # 2026-05-01 is a Friday.
        (
            "every minute on mon-fri from 07:00 to 19:00",
            "2026-05-01 18:58:30",
            ["01 18:59:00", "04 07:00:00"],
        ),
        (
            "every 20 minutes from 07:05 to 08:00",
            "2026-05-01 06:00:00",
            ["01 07:05:00", "01 07:25:00", "01 07:45:00"],
        ),
        ("every 20 minutes from 07:05 to 08:00", "2026-05-01 07:45:00", ["02 07:05:00"]),
        ("600 on sat", "2026-05-01 06:00:00", ["02 00:00:00", "02 00:10:00"]),
        ("every day from 07:00 to 19:00", "2026-05-01 12:00:00", ["02 07:00:00", "03 07:00:00"]),
        ("every day on mon", "2026-05-01 12:00:00", ["04 00:00:00", "11 00:00:00"]),
        (
            "every hour at :30 from 22:00 to 01:00",
            "2026-05-01 12:00:00",
            ["01 22:30:00", "01 23:30:00", "02 00:30:00"],
        ),
        (
            "every minute at :23 from 07:00 to 07:02",
            "2026-05-01 12:00:00",
            ["02 07:00:23", "02 07:01:23", "03 07:00:23"],
        ),
        ("at 10:30 on mon,wed", "2026-05-01 12:00:00", ["04 10:30:00", "06 10:30:00"]),
        ("every day at 10:30 on tue - wed", "2026-05-01 12:00:00", ["05 10:30:00", "06 10:30:00"]),
        (
            "every 2 days at 10:30 on mon-fri",
            "2026-05-01 12:00:00",
            ["05 10:30:00", "07 10:30:00", "11 10:30:00"],
        ),
        ("*/30 * * * * from 07:10 to 08:00 on mon", "2026-05-01 12:00:00", ["04 07:30:00", "11 07:30:00"]),
        ("at 07:00 from 07:00 to 08:00", "2026-05-01 12:00:00", ["02 07:00:00"]),
    ],
)
def test_by_the_clock(text: str, start: str, expected: list[str]) -> None:
    assert times(text, start, len(expected)) == [f"{time} +0200" for time in expected]


def test_by_the_sun() -> None:
    assert times("every 8h from sunrise-30m to sunset+30m", "2026-06-21 01:00:00", 4, location=IN_BERLIN) == [
        "21 04:13:06 +0200",
        "21 12:13:06 +0200",
        "21 20:13:06 +0200",
        "22 04:13:20 +0200",
    ]
    assert times(
        "every hour at :30 from sunset to sunrise", "2026-06-21 01:45:00", 4, location=IN_BERLIN
    ) == [
        "21 02:30:00 +0200",
        "21 03:30:00 +0200",
        "21 04:30:00 +0200",
        "21 22:30:00 +0200",
    ]
    found = times("at sunset from 20:00 to 21:00", "2026-06-21 12:00:00", 1, location=IN_BERLIN)
    assert found == ["01 20:58:30 +0200"], "in August"


@pytest.mark.parametrize(
    ("text", "start", "zone", "expected"),
    [
        (
            "every hour from 01:00 to 05:00",
            "2026-03-29 00:00:00",
            BERLIN,
            ["01 +0100", "03 +0200", "04 +0200", "01 +0200"],
        ),
        (
            "every hour from 01:00 to 04:00",
            "2026-10-25 00:00:00",
            BERLIN,
            ["01 +0200", "02 +0200", "02 +0100", "03 +0100"],
        ),
        (
            "every hour from 01:00 to 04:00",
            "2026-11-01 00:00:00",
            NEW_YORK,
            ["01 -0400", "01 -0500", "02 -0500", "03 -0500"],
        ),
        (
            "every hour from 00:00 to 03:00",
            "2026-10-03 23:00:00",
            LORD_HOWE,
            ["00 +1030", "01 +1030", "02 +1100"],
        ),
        ("at 02:30 on sun", "2026-03-28 00:00:00", BERLIN, ["03 +0200", "02 +0200"]),
        ("at 02:30 on sun", "2026-10-24 00:00:00", BERLIN, ["02 +0200", "02 +0100"]),
    ],
)
def test_when_the_clocks_change(text: str, start: str, zone: ZoneInfo, expected: list[str]) -> None:
    found = times(text, start, len(expected), zone)
    assert [f"{time[3:5]} {time[-5:]}" for time in found] == expected


@pytest.mark.parametrize(
    "text",
    [
        "from 07:00 to 19:00",
        "on mon",
        "at 12:00 from 13:00 to 14:00",
        "every 2 days on mon-fri",
        "every week from 07:00 to 19:00",
        "every monday from 07:00 to 19:00",
        "every 36h from 07:00 to 19:00",
        "every 10 minutes from 07:00",
        "every 10 minutes from 07:00 to",
        "every 10 minutes from 07:00 to 07:00",
        "every 10 minutes on weekends",
        "every 10 minutes on mon on tue",
        "at",
        "at noon",
        "at sunrise+13h",
        "at sunrise15m",
        "at sunrise+",
        "every 2 days at sunrise",
        "every minute at sunrise",
        "every week at sunset",
        "sunrise",
        "at 10:30 at 11:30",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(BadSchedule) as error:
        parse(text)
    assert len(str(error.value)) < 200


_TIMES = st.sampled_from(
    [
        "every 7 minutes",
        "0.5",
        "every 90 minutes at :30",
        "every 5 hours at :10",
        "at 10:30",
        "every day",
        "at sunset+1h",
        "*/7 3-20 * * *",
        "every 3 days at 04:05:06",
    ]
)
_DAYS = st.sampled_from(["", " on mon", " on fri-sun,tue"])
_HOURS = st.sampled_from(
    ["", " from 22:00 to 06:00", " from sunrise-1h to 23:59", " from sunset to sunrise+3h"]
)


@given(_TIMES, _DAYS, _HOURS, st.floats(-60, 60), st.floats(-180, 180), st.floats(1.5e9, 4e9))
@settings(max_examples=40, deadline=None)
def test_times_are_later_in_order_and_within_the_period(
    text: str, days: str, hours: str, latitude: float, longitude: float, start: float
) -> None:
    try:
        found = parse(text + days + hours, Place(latitude, longitude), BERLIN)
    except BadSchedule:
        return
    moment = start
    for _ in range(5):
        due = found.times.after(moment, start)
        assert due > moment
        if due == math.inf:
            return
        assert found.period is None or found.period.state(due)[0]
        assert moment == start or found.times.after((moment + due) / 2, start) == due, "none in between"
        moment = due
    assert at("2017-01-01") < moment < at("2099-01-01")
