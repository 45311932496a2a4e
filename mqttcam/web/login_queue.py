"""The queue before the check of a password, which takes a tenth of a second and more."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from msgspec import Struct, field

_MAX_WAITING = 256


class QueueFull(Exception):
    """Too many others wait, whose addresses have no more failed logins."""


class _Waiting(Struct):
    client: str
    key: tuple[int, float]
    turn: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class LoginQueue:
    """One login at a time; the address with the fewest failed logins is next, by chance among equal ones.

    So guesses from many addresses delay each other, and not the right password from an address that has not guessed.
    """

    def __init__(self, failures: Callable[[str], int], most: int = _MAX_WAITING) -> None:
        """`failures` gives the failed logins of an address."""
        self._failures = failures
        self._most = most
        self._waiting: list[_Waiting] = []
        self._busy = False

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Wait for the turn of an address.

        Raises:
            QueueFull: there is no place, or it was given to an address with fewer failed logins.
        """
        if self._busy:
            await self._wait(client)
        self._busy = True
        try:
            yield
        finally:
            self._next()

    async def _wait(self, client: str) -> None:
        self._drop_cancelled()
        rank = self._failures(client) + sum(one.client == client for one in self._waiting)
        new = _Waiting(client, (rank, random.random()))
        self._waiting.append(new)
        if len(self._waiting) > self._most:
            worst = max(self._waiting, key=lambda one: one.key)
            self._waiting.remove(worst)
            worst.turn.set_exception(QueueFull)
        try:
            await new.turn
        except asyncio.CancelledError:
            if not new.turn.cancelled() and new.turn.exception() is None:
                self._next()  # it was our turn already
            raise

    def _drop_cancelled(self) -> None:
        self._waiting = [one for one in self._waiting if not one.turn.done()]

    def _next(self) -> None:
        self._drop_cancelled()
        self._busy = bool(self._waiting)
        if self._waiting:
            best = min(self._waiting, key=lambda one: one.key)
            self._waiting.remove(best)
            best.turn.set_result(None)
