"""Which frames somebody takes: every one, a rate, those that a schedule asks for; all the time, or on motion.

A new way to choose is a class here and a line in `selection`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from mqttcam.schedule import Schedule, Ticker


class Selection(Protocol):
    """Asked once for every frame, in the capture thread, so it must cost next to nothing."""

    def due(self, ts_ns: int) -> bool:
        """Whether a frame captured then (Unix nanoseconds) is taken; it then counts as taken."""


class Every:
    """All of them."""

    def due(self, ts_ns: int) -> bool:
        return True


class Rate:
    """So many a second, by capture times, without drift and never more than that on the average.

    Half a frame early is on time, so that no rate beats against the camera's. A clock that jumps costs no more than
    two periods.
    """

    def __init__(self, fps: float) -> None:
        self._period = int(1e9 / fps)
        self._due = 0
        self._last = 0

    def due(self, ts_ns: int) -> bool:
        period, due = self._period, self._due
        early = max(ts_ns - self._last, 0) // 2
        self._last = ts_ns
        if ts_ns + min(early, period // 2) < due <= ts_ns + 2 * period:
            return False
        self._due = (due if abs(ts_ns - due) <= period else ts_ns) + period
        return True


class Scheduled:
    """The first frame at or after each time of a schedule, by the clock of this machine."""

    def __init__(self, schedule: Schedule) -> None:
        self._ticker = Ticker(schedule)

    def due(self, ts_ns: int) -> bool:
        return self._ticker.due()


class OnMotion:
    """Of the frames that another selection takes, those while something moves."""

    def __init__(self, selection: Selection, moving: Callable[[], bool]) -> None:
        self._selection = selection
        self._moving = moving

    def due(self, ts_ns: int) -> bool:
        return self._moving() and self._selection.due(ts_ns)


def selection(
    fps: float, schedule: Schedule | None = None, moving: Callable[[], bool] | None = None
) -> Selection | None:
    """The frames that are due; None: none ever is.

    Args:
        fps: frames a second; 0 is none, infinity every one.
        schedule: counts more than the rate.
        moving: whether something moves now, where only such frames are wanted.
    """
    if schedule is None and fps == 0:
        return None
    paced: Selection = Scheduled(schedule) if schedule else Every() if fps == math.inf else Rate(fps)
    return OnMotion(paced, moving) if moving is not None else paced
