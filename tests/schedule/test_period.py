"""Periods: hours, weekdays, the sun, and when the clocks change."""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqttcam.schedule import PERIOD_GRAMMAR, BadSchedule, Location, parse_period
from tests.schedule.local import (
    BERLIN,
    IN_BERLIN,
    IN_TROMSO,
    KOLKATA,
    LORD_HOWE,
    NEW_YORK,
    OSLO,
    Place,
    at,
    shown,
)


def states(
    text: str, start: str, count: int, zone: ZoneInfo = BERLIN, location: Location | None = None
) -> list[str]:
    """Whether the period lasts at the start, and the next times at which that changes."""
    period = parse_period(text, location, zone)
    moment = at(start, zone)
    active, _ = period.state(moment)
    found = ["on" if active else "off"]
    for _ in range(count):
        active_now, moment = period.state(moment)
        assert active_now is active, "it changes each time"
        active = not active
        found.append(shown(moment, zone))
    return found


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("from 07:00 to 19:00", "2026-05-04 08:00:00", ["on", "04 19:00:00 +0200", "05 07:00:00 +0200"]),
        ("from 07:00 to 19:00", "2026-05-04 07:00:00", ["on", "04 19:00:00 +0200"]),
        ("from 07:00 to 19:00", "2026-05-04 19:00:00", ["off", "05 07:00:00 +0200"]),
        ("from 22:00 to 06:00", "2026-05-04 01:00:00", ["on", "04 06:00:00 +0200", "04 22:00:00 +0200"]),
        ("from 22:00 to 24:00", "2026-05-04 01:00:00", ["off", "04 22:00:00 +0200", "05 00:00:00 +0200"]),
        ("from 22:00 to 00:00", "2026-05-04 01:00:00", ["off", "04 22:00:00 +0200", "05 00:00:00 +0200"]),
        ("From 22:00:30 To 06:00", "2026-05-04 12:00:00", ["off", "04 22:00:30 +0200"]),
        # 2026-05-04 is a Monday.
        ("on sat,sun", "2026-05-04 12:00:00", ["off", "09 00:00:00 +0200", "11 00:00:00 +0200"]),
        ("on monday - friday", "2026-05-04 12:00:00", ["on", "09 00:00:00 +0200", "11 00:00:00 +0200"]),
        ("on fri-mon", "2026-05-04 12:00:00", ["on", "05 00:00:00 +0200", "08 00:00:00 +0200"]),
        (
            "on fri from 22:00 to 06:00",
            "2026-05-04 12:00:00",
            ["off", "08 22:00:00 +0200", "09 06:00:00 +0200"],
        ),
        (
            "from 22:00 to 06:00 on fri",
            "2026-05-04 12:00:00",
            ["off", "08 22:00:00 +0200", "09 06:00:00 +0200"],
        ),
        ("on mon-sun", "2026-05-04 12:00:00", ["on", "never"]),
        ("from 00:00 to 24:00", "2026-05-04 12:00:00", ["on", "never"]),
    ],
)
def test_hours_and_weekdays(text: str, start: str, expected: list[str]) -> None:
    assert states(text, start, len(expected) - 1) == expected


