"""Password hashes: scrypt (RFC 7914) from the standard library, in one printable line.

The line is `scrypt:N:R:P:SALT:HASH`, salt and hash as URL-safe base64 without padding. It contains no `$`, so that
it needs no quoting in an environment file. `mqttcam password` prints one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

from msgspec import Struct

MAX_PASSWORD = 1024
"""Characters; longer ones are refused before any hashing."""
_LENGTH = 32
_SALT_LENGTH = 16


class Cost(Struct, frozen=True):
    """The parameters of scrypt.

    The defaults are OWASP's for 16 MiB (Password Storage Cheat Sheet): a Pi Zero has 512 MB.
    """

    n: int = 2**14
    r: int = 8
    p: int = 5


_COST = Cost()


def hash_password(password: str, cost: Cost = _COST) -> str:
    """Return the line to configure for a password."""
    salt = os.urandom(_SALT_LENGTH)
    digest = _scrypt(password, salt, cost, _LENGTH)
    return f"scrypt:{cost.n}:{cost.r}:{cost.p}:{_text(salt)}:{_text(digest)}"


def verify_password(password: str, line: str) -> bool:
    """Return whether a line is the hash of this password. Takes 0.1 s or more, and releases the GIL."""
    _, n, r, p, salt, digest = line.split(":")
    expected = _bytes(digest)
    found = _scrypt(password, _bytes(salt), Cost(int(n), int(r), int(p)), len(expected))
    return hmac.compare_digest(found, expected)


def _scrypt(password: str, salt: bytes, cost: Cost, length: int) -> bytes:
    # OpenSSL fails above `maxmem`; it needs slightly more than 128 * n * r.
    memory = 128 * cost.r * (cost.n + cost.p + 2)
    return hashlib.scrypt(
        password.encode(), salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=length
    )


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
