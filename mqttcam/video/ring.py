"""The last seconds of a camera's video, for recordings that begin before what they record."""

from __future__ import annotations

from collections import deque
from itertools import chain

from mqttcam.video.unit import CLOCK, Unit

MAX_BYTES = 64_000_000
"""A minute, the most that `record.before` can be, at 8 Mbit/s; 1920x1080 of 15 frames per second takes 5."""


class Ring:
    """Whole groups of pictures, each from a keyframe to the next one; `len()` is the number of units.

    Attributes:
        bytes: memory that they take.
    """

    def __init__(self, seconds: float, max_bytes: int = MAX_BYTES) -> None:
        """Keep at least the last `seconds`, as far as they fit into `max_bytes`."""
        self.bytes = 0
        self._span = round(seconds * CLOCK)
        self._max_bytes = max_bytes
        self._groups: deque[list[Unit]] = deque()

    def __len__(self) -> int:
        return sum(map(len, self._groups))

    def add(self, unit: Unit) -> None:
        """Add the next unit; those before the first keyframe are of no use and left out."""
        if unit.is_keyframe:
            self._groups.append([])
        elif not self._groups:
            return
        self._groups[-1].append(unit)
        self.bytes += unit.memory
        while self._groups and self._is_superfluous(unit.pts):
            self.bytes -= sum(one.memory for one in self._groups.popleft())

    def _is_superfluous(self, now: int) -> bool:
        """Return whether the oldest group is; the only one is when it is too large, as half of it would be useless."""
        if self.bytes > self._max_bytes:
            return True
        return len(self._groups) > 1 and now - self._groups[1][0].pts >= self._span

    def since(self, pts: int) -> list[Unit]:
        """Return the units from the last keyframe at or before `pts` on, or all; empty if there are none."""
        start = max((i for i, group in enumerate(self._groups) if group[0].pts <= pts), default=0)
        return list(chain.from_iterable(list(self._groups)[start:]))

    def clear(self) -> None:
        """Forget everything, as when the camera is switched off (privacy)."""
        self._groups.clear()
        self.bytes = 0
