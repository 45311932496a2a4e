"""How long to wait before the next try."""

from __future__ import annotations

import random


class Backoff:
    """Full jitter: any time from 0 to twice as long as the last range, up to `cap` seconds.

    A house full of cameras that lost one broker then comes back spread out, and the first retry is quick.
    """

    def __init__(self, first: float = 1.0, cap: float = 60.0) -> None:
        self._first = first
        self._cap = cap
        self._failures = 0

    def next(self) -> float:
        """Seconds until the next try; each call counts as one more failure."""
        longest = min(self._cap, self._first * 2 ** min(self._failures, 30))
        self._failures += 1
        return random.uniform(0, longest)

    def reset(self) -> None:
        """It works again."""
        self._failures = 0
