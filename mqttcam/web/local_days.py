"""The days of a time zone, as a calendar shows them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp import web

from mqttcam.web.errors import ApiError

MAX_DAYS = 366
DEFAULT_DAYS = 31
_DATE = "a date such as 2026-11-29"
_FIRST, _LAST = date(1970, 1, 2), date(2200, 1, 1)
"""Between these, every time zone has times that can be counted in nanoseconds."""


def time_zone(request: web.Request) -> ZoneInfo:
    """Return the time zone `?tz=` of a request, by default UTC.

    Raises:
        ApiError: it is unknown.
    """
    name = request.query.get("tz") or "UTC"
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        allowed = "the name of an IANA time zone, such as Europe/Berlin"
        raise ApiError(404, "not_found", "no such time zone", "tz", allowed) from None


def local_days(request: web.Request, zone: ZoneInfo) -> list[date]:
    """Return the days from `?from=` up to, but not including, `?to=`; by default the last 31, and at most the last 366.

    Raises:
        ApiError: one of them is not a date.
    """
    tomorrow = datetime.now(UTC).astimezone(zone).date() + timedelta(days=1)
    end = _date(request, "to", tomorrow)
    begin = max(_date(request, "from", end - timedelta(days=DEFAULT_DAYS)), end - timedelta(days=MAX_DAYS))
    return [begin + timedelta(days=number) for number in range((end - begin).days)]


def begin_ns(day: date, zone: ZoneInfo) -> int:
    """Return when a day begins, Unix nanoseconds. A day is 23 or 25 hours long when the clocks are changed."""
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) * 10**9


def _date(request: web.Request, name: str, default: date) -> date:
    text = request.query.get(name)
    try:
        day = date.fromisoformat(text) if text else default
    except ValueError:
        raise ApiError(400, "invalid_value", "is not a date", name, _DATE) from None
    return min(max(day, _FIRST), _LAST)