@pytest.mark.parametrize(
    ("text", "start", "zone", "expected"),
    [
        # Forward from 02:00 to 03:00.
        (
            "from 02:30 to 06:00",
            "2026-03-29 00:00:00",
            BERLIN,
            ["off", "29 03:00:00 +0200", "29 06:00:00 +0200"],
        ),
        (
            "from 22:00 to 02:30",
            "2026-03-28 23:00:00",
            BERLIN,
            ["on", "29 03:00:00 +0200", "29 22:00:00 +0200"],
        ),
        ("from 02:10 to 02:50", "2026-03-29 00:00:00", BERLIN, ["off", "30 02:10:00 +0200"]),
        # Back from 03:00 to 02:00: a time that comes twice counts the first time.
        (
            "from 02:30 to 06:00",
            "2026-10-25 00:00:00",
            BERLIN,
            ["off", "25 02:30:00 +0200", "25 06:00:00 +0100"],
        ),
        (
            "from 22:00 to 02:30",
            "2026-10-24 23:00:00",
            BERLIN,
            ["on", "25 02:30:00 +0200", "25 22:00:00 +0100"],
        ),
        ("on sun", "2026-10-25 12:00:00", BERLIN, ["on", "26 00:00:00 +0100"]),
        (
            "from 01:30 to 03:30",
            "2026-03-08 00:00:00",
            NEW_YORK,
            ["off", "08 01:30:00 -0500", "08 03:30:00 -0400"],
        ),
        (
            "from 02:30 to 04:00",
            "2026-03-08 00:00:00",
            NEW_YORK,
            ["off", "08 03:00:00 -0400", "08 04:00:00 -0400"],
        ),
        (
            "from 01:30 to 04:00",
            "2026-11-01 00:00:00",
            NEW_YORK,
            ["off", "01 01:30:00 -0400", "01 04:00:00 -0500"],
        ),
        # By half an hour: forward from 02:00 to 02:30, back from 02:00 to 01:30.
        (
            "from 02:15 to 03:00",
            "2026-10-04 00:00:00",
            LORD_HOWE,
            ["off", "04 02:30:00 +1100", "04 03:00:00 +1100"],
        ),
        (
            "from 01:45 to 02:15",
            "2026-04-05 00:00:00",
            LORD_HOWE,
            ["off", "05 01:45:00 +1100", "05 02:15:00 +1030"],
        ),
        (
            "from 22:00 to 06:00",
            "2026-10-25 00:00:00",
            KOLKATA,
            ["on", "25 06:00:00 +0530", "25 22:00:00 +0530"],
        ),
    ],
)
def test_when_the_clocks_change(text: str, start: str, zone: ZoneInfo, expected: list[str]) -> None:
    assert states(text, start, len(expected) - 1, zone) == expected


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("from sunrise to sunset", "2026-06-21 01:00:00", ["off", "21 04:43:06 +0200", "21 21:33:18 +0200"]),
        ("from sunset to sunrise", "2026-06-21 01:00:00", ["on", "21 04:43:06 +0200", "21 21:33:18 +0200"]),
        (
            "from sunrise-30m to sunset+1h",
            "2026-06-21 01:00:00",
            ["off", "21 04:13:06 +0200", "21 22:33:18 +0200"],
        ),
        (
            "from sunset-30m to sunset+30m",
            "2026-06-21 01:00:00",
            ["off", "21 21:03:18 +0200", "21 22:03:18 +0200"],
        ),
        ("from sunset to 23:00", "2026-06-21 01:00:00", ["off", "21 21:33:18 +0200", "21 23:00:00 +0200"]),
        ("from sunset to 02:00", "2026-06-21 01:00:00", ["on", "21 02:00:00 +0200", "21 21:33:18 +0200"]),
        ("from 22:00 to sunrise", "2026-06-21 01:00:00", ["on", "21 04:43:06 +0200", "21 22:00:00 +0200"]),
        ("from 03:00 to sunrise", "2026-06-21 01:00:00", ["off", "21 03:00:00 +0200", "21 04:43:06 +0200"]),
        (
            "on sat from sunset to sunrise",
            "2026-06-20 12:00:00",
            ["off", "20 21:33:04 +0200", "21 04:43:06 +0200"],
        ),
        # In December the sun sets at four.
        ("from 20:00 to sunset", "2026-12-21 01:00:00", ["off", "20 20:00:00 +0200"]),
    ],
)
def test_sun(text: str, start: str, expected: list[str]) -> None:
    found = states(text, start, len(expected) - 1, location=IN_BERLIN)
    if text.startswith("from 20:00"):
        expected = ["off", found[1]]
        _, moment = parse_period(text, IN_BERLIN, BERLIN).state(at(start))
        assert moment > at("2027-04-01 00:00:00"), "left out until the sun sets after eight"
    assert found == expected


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("from sunrise to sunset", "06-21", "on"),
        ("from sunrise-30m to sunset+30m", "06-21", "on"),
        ("from sunrise+2h to sunset-2h", "06-21", "on"),
        ("from sunset to sunrise", "06-21", "off"),
        ("from sunrise to sunset", "12-21", "off"),
        ("from sunrise-30m to sunset+30m", "12-21", "off"),
        ("from sunset to sunrise", "12-21", "on"),
        ("from sunset+2h to sunrise-2h", "12-21", "on"),
    ],
)
def test_polar_day_and_night(text: str, day: str, expected: str) -> None:
    """The whole day, or none of it, and for weeks."""
    period = parse_period(text, IN_TROMSO, OSLO)
    for hour in range(24):
        moment = at(f"2026-{day} {hour:02}:00:00", OSLO)
        active, until = period.state(moment)
        assert active is (expected == "on")
        assert 14 * 86400 < until - moment < 70 * 86400


