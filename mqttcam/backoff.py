"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from collections.abc import Callable

_MOST_DOUBLINGS = 30


class Backoff:
    """Exponential back-off with jitter.

    The range doubles with each failure, from `first` seconds up to `cap` seconds; the delay is drawn from the top
    `jitter` fraction of it: 1 draws from the full range, so that many cameras that lost one broker come back spread
    out; 0 always gives the longest delay.

    Attributes:
        failures: failures in a row.
    """

    def __init__(
        self,
        first: float = 1.0,
        cap: float = 60.0,
        *,
        jitter: float = 1.0,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """`uniform` draws a number between its two arguments."""
        self.failures = 0
        self._first = first
        self._cap = cap
        self._jitter = jitter
        self._uniform = uniform

    def next(self) -> float:
        """Count one more failure and return the seconds until the next attempt."""
        self.failures += 1
        return self.delay_after(self.failures)

    def delay_after(self, failures: int) -> float:
        """Return the seconds until the next attempt after so many failures in a row, from 1."""
        longest = min(self._cap, self._first * 2 ** min(failures - 1, _MOST_DOUBLINGS))
        return self._uniform(longest * (1 - self._jitter), longest)

    def reset(self) -> None:
        """Count from 0 again, after a success."""
        self.failures = 0
