"""A count that falls only after it has been lower for a while, as detectors miss objects in single frames."""

from __future__ import annotations

from collections import deque


class SteadyCount:
    """The highest of the counts of the last `hold` seconds."""

    def __init__(self, hold: float) -> None:
        self._hold = hold
        self._recent: deque[tuple[float, int]] = deque()

    def add(self, count: int, now: float) -> None:
        """Add a count; `now` is the time of a monotonic clock in seconds."""
        while self._recent and self._recent[-1][1] <= count:
            self._recent.pop()
        self._recent.append((now, count))

    def value(self, now: float) -> int:
        """Return the count, or 0 if none was added."""
        while len(self._recent) > 1 and now >= self._falls_at:
            self._recent.popleft()
        return self._recent[0][1] if self._recent else 0

    @property
    def next_fall(self) -> float | None:
        """The time, by the same clock, at which the count falls if nothing is added, or None if it stays."""
        return self._falls_at if len(self._recent) > 1 else None

    @property
    def _falls_at(self) -> float:
        return self._recent[1][0] + self._hold
