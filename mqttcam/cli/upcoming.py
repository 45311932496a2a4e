"""The next times of every schedule, and the next change of every period."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, tzinfo

from mqttcam.schedule import (
    Location,
    Period,
    Schedule,
    local_zone,
    needs_location,
    parse,
    parse_period,
    polar_state,
)
from mqttcam.settings import Settings

COUNT = 5


def upcoming(settings: Settings, now: float, zone: tzinfo | None = None) -> Iterator[str]:
    """Yield a line for each schedule and period: its next times from `now` (Unix seconds) on.

    Args:
        zone: of the times; that of this machine by default.
    """
    zone = zone or local_zone()
    location = settings.location
    for path, text in settings.schedules.items():
        times = _times(parse(text, location, zone), now, zone)
        yield f"{'.'.join(path)}: {text}: {times}{_sun(text, location, now)}"

    for path, text in settings.periods.items():
        state = _state(parse_period(text, location, zone), now, zone)
        yield f"{'.'.join(path)}: {text}: {state}{_sun(text, location, now)}"


def _times(schedule: Schedule, now: float, zone: tzinfo) -> str:
    found: list[str] = []
    moment = now
    while len(found) < COUNT and (moment := schedule.times.after(moment, now)) < math.inf:
        found.append(local_time(moment, zone))
    if not found:
        return "not within the next year"
    return ", ".join(found) + (" (from the first picture, if it is now)" if schedule.times.steady else "")


def _state(period: Period, now: float, zone: tzinfo) -> str:
    active, until = period.state(now)
    if until == math.inf:
        return "active, always" if active else "not active within the next year"
    change = local_time(until, zone)
    return f"active now, until {change}" if active else f"not active now, next at {change}"


def local_time(moment: float, zone: tzinfo) -> str:
    """Return a Unix time as local time with its offset from UTC: `2026-03-29 03:00:00+02:00`."""
    precision = "seconds" if moment == int(moment) else "milliseconds"
    return datetime.fromtimestamp(moment, zone).isoformat(" ", precision)


def _sun(text: str, location: Location | None, now: float) -> str:
    state = polar_state(location, now) if location is not None and needs_location(text) else None
    return f" ({state})" if state else ""
