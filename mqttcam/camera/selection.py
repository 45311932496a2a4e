"""Which frames are taken: every one, so many per second, or by a schedule; always, or only on motion.

A new way to select is a class here and a line in `selection`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol

from mqttcam.schedule import Schedule, Ticker

_SCHEDULED_FPS = 1 / 60


class Selection(Protocol):
    """Selects frames. It is asked once for every frame, in the capture thread, so it must cost next to nothing."""

    def due(self, ts_ns: int) -> bool:
        """Return whether to take a frame captured at `ts_ns` (Unix nanoseconds); it then counts as taken."""


class Every:
    """Takes every frame."""

    def due(self, ts_ns: int) -> bool:
        return True


class Rate:
    """Takes a number of frames per second, infinity for all, by capture times, without drift and never more on average.

    Half a frame early counts as on time, so that no rate beats against the camera's. A clock that jumps costs at most
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


class VariableRate:
    """As `Rate`, for a number of frames per second that may change at any time."""

    def __init__(self, fps: Callable[[], float]) -> None:
        self._fps = fps
        self._rate, self._made_for = Rate(math.inf), math.inf

    def due(self, ts_ns: int) -> bool:
        fps = self._fps()
        if fps != self._made_for:
            self._rate, self._made_for = Rate(fps), fps
        return self._rate.due(ts_ns)


class Scheduled:
    """Takes the first frame at or after each time of a schedule, by the clock of this machine."""

    def __init__(self, schedule: Schedule) -> None:
        self._ticker = Ticker(schedule)

    def due(self, ts_ns: int) -> bool:
        return self._ticker.due()


class OnMotion:
    """Takes those frames of another selection that come while something moves."""

    def __init__(self, selection: Selection, moving: Callable[[], bool]) -> None:
        self._selection = selection
        self._moving = moving

    def due(self, ts_ns: int) -> bool:
        return self._moving() and self._selection.due(ts_ns)


def selection(
    fps: float, schedule: Schedule | None = None, moving: Callable[[], bool] | None = None
) -> Selection | None:
    """Return the selection for these options; `None` if no frame is ever taken.

    Args:
        fps: frames per second; 0 for none, infinity for every frame.
        schedule: takes precedence over the rate.
        moving: whether something moves now, if only such frames are wanted.
    """
    if schedule is None and fps == 0:
        return None
    paced: Selection = Scheduled(schedule) if schedule else Every() if fps == math.inf else Rate(fps)
    return OnMotion(paced, moving) if moving is not None else paced


def wanted_fps(fps: float, schedule: Schedule | None = None) -> float:
    """Return how many frames per second a selection with these options needs at most; see `Hub.subscribe`.

    By a schedule, pictures are rare: it counts as one per minute, so that the keyframes of a video are enough.
    """
    return fps if schedule is None else _SCHEDULED_FPS
