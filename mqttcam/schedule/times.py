"""Times at intervals and at times of day."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, tzinfo
from typing import Protocol

from msgspec import Struct

from mqttcam.schedule.clock import local_zone
from mqttcam.schedule.grammar import UNITS


class Times(Protocol):
    """The times of a schedule, on the wall clock or the monotonic clock."""

    @property
    def steady(self) -> bool:
        """Whether times are on the monotonic clock (`time.monotonic`), so that setting the wall clock has no effect."""

    def after(self, moment: float, start: float) -> float:
        """Return the first time after `moment`, in seconds on the clock; `start` is the time of the first picture.

        Infinity if no time comes within a year (times of the sun) or two years (times within a period).
        """


class Interval(Struct, frozen=True):
    """Every `seconds` seconds from the start, without drift."""

    seconds: float
    steady = True

    def after(self, moment: float, start: float) -> float:
        count = math.floor((moment - start) / self.seconds) + 1
        due = start + count * self.seconds
        return due if due > moment else due + self.seconds


class Minutes(Struct, frozen=True):
    """A second of every N-th minute. If N is above 1, the first is N minutes after the minute of the start."""

    every: int
    second: int
    steady = False

    def after(self, moment: float, start: float) -> float:
        first = start // 60 * 60 + self.second
        return Interval(self.every * 60.0).after(moment if self.every == 1 else max(moment, first), first)


class CronTimes(Struct, frozen=True):
    """Local times given by a cron expression, in every N-th unit of time (hour, day or week) only.

    Attributes:
        expression: cron's five fields; `{minute}`, `{hour}` and `{weekday}` are replaced by those of the start.
        second: seconds after the minute; `None` for those of the start.
        every: N. As in the reference sender, units are counted from that of the start: `every 2 days at 10:30` is
            first due the day after tomorrow.
        unit: length of the unit in seconds.
        zone: that of this machine by default.
    """

    expression: str
    second: int | None = 0
    every: int = 1
    unit: float = UNITS["day"]
    zone: tzinfo | None = None
    steady = False

    @property
    def follows_start(self) -> bool:
        """Whether the time of day is that of the start."""
        return self.second is None

    def after(self, moment: float, start: float) -> float:
        from cronsim import CronSim

        zone = self.zone or local_zone()
        begin = datetime.fromtimestamp(start, zone)
        second = begin.second if self.second is None else self.second
        expression = self.expression.format(
            minute=begin.minute, hour=begin.hour, weekday=begin.isoweekday() % 7
        )
        # cronsim only knows minutes, so the seconds are subtracted before and added after.
        cron = CronSim(expression, datetime.fromtimestamp(moment - second, zone))
        while True:
            due = next(cron)
            if self.every == 1 or self._is_last(begin, due):
                return due.timestamp() + second

    def _is_last(self, begin: datetime, due: datetime) -> bool:
        if self.unit < UNITS["day"]:
            first = begin.replace(minute=0, second=0, microsecond=0).timestamp()
            passed = int((due.timestamp() - first) // self.unit)
        else:
            passed = (due.date() - begin.date()) // timedelta(seconds=self.unit)
        return passed > 0 and passed % self.every == 0
