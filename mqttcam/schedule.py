"""Schedules: when a picture is due, at intervals or at times of day.

The grammar is that of NII's reference sender, with a few additions. Times of day are local time. They are computed by
cronsim, which follows the rules of Debian's cron when daylight saving time begins or ends.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Protocol

from mqttcam.text import shorten

GRAMMAR = (
    "a number of seconds (60, 1.5), a number with a unit (30s, 5m, 2h, 1d), "
    "`every [N] second|minute|hour|day|week|monday…sunday [at TIME]` with TIME as :SS of a minute, "
    ":MM or MM:SS of an hour, HH:MM or HH:MM:SS of a day "
    "(every 10 seconds, every minute at :23, every day at 10:30), or cron's five fields (*/10 6-20 * * *)"
)
MIN_SECONDS, MAX_SECONDS = 0.01, 366 * 86400.0
_CLOCK_JUMP = 1.0
"""Seconds by which the wall clock must deviate from the monotonic one to count as set."""

_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 7 * 86400.0}
_SHORT = {
    "s": "second",
    "sec": "second",
    "m": "minute",
    "min": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
}
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_NUMBER = re.compile(r"(\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})\s*([a-z]*)")
_EVERY = re.compile(r"every\s*(\d{1,9}(?:\.\d{1,9})?)?\s*([a-z]+?)(?:\s*at\s*([\d:]+))?")
_CRON_FIELDS = 5


class BadSchedule(ValueError):
    """The text is not a schedule.

    Attributes:
        reason: what is wrong with it; may be empty.
        allowed: the grammar, in words.
    """

    allowed = GRAMMAR

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason


class Times(Protocol):
    """The times of a schedule, on the wall clock or the monotonic clock."""

    @property
    def steady(self) -> bool:
        """Whether times are on the monotonic clock (`time.monotonic`), so that setting the wall clock has no effect."""

    def after(self, moment: float, start: float) -> float:
        """Return the first time after `moment`, in seconds on the clock; `start` is the time of the first picture."""


@dataclass(frozen=True)
class Interval:
    """Every `seconds` seconds from the start, without drift."""

    seconds: float
    steady = True

    def after(self, moment: float, start: float) -> float:
        count = math.floor((moment - start) / self.seconds) + 1
        due = start + count * self.seconds
        return due if due > moment else due + self.seconds


@dataclass(frozen=True)
class Minutes:
    """A second of every N-th minute. If N is above 1, the first is N minutes after the minute of the start."""

    every: int
    second: int
    steady = False

    def after(self, moment: float, start: float) -> float:
        first = start // 60 * 60 + self.second
        return Interval(self.every * 60.0).after(moment if self.every == 1 else max(moment, first), first)


@dataclass(frozen=True)
class CronTimes:
    """Local times given by a cron expression, in every N-th unit of time (hour, day or week) only.

    Attributes:
        expression: cron's five fields; `{minute}`, `{hour}` and `{weekday}` are replaced by those of the start.
        second: seconds after the minute; `None` for those of the start.
        every: N. As in the reference sender, units are counted from that of the start: `every 2 days at 10:30` is
            first due the day after tomorrow.
        unit: length of the unit in seconds.
    """

    expression: str
    second: int | None = 0
    every: int = 1
    unit: float = _UNITS["day"]
    steady = False

    def after(self, moment: float, start: float) -> float:
        from cronsim import CronSim

        zone = local_zone()
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
        if self.unit < _UNITS["day"]:
            first = begin.replace(minute=0, second=0, microsecond=0).timestamp()
            passed = int((due.timestamp() - first) // self.unit)
        else:
            passed = (due.date() - begin.date()) // timedelta(seconds=self.unit)
        return passed > 0 and passed % self.every == 0


@dataclass(frozen=True)
class Schedule:
    """A schedule: its text in lower case, and its times."""

    text: str
    times: Times

    def __str__(self) -> str:
        return self.text


def parse(text: str) -> Schedule:
    """Return the schedule that a text describes, in any case and with any spaces.

    Raises:
        BadSchedule: the text is not a schedule.
    """
    plain = " ".join(text.lower().split())
    try:
        if match := _NUMBER.fullmatch(plain):
            return Schedule(plain, _interval(match[1], _unit(match[2] or "s")))
        if match := _EVERY.fullmatch(plain):
            return Schedule(plain, _every(match[1] or "1", _unit(match[2]), match[3]))
        if len(plain.split()) == _CRON_FIELDS:
            return Schedule(plain, _cron(plain))
    except BadSchedule as error:
        raise BadSchedule(f"{_shown(text)}: {error}", str(error)) from None
    raise BadSchedule(f"{_shown(text)} is not a schedule")


def local_zone() -> tzinfo:
    """Return the time zone of this machine, from `TZ` or `/etc/localtime`."""
    from tzlocal import get_localzone

    return get_localzone()


def _shown(text: str) -> str:
    return f"'{shorten(text)}'"


def _unit(word: str) -> str:
    unit = _SHORT.get(word) or _SHORT.get(word.removesuffix("s")) or word.removesuffix("s")
    if unit not in _UNITS and unit not in _WEEKDAYS:
        raise BadSchedule(f"{_shown(word)} is not a unit of time")
    return unit


def _interval(number: str, unit: str) -> Times:
    """Return the times of an interval; whole days and weeks keep the time of day when the clocks change."""
    if unit in _WEEKDAYS:
        raise BadSchedule("a weekday is not an interval")
    seconds = float(number) * _UNITS[unit]
    if not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise BadSchedule(f"not within {MIN_SECONDS:g} seconds and 366 days")
    if unit in ("day", "week") and float(number).is_integer():
        weekday = "{weekday}" if unit == "week" else "*"
        return CronTimes("{minute} {hour} * * " + weekday, None, int(float(number)), _UNITS[unit])
    return Interval(seconds)


def _every(number: str, unit: str, at: str | None) -> Times:
    if at is None and unit not in _WEEKDAYS:
        return _interval(number, unit)
    every = float(number)
    if not every.is_integer() or not 1 <= every * _UNITS.get(unit, _UNITS["week"]) <= MAX_SECONDS:
        raise BadSchedule(f"{number} is not a whole number of at most 366 days")
    count = int(every)
    if unit == "second":
        raise BadSchedule("a second cannot be divided any further")
    if unit == "minute":
        return Minutes(count, _second_of(at or ""))
    if unit == "hour":
        minute, second = _minute_of(at or "")
        return CronTimes(f"{minute} * * * *", second, count, _UNITS["hour"])
    return _days(count, unit, at)


def _days(count: int, unit: str, at: str | None) -> Times:
    if unit == "day":
        weekday, group = "*", _UNITS["day"]
    else:
        weekday, group = str(_WEEKDAYS.index(unit)) if unit in _WEEKDAYS else "{weekday}", _UNITS["week"]
    if at is None:
        return CronTimes("{minute} {hour} * * " + weekday, None, count, group)
    hour, minute, second = _time_of(at)
    return CronTimes(f"{minute} {hour} * * {weekday}", second, count, group)


def _second_of(at: str) -> int:
    if not at.startswith(":"):
        raise BadSchedule(f"{_shown(at)} is not a second of a minute (:SS)")
    return _part(at[1:], 60)


def _minute_of(at: str) -> tuple[int, int]:
    if at.startswith(":"):
        return _part(at[1:], 60), 0
    minute, _, second = at.partition(":")
    return _part(minute, 60), _part(second, 60)


def _time_of(at: str) -> tuple[int, int, int]:
    hour, _, rest = at.partition(":")
    minute, _, second = rest.partition(":")
    return _part(hour, 24), _part(minute, 60), _part(second or "0", 60)


def _part(field: str, below: int) -> int:
    if not field.isdecimal() or len(field) > 2 or int(field) >= below:
        raise BadSchedule(f"{_shown(field)} is not a number from 0 to {below - 1}")
    return int(field)


def _cron(plain: str) -> Times:
    from cronsim import CronSim, CronSimError

    try:
        next(CronSim(plain, datetime.now(UTC)))
    except CronSimError as error:
        raise BadSchedule(str(error).lower()) from None
    except StopIteration:
        raise BadSchedule("this date never occurs") from None
    return CronTimes(plain)


class Ticker:
    """Decides for each frame whether a schedule is due.

    The first frame is due at once. Times that pass without a frame are not made up for: the next frame counts for all
    of them. If the wall clock is set, times of day are computed again; intervals continue unchanged.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._times = schedule.times
        self._start: float | None = None
        self._due = -math.inf
        self._ahead = 0.0

    def due(self, wall: float | None = None, steady: float | None = None) -> bool:
        """Return whether a frame captured now is due; it then counts as taken.

        Args:
            wall, steady: the current `time.time` and `time.monotonic`, in seconds; read here by default.
        """
        wall = time.time() if wall is None else wall
        steady = time.monotonic() if steady is None else steady
        now = steady if self._times.steady else wall
        if self._start is None:
            self._start, self._ahead = now, wall - steady
            self._due = self._times.after(now, now)
            return True
        jump = wall - steady - self._ahead
        if abs(jump) > _CLOCK_JUMP and not self._times.steady:
            self._ahead += jump
            self._start += jump
            self._due = self._times.after(wall, self._start)
        if now < self._due:
            return False
        self._due = self._times.after(now, self._start)
        return True
