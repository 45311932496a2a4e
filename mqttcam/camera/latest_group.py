"""The current group of pictures of a video, with which a new reader begins instead of waiting for a keyframe."""

from __future__ import annotations

import math
from typing import Generic, TypeVar

Item = TypeVar("Item")

_SOON = 2.0
"""Maximum seconds to wait for the next keyframe: with an old one, some players stay behind."""
_MAX_BYTES = 8_000_000
"""Maximum size of a group; 16 seconds at 4 Mbit/s."""
_MAX_ITEMS = 3000


class LatestGroup(Generic[Item]):
    """The packets since the last keyframe, up to a size; a larger group is not kept."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._items: list[Item] = []
        self._bytes = 0
        self._begin = self._end = 0.0
        self._interval = math.inf

    def add(self, item: Item, size: int, seconds: float, *, is_keyframe: bool) -> None:
        """Add the next picture.

        Args:
            size: in bytes.
            seconds: the time of the picture by any steady clock.
        """
        if is_keyframe:
            if self._items:
                self._interval = seconds - self._begin
            self._items, self._bytes, self._begin = [], 0, seconds
        elif not self._items:
            return
        self._items.append(item)
        self._bytes += size
        self._end = seconds
        if self._bytes > self._max_bytes or len(self._items) > _MAX_ITEMS:
            self.clear()

    def clear(self) -> None:
        """Discard everything until the next keyframe."""
        self._items, self._bytes, self._interval = [], 0, math.inf

    def to_begin_with(self) -> list[Item]:
        """Return the whole group; empty before the first keyframe, and if the next one is due soon."""
        is_due = abs(self._interval - (self._end - self._begin)) <= _SOON
        return [] if is_due else self._items.copy()
