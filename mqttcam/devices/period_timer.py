"""Follows whether a period lasts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from mqttcam.schedule import Period

_LONGEST_WAIT = 60.0
"""Seconds after which it is computed again although nothing was to change: the clock may have been set."""


class PeriodTimer:
    """Calls back when a period begins and when it ends.

    Attributes:
        active: whether the period lasts.
        until: when that changes next, in Unix seconds; infinity if never.
    """

    def __init__(
        self,
        period: Period,
        loop: asyncio.AbstractEventLoop,
        on_change: Callable[[], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Start.

        Args:
            on_change: called on the loop after `active` has changed.
            clock: returns the Unix time in seconds.
        """
        self._period = period
        self._loop = loop
        self._on_change = on_change
        self._clock = clock
        self.active, self.until = period.state(clock())
        self._handle = self._call_again()

    def close(self) -> None:
        """Stop calling back."""
        self._handle.cancel()

    def _call_again(self) -> asyncio.TimerHandle:
        wait = self.until - self._clock()
        return self._loop.call_later(min(max(wait, 0.0), _LONGEST_WAIT), self._check)

    def _check(self) -> None:
        before = self.active
        self.active, self.until = self._period.state(self._clock())
        self._handle = self._call_again()
        if self.active is not before:
            self._on_change()
