"""Periods: from when to when, on which days."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo

from msgspec import Struct

from mqttcam.schedule.clock import DAY, local_zone, unix_time
from mqttcam.schedule.grammar import EVERY_DAY, BadSchedule
from mqttcam.schedule.sun import Event, Location, SunDay, sun_day

SEARCHED_DAYS = 400
"""Days to look ahead; what depends on the sun and on weekdays comes again within a year, or never."""
_DAYS_BACK = 3
"""A period that began this many days ago may still last: it may cross midnight, with offsets of up to 12 hours."""
_NOON = DAY // 2


class SunTime(Struct, frozen=True):
    """Sunrise or sunset, with an offset in seconds."""

    event: Event
    offset: int = 0

    def on(self, day: SunDay) -> float:
        """Return the Unix time on a day; the offset does not apply on a day without the event."""
        return day.time_of(self.event) + (self.offset if day.occurs(self.event) else 0)


Boundary = int | SunTime
"""Seconds on the clock after midnight, or a time of the sun."""


class Period(Struct, frozen=True):
    """A part of each day, or of some weekdays.

    Attributes:
        begin, end: the end is not part of it. Sunrise counts as morning and sunset as evening: a period from sunset
            to a time before noon, or from a time after noon to sunrise, ends on the next day. A day on
            which its end would come before its beginning has no period.
        days: the weekdays on which it begins; 0 is Monday. With the sun, the day is the one of solar noon.
        location: of the sun; needed if `begin` or `end` is a time of the sun.
        zone: of the times of day; that of this machine by default.
    """

    begin: Boundary = 0
    end: Boundary = DAY
    days: frozenset[int] = EVERY_DAY
    location: Location | None = None
    zone: tzinfo | None = None

    def __post_init__(self) -> None:
        if isinstance(self.begin, SunTime) and isinstance(self.end, SunTime):
            begin, end = self.begin, self.end
            if begin.event == end.event and begin.offset >= end.offset:
                raise BadSchedule("it ends before it begins")
        elif self.begin == self.end:
            raise BadSchedule("it begins and ends at the same time; from 00:00 to 24:00 is the whole day")

    @property
    def uses_sun(self) -> bool:
        return isinstance(self.begin, SunTime) or isinstance(self.end, SunTime)

    def spans(self, moment: float) -> Iterator[tuple[float, float]]:
        """Yield begin and end, in Unix seconds, of each time that ends after `moment`, in their order.

        Raises:
            ValueError: a time of the sun has no location.
        """
        zone = self.zone or local_zone()
        location = self.location
        if not self.uses_sun:
            today = datetime.fromtimestamp(moment, zone).toordinal()
        elif location is None:
            raise ValueError("no location for the sun")
        else:
            today = datetime.fromtimestamp(moment, UTC).toordinal()
        for ordinal in range(today - _DAYS_BACK, today + SEARCHED_DAYS):
            day = date.fromordinal(ordinal)
            sun = tomorrow = None
            if self.uses_sun and location is not None:
                sun, tomorrow = sun_day(location, ordinal), sun_day(location, ordinal + 1)
                day = datetime.fromtimestamp(sun.noon, zone).date()
            if day.weekday() not in self.days:
                continue
            begin = _time(self.begin, day, sun, zone)
            end = _time(self.end, day, tomorrow if self._over_midnight else sun, zone)
            if not isinstance(self.end, SunTime) and self._over_midnight:
                end = unix_time(day, self.end + DAY, zone)
            if end > max(begin, moment):
                yield begin, end

    def state(self, moment: float) -> tuple[bool, float]:
        """Return whether the period lasts at a moment, and when that changes next (Unix seconds; infinity: never).

        Raises:
            ValueError: a time of the sun has no location.
        """
        until: float | None = None
        for begin, end in self.spans(moment):
            if until is None:
                if begin > moment:
                    return False, begin
                until = end
            elif begin > until:
                return True, until
            else:
                until = max(until, end)
        return until is not None, math.inf

    @property
    def _over_midnight(self) -> bool:
        begin, end = self.begin, self.end
        if isinstance(begin, SunTime):
            if isinstance(end, SunTime):
                return (begin.event, end.event) == ("sunset", "sunrise")
            return begin.event == "sunset" and end <= _NOON
        if isinstance(end, SunTime):
            return end.event == "sunrise" and begin >= _NOON
        return end < begin


def _time(boundary: Boundary, day: date, sun: SunDay | None, zone: tzinfo) -> float:
    if not isinstance(boundary, SunTime):
        return unix_time(day, boundary, zone)
    assert sun is not None, "computed if a boundary is a time of the sun"
    return boundary.on(sun)
