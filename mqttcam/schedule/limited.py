"""Times of the sun, and times within periods."""

from __future__ import annotations

import math
from datetime import UTC, datetime, tzinfo

from msgspec import Struct

from mqttcam.schedule.clock import DAY, local_zone
from mqttcam.schedule.grammar import EVERY_DAY
from mqttcam.schedule.period import SEARCHED_DAYS, Period, SunTime
from mqttcam.schedule.sun import Location, sun_day
from mqttcam.schedule.times import Interval, Times

_SEARCHED = 2.0 * SEARCHED_DAYS * DAY
"""Seconds to look ahead for a time within a period."""
_TICK = 0.001
"""Seconds. Times are whole seconds."""


class SunTimes(Struct, frozen=True):
    """A time of the sun on some weekdays, left out on days when the sun does not rise or set.

    Attributes:
        days: weekdays of the sunrise or sunset, without the offset, by the day of solar noon; 0 is Monday.
        zone: that of this machine by default.
    """

    at: SunTime
    days: frozenset[int] = EVERY_DAY
    location: Location | None = None
    zone: tzinfo | None = None
    steady = False

    def after(self, moment: float, start: float) -> float:
        """Return the first time after `moment`, in Unix seconds.

        Raises:
            ValueError: there is no location.
        """
        if self.location is None:
            raise ValueError("no location for the sun")
        zone = self.zone or local_zone()
        today = datetime.fromtimestamp(moment, UTC).toordinal()
        for ordinal in range(today - 2, today + SEARCHED_DAYS):
            day = sun_day(self.location, ordinal)
            if not day.occurs(self.at.event) or (due := self.at.on(day)) <= moment:
                continue
            if datetime.fromtimestamp(day.noon, zone).weekday() in self.days:
                return due
        return math.inf


class PeriodInterval(Struct, frozen=True):
    """Every `seconds` seconds, counted from the beginning of each period."""

    seconds: float
    period: Period
    steady = False

    def after(self, moment: float, start: float) -> float:
        for begin, end in self.period.spans(moment):
            due = begin if begin > moment else Interval(self.seconds).after(moment, begin)
            if due < end:
                return due
        return math.inf


class PeriodTimes(Struct, frozen=True):
    """Those of other times that lie within a period."""

    times: Times
    period: Period
    steady = False

    def after(self, moment: float, start: float) -> float:
        last = moment + _SEARCHED
        while moment < last:
            due = self.times.after(moment, start)
            if due == math.inf or (span := next(self.period.spans(due), None)) is None:
                break
            begin, _ = span
            if begin <= due:
                return due
            # The next candidate is the first at or after the beginning of the period.
            moment = max(due, begin - _TICK)
        return math.inf
