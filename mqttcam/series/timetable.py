"""When the pictures of a series are due."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from mqttcam.schedule import Schedule
from mqttcam.schedule.times import CronTimes, Interval

_CLOCK_JUMP = 1.0
"""If the wall clock deviates from the monotonic one by this many seconds, it was set."""


class Clock(Protocol):
    """The clocks of a machine, and sleeping."""

    def now(self) -> float:
        """Return Unix seconds."""

    def monotonic(self) -> float:
        """Return the seconds of a monotonic clock."""

    async def sleep(self, seconds: float) -> None:
        """Return after some seconds."""


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Timetable(Struct, frozen=True):
    """The times of a series, from its start to its end.

    Attributes:
        schedule: intervals are counted from the start, also across restarts, by the wall clock.
        end: when the series ends, Unix seconds; infinity if it does not.
    """

    schedule: Schedule
    end: float = math.inf

    def after(self, moment: float, started: float) -> float | None:
        """Return the first time after `moment` in Unix seconds, or None if the series ends before it.

        Args:
            started: when the series was started, Unix seconds; of an interval without a period, this is the first time.
        """
        times = self.schedule.times
        counts_from_start = isinstance(times, Interval) or (
            isinstance(times, CronTimes) and times.follows_start
        )
        is_first = moment < started and counts_from_start
        due = started if is_first else times.after(max(moment, started), started)
        return due if due < self.end else None


async def wait_until(
    due: float, clock: Clock, longest: float, between: Callable[[], Awaitable[None]]
) -> bool:
    """Wait for a time; return False if the clock was set, so that the time has to be computed again.

    Args:
        due: Unix seconds.
        longest: seconds after which `between` is called, and again.
    """
    ahead = clock.now() - clock.monotonic()
    while (left := due - clock.now()) > 0:
        await clock.sleep(min(left, longest))
        if abs(clock.now() - clock.monotonic() - ahead) > _CLOCK_JUMP:
            return False
        await between()
    return True