def test_polar_with_a_time_of_day() -> None:
    assert states("from 07:00 to sunset", "2026-12-21 00:00:00", 1, OSLO, IN_TROMSO)[0] == "off"
    assert states("from sunset to 23:00", "2026-06-21 00:00:00", 1, OSLO, IN_TROMSO)[0] == "off"
    # Noon of the sun, and midnight of the sun.
    assert states("from sunset to 23:00", "2026-12-21 00:00:00", 2, OSLO, IN_TROMSO)[1:] == [
        "21 11:42:00 +0100",
        "21 23:00:00 +0100",
    ]
    assert states("from 07:00 to sunset", "2026-06-21 03:00:00", 2, OSLO, IN_TROMSO)[1:] == [
        "21 07:00:00 +0200",
        "22 00:45:59 +0200",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "from 07:00",
        "from 07:00 to",
        "07:00 to 19:00",
        "from 7 to 19",
        "from 07:00 to 25:00",
        "from 24:00 to 07:00",
        "from 07:00 to 07:00",
        "from sunset to sunset",
        "from sunset+1h to sunset-1h",
        "from sunset+13h to sunrise",
        "from sunset+5 to sunrise",
        "from sunset+1d to sunrise",
        "from noon to sunset",
        "on",
        "on weekend",
        "on mon-",
        "on mon,,tue",
        "on mon on tue",
        "from 01:00 to 02:00 from 03:00 to 04:00",
        "every 10 minutes",
        "every 10 minutes from 07:00 to 19:00",
        "x" * 5000,
    ],
)
def test_invalid_period_is_refused_with_the_grammar(text: str) -> None:
    with pytest.raises(BadSchedule) as error:
        parse_period(text)
    assert len(str(error.value)) < 200
    assert error.value.allowed == PERIOD_GRAMMAR


_BOUNDARIES = st.sampled_from(
    ["sunrise", "sunset", "sunrise-12h", "sunset+12h", "00:30", "02:30", "12:00", "23:59:59"]
)


@given(
    _BOUNDARIES,
    _BOUNDARIES,
    st.sampled_from(["", "on mon", "on sat-mon,wed"]),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(1.5e9, 4e9),
)
@settings(max_examples=100, deadline=None)
def test_changes_are_in_order_and_alternate(
    begin: str, end: str, days: str, latitude: float, longitude: float, start: float
) -> None:
    try:
        period = parse_period(f"{days} from {begin} to {end}", Place(latitude, longitude), BERLIN)
    except BadSchedule:
        return
    moment = start
    active, _ = period.state(moment)
    for _ in range(4):
        now, until = period.state(moment)
        assert now is active
        assert until > moment
        if until == math.inf:
            return
        assert period.state((moment + until) / 2) == (active, until)
        moment, active = until, not active
