"""Time stamps that only grow, from capture times of a clock that may be set."""

from __future__ import annotations

import copy

from mqttcam.video.unit import CLOCK

_MOST_JITTER = 200_000_000
"""Nanoseconds by which the time between two captures may differ from the time between their arrivals."""
_MAX_STEP = 10_000_000_000
"""Nanoseconds between two packets of a camera; if its own time stamps are further apart, they have jumped."""


class TimeStamps:
    """Makes the time stamps of one stream.

    The time between two frames is that between their captures, unless the clock was set between them: then it is that
    between their arrivals.
    """

    def __init__(self) -> None:
        self._pts = 0
        self._remainder = 0
        self._last: tuple[int, int] | None = None
        self._last_pts_ns: int | None = None

    def continued(self) -> TimeStamps:
        """Return time stamps that continue after these, for the same stream from another encoder or connection."""
        return copy.copy(self)

    def next(self, ts_ns: int, now_ns: int) -> int:
        """Return the time stamp of the next frame, in ticks of `CLOCK`; the first one is 0.

        Args:
            ts_ns: when it was captured, Unix nanoseconds.
            now_ns: when it arrived, nanoseconds of a monotonic clock.
        """
        last, self._last = self._last, (ts_ns, now_ns)
        if last is None:
            return 0
        step, elapsed = ts_ns - last[0], now_ns - last[1]
        return self._advance(elapsed if abs(step - elapsed) > _MOST_JITTER else step)

    def next_by_source(self, pts_ns: int | None, ts_ns: int, now_ns: int) -> int:
        """Return the time stamp of the next packet of a camera that has time stamps of its own.

        They count, as packets arrive in bursts, unless they jump.

        Args:
            pts_ns: the camera's time stamp in nanoseconds; None if it has none.
            ts_ns, now_ns: as for `next`.
        """
        last_pts_ns, self._last_pts_ns = self._last_pts_ns, pts_ns
        if pts_ns is None or last_pts_ns is None or not 0 < pts_ns - last_pts_ns <= _MAX_STEP:
            return self.next(ts_ns, now_ns)
        self._last = (ts_ns, now_ns)
        return self._advance(pts_ns - last_pts_ns)

    def _advance(self, step_ns: int) -> int:
        ticks, self._remainder = divmod(max(step_ns, 0) * CLOCK + self._remainder, 1_000_000_000)
        self._pts += max(1, ticks)
        return self._pts
