"""Whether a frame is due."""

from __future__ import annotations

import math
import time

from mqttcam.schedule.parser import Schedule

_CLOCK_JUMP = 1.0
"""If the wall clock deviates from the monotonic one by this many seconds, it was set."""


class Ticker:
    """Decides for each frame whether a schedule is due.

    The first frame is due at once, unless it is outside the schedule's period. Times that pass without a frame are not
    made up for: the next frame counts for all of them. If the wall clock is set, times of day are computed again;
    intervals continue unchanged.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._times = schedule.times
        self._period = schedule.period
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
            return self._period is None or self._period.state(wall)[0]
        jump = wall - steady - self._ahead
        if abs(jump) > _CLOCK_JUMP and not self._times.steady:
            self._ahead += jump
            self._start += jump
            self._due = self._times.after(wall, self._start)
        if now < self._due:
            return False
        self._due = self._times.after(now, self._start)
        return True
