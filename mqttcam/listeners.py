"""Who is told of a change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

Listener = Callable[[], None]


class Listeners:
    """Told one after the other, on the loop; one that fails costs none of the others."""

    def __init__(self, of: str) -> None:
        """`of` is what changes, for the log."""
        self._of = of
        self._listeners: list[Listener] = []

    def add(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def remove(self, listener: Listener) -> None:
        self._listeners.remove(listener)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once `condition` holds; it is looked at now, and after each change."""
        holds = asyncio.Event()

        def look() -> None:
            if condition():
                holds.set()

        self.add(look)
        try:
            look()
            await holds.wait()
        finally:
            self.remove(look)

    def tell(self) -> None:
        """Something has changed."""
        for listener in tuple(self._listeners):
            try:
                listener()
            except Exception:
                log.exception("%s: somebody who was told of a change failed", self._of)
