"""From text to schedules and periods."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import TypeVar

from msgspec import Struct

from mqttcam.schedule.clock import DAY
from mqttcam.schedule.grammar import (
    EVERY_DAY,
    GRAMMAR,
    MAX_SECONDS,
    MIN_SECONDS,
    PERIOD_GRAMMAR,
    UNITS,
    WEEKDAYS,
    BadSchedule,
    days_of,
    number_below,
    offset_of,
    seconds_of,
    shown,
    time_of,
    unit_of,
)
from mqttcam.schedule.limited import PeriodInterval, PeriodTimes, SunTimes
from mqttcam.schedule.period import Boundary, Period, SunTime
from mqttcam.schedule.sun import Location
from mqttcam.schedule.times import CronTimes, Interval, Minutes, Times

_NUMBER = re.compile(r"(\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})\s*([a-z]*)")
_EVERY = re.compile(r"every\s*(\d{1,9}(?:\.\d{1,9})?)?\s*([a-z]+?)(?:\s*at\s*([\d:]+))?")
_AT = re.compile(r"(?:every ([a-z]+) )?at\s*(\S+)")
_SUN = re.compile(r"(sunrise|sunset)(\S*)")
_PERIOD = re.compile(r"(.*?) ?\b(?:on (\S+)|from (\S+) to (\S+))")
_CRON_FIELDS = 5
_Found = TypeVar("_Found")


class Schedule(Struct, frozen=True):
    """A schedule.

    Attributes:
        text: the schedule in lower case.
        times: when it is due.
        period: the period to which it is limited, if any.
    """

    text: str
    times: Times
    period: Period | None = None

    def __str__(self) -> str:
        return self.text


def parse(text: str, location: Location | None = None, zone: tzinfo | None = None) -> Schedule:
    """Return the schedule that a text describes, in any case and with any spaces.

    Args:
        location: of the sun. A schedule with sunrise or sunset has no times without it: see `needs_location`.
        zone: of the times of day; that of this machine by default.

    Raises:
        BadSchedule: the text is not a schedule.
    """
    plain = _plain(text)
    return _explained(text, "schedule", GRAMMAR, lambda: _Parser(location, zone).schedule(plain))


def parse_period(text: str, location: Location | None = None, zone: tzinfo | None = None) -> Period:
    """Return the period that a text such as `on mon-fri from 07:00 to 19:00` describes; arguments as for `parse`.

    Raises:
        BadSchedule: the text is not a period.
    """
    plain = _plain(text)
    return _explained(text, "period", PERIOD_GRAMMAR, lambda: _Parser(location, zone).only_period(plain))


def needs_location(text: str) -> bool:
    """Return whether a valid schedule or period depends on the sun."""
    return _SUN.search(text.lower()) is not None


def _plain(text: str) -> str:
    return re.sub(r" ?([+,-]) ?", r"\1", " ".join(text.lower().split()))


def _explained(text: str, kind: str, grammar: str, parsed: Callable[[], _Found]) -> _Found:
    """Return what is parsed; add the text and the grammar to the error.

    Raises:
        BadSchedule: as `parsed` does.
    """
    try:
        return parsed()
    except BadSchedule as error:
        reason = str(error)
        message = f"{shown(text)}: {reason}" if reason else f"{shown(text)} is not a {kind}"
        raise BadSchedule(message, reason, grammar) from None


class _Parser:
    """Parses texts in lower case with single spaces."""

    def __init__(self, location: Location | None, zone: tzinfo | None) -> None:
        self._location = location
        self._zone = zone

    def schedule(self, plain: str) -> Schedule:
        head, days, hours = _split(plain)
        if not head and (days or hours):
            raise BadSchedule("an interval or a time is missing (every 10 minutes …)")
        if not hours and (match := _AT.fullmatch(head)) and (sun := _sun_time(match[2])):
            on = days_of(days) if days else EVERY_DAY
            return Schedule(plain, SunTimes(sun, on & _days_before_at(match[1]), self._location, self._zone))
        times = self._times(head)
        if not days and not hours:
            return Schedule(plain, times)
        period = self._period(days, hours)
        schedule = Schedule(plain, _within(times, period), period)
        now = datetime.now(UTC).timestamp()
        if not needs_location(plain) and schedule.times.after(now, now) == math.inf:
            raise BadSchedule("it is not due within the next two years")
        return schedule

    def only_period(self, plain: str) -> Period:
        head, days, hours = _split(plain)
        if head or not (days or hours):
            raise BadSchedule(f"{shown(head)} is not part of a period" if days or hours else "")
        return self._period(days, hours)

    def _period(self, days: str | None, hours: tuple[str, str] | None) -> Period:
        on = days_of(days) if days else EVERY_DAY
        begin, end = (_boundary(hours[0]), _boundary(hours[1]) or DAY) if hours else (0, DAY)
        if begin == DAY:
            raise BadSchedule("it begins at 24:00; 00:00 is the beginning of the day")
        return Period(begin, end, on, self._location, self._zone)

    def _times(self, head: str) -> Times:
        if match := _NUMBER.fullmatch(head):
            return self._interval(match[1], unit_of(match[2] or "s"))
        if match := _EVERY.fullmatch(head):
            return self._every(match[1] or "1", unit_of(match[2]), match[3])
        if match := _AT.fullmatch(head):
            days = _days_before_at(match[1])
            if sun := _sun_time(match[2]):
                return SunTimes(sun, days, self._location, self._zone)
            return self._days(1, "day", match[2])
        if len(head.split()) == _CRON_FIELDS:
            return self._cron(head)
        raise BadSchedule("")

    def _interval(self, number: str, unit: str) -> Times:
        """Return the times of an interval; whole days and weeks keep the time of day when the clocks change."""
        if unit in WEEKDAYS:
            raise BadSchedule("a weekday is not an interval")
        seconds = float(number) * UNITS[unit]
        if not MIN_SECONDS <= seconds <= MAX_SECONDS:
            raise BadSchedule(f"not within {MIN_SECONDS:g} seconds and 366 days")
        if unit in ("day", "week") and float(number).is_integer():
            weekday = "{weekday}" if unit == "week" else "*"
            count = int(float(number))
            return CronTimes("{minute} {hour} * * " + weekday, None, count, UNITS[unit], self._zone)
        return Interval(seconds)

    def _every(self, number: str, unit: str, at: str | None) -> Times:
        if at is None and unit not in WEEKDAYS:
            return self._interval(number, unit)
        every = float(number)
        if not every.is_integer() or not 1 <= every * UNITS.get(unit, UNITS["week"]) <= MAX_SECONDS:
            raise BadSchedule(f"{number} is not a whole number of at most 366 days")
        count = int(every)
        if unit == "second":
            raise BadSchedule("a second cannot be divided any further")
        if unit == "minute":
            return Minutes(count, _second_of(at or ""))
        if unit == "hour":
            minute, second = _minute_of(at or "")
            return CronTimes(f"{minute} * * * *", second, count, UNITS["hour"], self._zone)
        return self._days(count, unit, at)

    def _days(self, count: int, unit: str, at: str | None) -> Times:
        if unit == "day":
            weekday, group = "*", UNITS["day"]
        else:
            weekday = str((WEEKDAYS.index(unit) + 1) % 7) if unit in WEEKDAYS else "{weekday}"
            group = UNITS["week"]
        if at is None:
            return CronTimes("{minute} {hour} * * " + weekday, None, count, group, self._zone)
        hour, minute, second = time_of(at)
        return CronTimes(f"{minute} {hour} * * {weekday}", second, count, group, self._zone)

    def _cron(self, plain: str) -> Times:
        from cronsim import CronSim, CronSimError

        try:
            next(CronSim(plain, datetime.now(UTC)))
        except CronSimError as error:
            raise BadSchedule(str(error).lower()) from None
        except StopIteration:
            raise BadSchedule("this date never occurs") from None
        return CronTimes(plain, zone=self._zone)


def _split(plain: str) -> tuple[str, str | None, tuple[str, str] | None]:
    """Return a text without its period, the weekdays, and the hours; both may come in any order, each once.

    Raises:
        BadSchedule: one of them comes twice.
    """
    head, days, hours = plain, None, None
    while match := _PERIOD.fullmatch(head):
        if (days if match[2] else hours) is not None:
            raise BadSchedule(f"it has `{'on' if match[2] else 'from'}` twice")
        if match[2]:
            days = match[2]
        else:
            hours = match[3], match[4]
        head = match[1]
    return head, days, hours


def _within(times: Times, period: Period) -> Times:
    if isinstance(times, Interval):
        seconds = times.seconds
    elif isinstance(times, CronTimes) and times.follows_start:
        if times.unit != UNITS["day"] or times.every != 1:
            raise BadSchedule("with a period, the longest interval is a day; a longer one needs `at TIME`")
        seconds = UNITS["day"]
    else:
        return PeriodTimes(times, period)
    if seconds > UNITS["day"]:
        raise BadSchedule("with a period, the longest interval is a day")
    return PeriodInterval(seconds, period)


def _boundary(text: str) -> Boundary:
    return _sun_time(text) or seconds_of(text)


def _sun_time(text: str) -> SunTime | None:
    match = _SUN.fullmatch(text)
    if match is None:
        return None
    return SunTime("sunrise" if match[1] == "sunrise" else "sunset", offset_of(match[2]))


def _days_before_at(word: str | None) -> frozenset[int]:
    """Return the weekdays of `every WORD at …`."""
    unit = unit_of(word) if word else "day"
    if unit == "day":
        return EVERY_DAY
    if unit not in WEEKDAYS:
        raise BadSchedule("sunrise and sunset are times of a day or a weekday (every day at sunrise)")
    return frozenset([WEEKDAYS.index(unit)])


def _second_of(at: str) -> int:
    if not at.startswith(":"):
        raise BadSchedule(f"{shown(at)} is not a second of a minute (:SS)")
    return number_below(at[1:], 60)


def _minute_of(at: str) -> tuple[int, int]:
    if at.startswith(":"):
        return number_below(at[1:], 60), 0
    minute, _, second = at.partition(":")
    return number_below(minute, 60), number_below(second, 60)
