"""Callbacks that are notified of changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

Listener = Callable[[], None]


class Listeners:
    """Callbacks that are called one after the other; the failure of one does not affect the others."""

    def __init__(self, of: str) -> None:
        """`of` names what changes, for the log."""
        self._of = of
        self._listeners: list[Listener] = []

    def add(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def remove(self, listener: Listener) -> None:
        self._listeners.remove(listener)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once `condition` holds. It is evaluated now, and after each change."""
        holds = asyncio.Event()

        def check() -> None:
            if condition():
                holds.set()

        self.add(check)
        try:
            check()
            await holds.wait()
        finally:
            self.remove(check)

    def notify(self) -> None:
        """Call every listener."""
        for listener in tuple(self._listeners):
            try:
                listener()
            except Exception:
                log.exception("%s: a listener failed, the others are not affected", self._of)
