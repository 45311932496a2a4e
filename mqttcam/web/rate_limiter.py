"""How long somebody who guesses passwords has to wait."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass

_FREE = 4
"""Wrong guesses before the first wait."""
_LONGEST = 300.0
_FORGET = 900.0
_MAX_CLIENTS = 1024


@dataclass(slots=True)
class _Failures:
    count: int
    last: float


class LoginRateLimiter:
    """Counts wrong guesses by address: after a few, each doubles the wait, up to five minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._clients: dict[str, _Failures] = {}

    def wait(self, client: str) -> float:
        """Seconds until this address may try again; 0 for now."""
        guesses = self._clients.get(_network(client))
        if guesses is None or guesses.count <= _FREE:
            return 0.0
        pause = min(_LONGEST, 2.0 ** (guesses.count - _FREE - 1))
        return max(0.0, guesses.last + pause - self._clock())

    def failed(self, client: str) -> None:
        """Count a guess."""
        now = self._clock()
        key = _network(client)
        before = self._clients.pop(key, None)
        count = before.count if before is not None and now - before.last < _FORGET else 0
        self._clients[key] = _Failures(count + 1, now)
        if len(self._clients) > _MAX_CLIENTS:
            del self._clients[next(iter(self._clients))]

    def succeeded(self, client: str) -> None:
        """Forget an address' guesses."""
        self._clients.pop(_network(client), None)


def _network(client: str) -> str:
    """An IPv6 address stands for its /64: one machine has that many."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return client
