"""Addresses that need no login and expire: links that are shared, and those in notifications, which apps fetch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from itsdangerous import Signer

from mqttcam.values import Number
from mqttcam.web.sessions import SIGNER

ADDRESS_SECONDS = 24 * 3600
"""How long an address is valid, unless another time is chosen."""
SHARED_SECONDS = Number(60, 7 * 24 * 3600, integer=True, unit="s")
"""How long a link that is shared may be valid."""
SHARED_FILES = ("clip", "picture")
"""Of an event."""
_SALT = "mqttcam.web.address.1"
_MAX_DIGITS = 12


class SignedAddresses:
    """Makes and checks the signatures of addresses. Each is valid for one path, whatever the host and path prefix.

    Args:
        key: that of the sessions; addresses signed with another key are invalid.
        clock: Unix seconds.
    """

    def __init__(self, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._signer = Signer(key, salt=_SALT, **SIGNER)
        self._clock = clock

    def sign(self, path: str, seconds: int = ADDRESS_SECONDS) -> str:
        """Return a path, relative to the page, with the query that makes it valid for a time, by default a day."""
        expires = str(int(self._clock()) + seconds)
        return f"{path}?expires={expires}&signature={self._signature(path, expires)}"

    def is_valid(self, path: str, query: Mapping[str, str]) -> bool:
        """Return whether a path, relative to the page, has a signature in its query, and has not expired."""
        expires, signature = query.get("expires", ""), query.get("signature", "")
        if not (expires.isascii() and expires.isdecimal() and len(expires) <= _MAX_DIGITS):
            return False
        try:
            is_ours = self._signer.verify_signature(_text(path, expires), signature)
        except ValueError:  # surrogates
            return False
        return is_ours and self._clock() <= int(expires)

    def _signature(self, path: str, expires: str) -> str:
        return self._signer.get_signature(_text(path, expires)).decode()


def _text(path: str, expires: str) -> str:
    return f"{path}?{expires}"
