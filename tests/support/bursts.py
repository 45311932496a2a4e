"""How many of some events happen at the same time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable


def most_within(seconds: float, times: Iterable[float]) -> int:
    """Return how many of some times lie within some seconds of each other, at most."""
    ordered = sorted(times)
    return max((bisect_right(ordered, one + seconds) - index for index, one in enumerate(ordered)), default=0)
