"""Password hashes: scrypt (RFC 7914) from the standard library, in one printable line.

The line is `scrypt:N:R:P:SALT:HASH`, salt and hash as URL-safe base64 without padding. It has no `$`, so that
it can stand in an environment file as it is. `python -m mqttcam.web.passwords` prints one.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import hmac
import os
import sys

# OWASP's parameters for 16 MiB (Password Storage Cheat Sheet): a Pi Zero has 512 MB in all.
_N, _R, _P = 2**14, 8, 5
_LENGTH = 32
_SALT_LENGTH = 16


def hash_password(password: str) -> str:
    """The line to configure for a password."""
    salt = os.urandom(_SALT_LENGTH)
    digest = _scrypt(password, salt, _N, _R, _P, _LENGTH)
    return f"scrypt:{_N}:{_R}:{_P}:{_text(salt)}:{_text(digest)}"


def verify_password(password: str, line: str) -> bool:
    """Whether a line was made of this password. Takes a tenth of a second or more, and releases the GIL."""
    _, n, r, p, salt, digest = line.split(":")
    expected = _bytes(digest)
    found = _scrypt(password, _bytes(salt), int(n), int(r), int(p), len(expected))
    return hmac.compare_digest(found, expected)


def _scrypt(password: str, salt: bytes, n: int, r: int, p: int, length: int) -> bytes:
    # OpenSSL refuses more memory than it is told; the exact need is a little above 128 * n * r.
    memory = 128 * r * (n + p + 2)
    return hashlib.scrypt(password.encode(), salt=salt, n=n, r=r, p=p, maxmem=memory, dklen=length)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def main() -> int:
    """Ask for a password (or read one line of a pipe) and print its hash."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            sys.stderr.write("they differ\n")
            return 2
    else:
        password = sys.stdin.readline().rstrip("\n")
    if not password:
        sys.stderr.write("an empty password protects nothing\n")
        return 2
    sys.stdout.write(hash_password(password) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
