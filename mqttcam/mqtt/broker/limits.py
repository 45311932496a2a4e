"""Limits on what all clients together may hold of the broker's memory and connections."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator


class SharedLimit:
    """An amount of something that clients share. For one that needs more than is left, the longest holders end.

    Not the newest: what a client begins honestly ends in milliseconds, so that an attack ends itself.
    """

    def __init__(self, total: int, uncounted: int = 0) -> None:
        """Let the clients hold `total` together; amounts up to `uncounted` are always allowed."""
        self._left = total
        self._uncounted = uncounted
        self._holders: dict[asyncio.Task[None], int] = {}

    @contextlib.contextmanager
    def hold(self, amount: int) -> Iterator[None]:
        """Hold `amount` in the current task, which is cancelled if another one needs it."""
        task = asyncio.current_task()
        if amount <= self._uncounted or task is None:
            yield
            return
        while self._left < amount and self._holders:
            longest = next(iter(self._holders))
            self._release(longest)
            longest.cancel()
        self._holders[task] = amount
        self._left -= amount
        try:
            yield
        finally:
            self._release(task)

    def _release(self, task: asyncio.Task[None]) -> None:
        self._left += self._holders.pop(task, 0)
