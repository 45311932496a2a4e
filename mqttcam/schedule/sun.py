"""Sunrise and sunset, also where the sun does not rise or set for months.

astral computes the height of the sun; this module finds the second at which it passes the horizon. astral's own
`sunrise` raises an error at the beginning and end of the polar day, and where the days of the time zone are not those
of the sun.
"""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from astral import Observer

Event = Literal["sunrise", "sunset"]
_HORIZON = -0.833
"""Degrees of the sun's centre at sunrise and sunset: half its diameter and the refraction of the air (NOAA, USNO)."""


class Location(Protocol):
    """A place on the earth, in degrees: north and east are positive."""

    @property
    def latitude(self) -> float: ...

    @property
    def longitude(self) -> float: ...


class SunDay(Struct, frozen=True):
    """A day of the sun, from its lowest to its lowest position; Unix times in whole seconds.

    Attributes:
        noon: when the sun is highest.
        sunrise: the sunrise. On days without one, the beginning of the day if the sun does not set (polar day), or
            `noon` if it does not rise (polar night), so that the sun is up from `sunrise` to `sunset`.
        sunset: the sunset; likewise, the end of the day, or `noon`.
        rises: whether the sun rises at `sunrise`.
        sets: whether the sun sets at `sunset`.
    """

    noon: float
    sunrise: float
    sunset: float
    rises: bool
    sets: bool

    def occurs(self, event: Event) -> bool:
        """Return whether there is such an event on this day."""
        return self.rises if event == "sunrise" else self.sets

    def time_of(self, event: Event) -> float:
        return self.sunrise if event == "sunrise" else self.sunset


def sun_day(location: Location, ordinal: int) -> SunDay:
    """Return the day of the sun whose noon belongs to a date in UTC, given as its ordinal (`date.toordinal`)."""
    return _sun_day(location.latitude, location.longitude, ordinal)


def polar_state(location: Location, moment: float) -> str | None:
    """Return a text if the sun does not rise or set on the day around a moment (Unix seconds), otherwise None."""
    today = datetime.fromtimestamp(moment, UTC).toordinal()
    day = min(
        (sun_day(location, today + days) for days in (-1, 0, 1)), key=lambda day: abs(day.noon - moment)
    )
    if day.sunrise == day.sunset:
        return "the sun does not rise today"
    missing = [word for word, there in (("rise", day.rises), ("set", day.sets)) if not there]
    return f"the sun does not {' or '.join(missing)} today, it is up" if missing else None


@functools.lru_cache(maxsize=1024)
def _sun_day(latitude: float, longitude: float, ordinal: int) -> SunDay:
    from astral import Observer

    observer = Observer(latitude, longitude)
    before, noon, after = (_noon(observer, ordinal + days) for days in (-1, 0, 1))
    begin, end = (before + noon) // 2, (noon + after) // 2
    if not _is_up(observer, noon):
        return SunDay(noon, noon, noon, rises=False, sets=False)
    rises, sets = not _is_up(observer, begin), not _is_up(observer, end)
    return SunDay(
        noon,
        _crossing(observer, begin, noon) if rises else begin,
        _crossing(observer, end, noon) if sets else end,
        rises,
        sets,
    )


def _noon(observer: Observer, ordinal: int) -> float:
    from astral.sun import noon

    return noon(observer, date.fromordinal(ordinal)).timestamp()


def _is_up(observer: Observer, moment: float) -> bool:
    from astral.sun import elevation

    return elevation(observer, datetime.fromtimestamp(moment, UTC), with_refraction=False) >= _HORIZON


def _crossing(observer: Observer, down: float, up: float) -> float:
    """Return the second, between one at which the sun is down and one at which it is up, from which on it is up."""
    while abs(up - down) > 1:
        middle = (up + down) // 2
        if _is_up(observer, middle):
            up = middle
        else:
            down = middle
    return up
