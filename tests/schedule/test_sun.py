"""Sunrise and sunset: against another calculation, in polar days and nights, and near the poles."""

from __future__ import annotations

import itertools
import math
import time
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mqttcam.schedule import needs_location, parse, polar_state
from mqttcam.schedule.sun import sun_day
from tests.schedule.local import IN_BERLIN, IN_TROMSO, OSLO, Place, at, times

# By PyEphem 4.2.1 (XEphem's VSOP87) as the US Naval Observatory defines them: upper edge of the sun, refraction 34'.
_CALCULATED = [
    (52.52, 13.405, "2026-01-15", "2026-01-15T07:09:50", "2026-01-15T15:22:06"),  # Berlin
    (52.52, 13.405, "2026-06-21", "2026-06-21T02:43:08", "2026-06-21T19:33:14"),
    (40.7128, -74.006, "2026-06-21", "2026-06-21T09:25:03", "2026-06-22T00:30:42"),  # New York
    (40.7128, -74.006, "2026-12-21", "2026-12-21T12:16:33", "2026-12-21T21:31:49"),
    (-0.1807, -78.4678, "2026-03-20", "2026-03-20T11:17:59", "2026-03-20T23:24:29"),  # Quito
    (22.5726, 88.3639, "2026-09-22", "2026-09-21T23:55:12", "2026-09-22T12:03:11"),  # Kolkata
    (-33.8688, 151.2093, "2026-12-21", "2026-12-20T18:40:37", "2026-12-21T09:05:25"),  # Sydney
    (69.6492, 18.9553, "2026-01-15", "2026-01-15T10:29:05", "2026-01-15T11:18:45"),  # Tromsø
    (69.6492, 18.9553, "2035-05-05", "2035-05-05T00:58:55", "2035-05-05T20:27:47"),
    (64.1466, -21.9426, "2026-06-21", "2026-06-21T02:55:19", "2026-06-22T00:03:50"),  # Reykjavik
    (-18.1416, 178.4419, "2026-06-21", "2026-06-20T18:36:43", "2026-06-21T05:39:09"),  # Suva
    (21.3069, -157.8583, "2035-05-05", "2035-05-05T15:58:10", "2035-05-06T04:58:22"),  # Honolulu
    (-54.8019, -68.303, "2026-12-21", "2026-12-21T07:51:23", "2026-12-22T01:11:21"),  # Ushuaia
]


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(("latitude", "longitude", "day", "sunrise", "sunset"), _CALCULATED)
def test_the_same_as_another_calculation(
    latitude: float, longitude: float, day: str, sunrise: str, sunset: str
) -> None:
    found = sun_day(Place(latitude, longitude), date.fromisoformat(day).toordinal())
    assert found.rises
    assert found.sets
    assert found.sunrise == pytest.approx(utc(sunrise), abs=30)
    assert found.sunset == pytest.approx(utc(sunset), abs=30)


def test_with_offset() -> None:
    assert times("at sunrise", "2026-06-20 12:00:00", 2, location=IN_BERLIN) == [
        "21 04:43:06 +0200",
        "22 04:43:20 +0200",
    ]
    assert times("at sunrise+15m", "2026-06-20 12:00:00", 1, location=IN_BERLIN) == ["21 04:58:06 +0200"]
    assert times("At Sunset - 1h30m", "2026-06-20 12:00:00", 1, location=IN_BERLIN) == ["20 20:03:04 +0200"]
    assert times("every day at sunset", "2026-06-20 12:00:00", 1, location=IN_BERLIN) == ["20 21:33:04 +0200"]


def test_weekdays_are_those_of_the_event() -> None:
    """Two and a half hours after the sunset of Saturday it is Sunday."""
    expected = ["21 00:03:04 +0200", "22 00:03:18 +0200", "28 00:03:28 +0200"]
    assert times("at sunset+2h30m on sat,sun", "2026-06-19 12:00:00", 3, location=IN_BERLIN) == expected
    found = times("every saturday at sunset+2h30m", "2026-06-19 12:00:00", 2, location=IN_BERLIN)
    assert found == [expected[0], expected[2]]


def test_the_clocks_change_the_sun_does_not() -> None:
    assert times("at sunrise", "2026-03-28 12:00:00", 2, location=IN_BERLIN) == [
        "29 06:48:03 +0200",
        "30 06:45:42 +0200",
    ]


def test_no_sunrise_in_polar_night_and_polar_day() -> None:
    """In Tromsø the sun is down from the end of November, and up from the middle of May to late July."""
    assert times("at sunrise", "2026-11-26 12:00:00", 2, OSLO, IN_TROMSO) == [
        "27 11:20:48 +0100",
        "15 11:34:55 +0100",
    ]
    first, second = times("at sunset", "2026-05-17 12:00:00", 2, OSLO, IN_TROMSO)
    assert (first[:2], second[:2]) == ("18", "26")


def test_state_in_words() -> None:
    noon = [at(f"2026-{day} 12:00:00", OSLO) for day in ("03-20", "06-21", "12-21")]
    assert [polar_state(IN_TROMSO, moment) for moment in noon] == [
        None,
        "the sun does not rise or set today, it is up",
        "the sun does not rise today",
    ]


@pytest.mark.parametrize("latitude", [-90, -89.9, 89.9, 90])
def test_near_the_poles_the_search_ends_soon(latitude: float) -> None:
    """There the sun may rise once a year; the search takes some hundred days, not more."""
    found = parse("at sunrise from 03:00 to 03:01", Place(latitude, 100), OSLO).times
    start = at("2026-06-21 12:00:00", OSLO)
    began = time.thread_time()
    assert found.after(start, start) > start
    assert time.thread_time() - began < 2


@pytest.mark.parametrize("text", ["at sunrise", "every 10 minutes from sunrise to 12:00"])
def test_without_a_location(text: str) -> None:
    """The text is a schedule; the settings check that there is a location."""
    found = parse(text)
    assert needs_location(text)
    with pytest.raises(ValueError, match="location"):
        found.times.after(0, 0)
    assert not needs_location("every day at 10:30")


@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 40_000))
@settings(max_examples=100, deadline=None)
def test_days_follow_each_other(latitude: float, longitude: float, day: int) -> None:
    """Everywhere, on each day of a century: sunrise, noon and sunset in this order, and one day after the other."""
    first = date(1970, 1, 3).toordinal() + day
    today, tomorrow = (sun_day(Place(latitude, longitude), first + days) for days in (0, 1))
    assert today.sunrise <= today.noon <= today.sunset <= tomorrow.sunrise
    assert tomorrow.noon - today.noon == pytest.approx(86400, abs=60)
    assert abs(today.noon - (first - date(1970, 1, 1).toordinal() + 0.5) * 86400) < 13 * 3600


@given(
    st.sampled_from(
        ["at sunrise", "at sunset-12h", "at sunset+12h on mon", "every 7h from sunset to sunrise"]
    ),
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.floats(1.5e9, 4e9),
)
@settings(max_examples=100, deadline=None)
def test_next_time_is_always_later(text: str, latitude: float, longitude: float, start: float) -> None:
    found = parse(text, Place(latitude, longitude), OSLO).times
    moments = [start]
    for _ in range(3):
        if moments[-1] < math.inf:
            moments.append(found.after(moments[-1], start))
    assert all(later > earlier for earlier, later in itertools.pairwise(moments))
    if latitude < 65 and latitude > -65:
        assert moments[-1] < math.inf
        # There is no other one in between.
        assert found.after((moments[1] + moments[2]) / 2, start) == moments[2]
