"""A file with a secret in it."""

from __future__ import annotations

from pathlib import Path

MAX_SECRET = 1 << 16
"""Bytes; enough for a certificate's key, but not for a large file named by mistake."""


class BadSecret(Exception):
    """A file without a usable secret; the message says why and never repeats the contents."""


class EmptySecret(BadSecret):
    """An empty file."""


def read_secret(path: Path) -> str:
    """Return the secret in a file, without surrounding white space.

    Raises:
        BadSecret: The file cannot be read, is too large or is not UTF-8 text.
        EmptySecret: The file is empty.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_SECRET + 1)
    except (OSError, ValueError) as error:
        raise BadSecret(f"the file {path} cannot be read: {reason(error)}") from None
    if len(data) > MAX_SECRET:
        raise BadSecret(f"the file {path} is too large")
    try:
        secret = data.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise BadSecret(f"the file {path} is not UTF-8 text") from None
    if not secret:
        raise EmptySecret(f"the file {path} is empty")
    return secret


def reason(error: OSError | ValueError) -> str:
    """Return why a file cannot be opened; a ValueError is a path with the character 0x00."""
    return (error.strerror or str(error)) if isinstance(error, OSError) else "its path is not valid"
