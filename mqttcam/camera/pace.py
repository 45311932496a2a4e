"""Some frames a second out of all that come."""

from __future__ import annotations


class Pace:
    """Paced by capture times, without drift: half a frame early is on time, so that no rate beats against another.

    A clock that jumps costs no more than two periods.
    """

    __slots__ = ("_due_ns", "_last_ns")

    def __init__(self) -> None:
        self._due_ns = 0
        self._last_ns = 0

    def is_due(self, now_ns: int, fps: float) -> bool:
        """Whether a frame captured now is one of them; to be asked once for every frame."""
        early = max(now_ns - self._last_ns, 0) // 2
        self._last_ns = now_ns
        period = int(1e9 / fps)
        due = self._due_ns
        if now_ns + min(early, period // 2) < due <= now_ns + 2 * period:
            return False
        self._due_ns = (due if abs(now_ns - due) <= period else now_ns) + period
        return True
