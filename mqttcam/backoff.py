"""How long to wait before the next attempt, and the wait itself."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
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


class Pause:
    """The wait before the next attempt, on the event loop; it can be ended early.

    Attributes:
        until: when it ends by itself, in seconds of `time.monotonic`; None while nothing waits.
    """

    def __init__(self) -> None:
        self.until: float | None = None
        self._ended = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Return after some seconds, or once `end` is called."""
        self._ended.clear()
        self.until = time.monotonic() + seconds
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._ended.wait()
        finally:
            self.until = None

    def end(self) -> None:
        """Let `wait` return now; without effect while nothing waits."""
        self._ended.set()
