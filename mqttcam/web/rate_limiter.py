"""The delay after failed logins."""

from __future__ import annotations

import time
from collections.abc import Callable

from msgspec import Struct

from mqttcam.web.address import network_of

_FREE_ATTEMPTS = 4
"""Failed attempts before the first delay."""
_MAX_DELAY = 300.0
_FORGET_AFTER = 900.0
_MAX_CLIENTS = 1024


class _Attempts(Struct):
    count: int
    last: float


class LoginRateLimiter:
    """Counts failed logins per address; after a few, each failure doubles the delay, up to five minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._clients: dict[str, _Attempts] = {}

    def __len__(self) -> int:
        return len(self._clients)

    def delay(self, client: str) -> float:
        """Return the seconds until this address may try again; 0 if it may now."""
        attempts = self._clients.get(network_of(client))
        if attempts is None or attempts.count <= _FREE_ATTEMPTS:
            return 0.0
        delay = min(_MAX_DELAY, 2.0 ** (attempts.count - _FREE_ATTEMPTS - 1))
        return max(0.0, attempts.last + delay - self._clock())

    def failures(self, client: str) -> int:
        """Return the number of recent failed attempts of an address."""
        attempts = self._clients.get(network_of(client))
        return 0 if attempts is None else attempts.count

    def failed(self, client: str) -> None:
        """Count a failed attempt."""
        now = self._clock()
        key = network_of(client)
        before = self._clients.pop(key, None)
        count = before.count if before is not None and now - before.last < _FORGET_AFTER else 0
        self._clients[key] = _Attempts(count + 1, now)
        if len(self._clients) > _MAX_CLIENTS:
            del self._clients[next(iter(self._clients))]

    def succeeded(self, client: str) -> None:
        """Forget the failed attempts of an address."""
        self._clients.pop(network_of(client), None)
