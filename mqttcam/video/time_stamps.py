"""Time stamps that only grow, from capture times of a clock that may be set."""

from __future__ import annotations

from mqttcam.video.unit import CLOCK

_MOST_JITTER = 200_000_000
"""Nanoseconds by which the time between two captures may differ from the time between their arrivals."""


class TimeStamps:
    """Makes the time stamps of one stream.

    The time between two frames is that between their captures, unless the clock was set between them: then it is that
    between their arrivals.
    """

    def __init__(self) -> None:
        self._pts = 0
        self._remainder = 0
        self._last: tuple[int, int] | None = None

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
        if abs(step - elapsed) > _MOST_JITTER:
            step = elapsed
        ticks, self._remainder = divmod(max(step, 0) * CLOCK + self._remainder, 1_000_000_000)
        self._pts += max(1, ticks)
        return self._pts
