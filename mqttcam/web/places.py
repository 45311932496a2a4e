"""Limited numbers of requests and streams, shared fairly by users and addresses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from aiohttp import web
from msgspec import Struct

from mqttcam.web.address import network_of
from mqttcam.web.auth import Identity
from mqttcam.web.errors import RETRY_AFTER, ApiError


class Holder(NamedTuple):
    """A user, or an address without a login.

    Attributes:
        rank: 2 for an admin, 1 for another user or token, 0 where no login is needed.
    """

    rank: int
    name: str


def holder_of(identity: Identity, address: str) -> Holder:
    """Return the holder of the places of a request."""
    rank = 0 if identity.proof in ("none", "anonymous", "address") else 2 if identity.role == "admin" else 1
    return Holder(rank, identity.name or network_of(address))


def hang_up(request: web.Request) -> None:
    """End a request by closing its connection."""
    if request.transport is not None:
        request.transport.abort()


_UNREAD = 5.0
"""Seconds after which a client that reads nothing seems to have gone, as one without a network has. The page gives a
connection up after twice as long."""


class _Place(Struct, eq=False):
    holder: Holder
    end: Callable[[], None]
    unread: Callable[[], float]


class Places:
    """A limited number of places. `len()` is the number of those taken.

    No holder is limited while places are left. When all are taken, a new client replaces one that has stopped reading.
    Otherwise, it replaces a client of a lower rank, as long as its own holder has less than half of all places, or else
    one of the holder with the most.
    """

    def __init__(self, total: int, name: str) -> None:
        """`name` says in one word what takes a place, for the error."""
        self._total = total
        self._name = name
        self._taken: list[_Place] = []

    def __len__(self) -> int:
        return len(self._taken)

    @contextmanager
    def take(
        self, holder: Holder, end: Callable[[], None], unread: Callable[[], float] = lambda: 0.0
    ) -> Iterator[None]:
        """Hold a place until the block ends.

        Args:
            end: called if the place is given to another client; must make the block end soon.
            unread: returns for how many seconds the client has read nothing although there is something to read.

        Raises:
            ApiError: there is no place, and `holder` has its share already.
        """
        if len(self._taken) >= self._total:
            self._give(self._gone() or self._giving(holder))
        place = _Place(holder, end, unread)
        self._taken.append(place)
        try:
            yield
        finally:
            if place in self._taken:
                self._taken.remove(place)

    def _give(self, place: _Place) -> None:
        self._taken.remove(place)
        place.end()

    def _gone(self) -> _Place | None:
        """Return the place of the client that has read nothing for the longest, if that is long."""
        unread, place = max(((place.unread(), place) for place in self._taken), key=lambda found: found[0])
        return place if unread >= _UNREAD else None

    def _giving(self, new: Holder) -> _Place:
        counts = Counter(place.holder for place in self._taken)
        own = counts.pop(new, 0)
        lower = {other for other in counts if other.rank < new.rank and own < max(1, self._total // 2)}
        richer = {other for other, count in counts.items() if count > own + 1 and other.rank <= new.rank}
        giver = max(lower or richer, key=lambda other: (-other.rank, counts[other]), default=None)
        if giver is None:
            raise ApiError(
                503,
                "busy",
                f"too many {self._name}",
                allowed={f"max_{self._name}": self._total},
                headers={"Retry-After": RETRY_AFTER},
            )
        return next(place for place in reversed(self._taken) if place.holder == giver)
