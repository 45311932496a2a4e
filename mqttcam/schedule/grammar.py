"""The words of schedules: units of time, times of day, weekdays."""

from __future__ import annotations

import re

from mqttcam.schedule.clock import DAY
from mqttcam.text import shorten

PERIOD_GRAMMAR = (
    "`on DAYS` (on mon-fri, on sat,sun), `from TIME to TIME` (from 22:00 to 06:00, from sunrise-30m to sunset+1h), "
    "or both (on mon-fri from 07:00 to 19:00)"
)
GRAMMAR = (
    "a number of seconds (60, 1.5), a number with a unit (30s, 5m, 2h, 1d), "
    "`every [N] second|minute|hour|day|week|monday…sunday [at TIME]` with TIME as :SS of a minute, "
    ":MM or MM:SS of an hour, HH:MM or HH:MM:SS of a day "
    "(every 10 seconds, every minute at :23, every day at 10:30), `at TIME` (at 10:30, at sunrise+15m, at sunset-1h), "
    f"or cron's five fields (*/10 6-20 * * *); each may be followed by {PERIOD_GRAMMAR}"
)
MIN_SECONDS, MAX_SECONDS = 0.01, 366 * 86400.0
MAX_OFFSET = 12 * 3600
"""The largest offset from sunrise or sunset, in seconds; up to it, the times of different days keep their order."""

UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0, "day": 86400.0, "week": 7 * 86400.0}
_SHORT = {
    "s": "second",
    "sec": "second",
    "m": "minute",
    "min": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""In the order of `datetime.date.weekday`."""
EVERY_DAY = frozenset(range(7))
_OFFSET_PART = re.compile(r"(\d{1,5}(?:\.\d{1,3})?)([a-z]+)")
_OFFSET = re.compile(rf"(?:{_OFFSET_PART.pattern})+")


class BadSchedule(ValueError):
    """The text is not a schedule, or not a period.

    Attributes:
        reason: what is wrong with it; may be empty.
        allowed: the grammar, in words.
    """

    def __init__(self, message: str, reason: str = "", allowed: str = GRAMMAR) -> None:
        super().__init__(message)
        self.reason = reason
        self.allowed = allowed


def shown(text: str) -> str:
    """Return a text in quotes, shortened."""
    return f"'{shorten(text)}'"


def unit_of(word: str) -> str:
    """Return the unit of time or the weekday that a word stands for, such as `minute` for `m`.

    Raises:
        BadSchedule: it is neither.
    """
    unit = _SHORT.get(word) or _SHORT.get(word.removesuffix("s")) or word.removesuffix("s")
    if unit not in UNITS and unit not in WEEKDAYS:
        raise BadSchedule(f"{shown(word)} is not a unit of time")
    return unit


def number_below(field: str, limit: int) -> int:
    """Return a number of one or two digits that is less than `limit`.

    Raises:
        BadSchedule: it is something else.
    """
    if not field.isdecimal() or len(field) > 2 or int(field) >= limit:
        raise BadSchedule(f"{shown(field)} is not a number from 0 to {limit - 1}")
    return int(field)


def time_of(text: str) -> tuple[int, int, int]:
    """Return hour, minute and second of HH:MM or HH:MM:SS.

    Raises:
        BadSchedule: it is something else.
    """
    hour, _, rest = text.partition(":")
    minute, _, second = rest.partition(":")
    return number_below(hour, 24), number_below(minute, 60), number_below(second or "0", 60)


def seconds_of(text: str) -> int:
    """Return the seconds from midnight to HH:MM, HH:MM:SS or 24:00.

    Raises:
        BadSchedule: it is something else.
    """
    if text in ("24:00", "24:00:00"):
        return DAY
    hour, minute, second = time_of(text)
    return hour * 3600 + minute * 60 + second


def offset_of(text: str) -> int:
    """Return the seconds of an offset such as `+15m`, `-1h30m` or the empty text.

    Raises:
        BadSchedule: it is something else, or longer than `MAX_OFFSET`.
    """
    if not text:
        return 0
    if text[0] not in "+-" or not _OFFSET.fullmatch(text[1:]):
        raise BadSchedule(f"{shown(text)} is not an offset, such as +15m or -1h30m")
    seconds = 0.0
    for number, word in _OFFSET_PART.findall(text):
        if (unit := unit_of(word)) not in ("second", "minute", "hour"):
            raise BadSchedule(f"{shown(word)} is not a unit of an offset (s, m or h)")
        seconds += float(number) * UNITS[unit]
    if seconds > MAX_OFFSET:
        raise BadSchedule(f"{shown(text)} is more than 12 hours")
    return round(seconds) * (-1 if text[0] == "-" else 1)


def days_of(text: str) -> frozenset[int]:
    """Return the weekdays of a list such as `mon-fri,sunday`, numbered from 0 for Monday.

    Raises:
        BadSchedule: it is something else.
    """
    days: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        begin = _day_of(first)
        end = _day_of(last) if dash else begin
        days.update((begin + count) % 7 for count in range((end - begin) % 7 + 1))
    return frozenset(days)


def _day_of(word: str) -> int:
    for number, name in enumerate(WEEKDAYS):
        if word in (name, name[:3]):
            return number
    raise BadSchedule(f"{shown(word)} is not a weekday (mon, tue, wed, thu, fri, sat, sun)")
