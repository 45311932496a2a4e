"""Text for people and for JSON: shortened, escaped, made into ids."""

from __future__ import annotations

import os
import re
import shutil

ID_PATTERN = "[a-z0-9_-]+"
"""The ids of cameras and nodes, and so of the levels of topics and the parts of URLs that name them."""
MAX_ID = 64
"""Characters of an id."""
MAX_SHOWN = 60
"""Characters of a received value that an error message repeats."""

_ID = re.compile(ID_PATTERN)
_NOT_ID = re.compile(r"[^a-z0-9_-]+")


def is_id(text: str) -> bool:
    """Whether `text` consists of the characters of an id; its length is not checked."""
    return _ID.fullmatch(text) is not None


def slug(text: str) -> str:
    """Return the id nearest to `text`: lower case, all other characters as single hyphens; may be empty."""
    return _NOT_ID.sub("-", text.lower()).strip("-")[:MAX_ID]


def shorten(text: str, longest: int = MAX_SHOWN) -> str:
    """Return `text` in at most `longest` characters; a text that is cut ends in three dots."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def shown(value: object) -> str:
    """Return a received value for an error message, shortened."""
    return shorten(value if isinstance(value, str) else repr(value))


def host_and_port(host: str, port: int) -> str:
    """Return `HOST:PORT`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def as_root(command: str) -> str:
    """Return a command that needs root as this user has to type it: with `sudo` only if that is needed and there."""
    if os.geteuid() == 0:
        return command
    return f"sudo {command}" if shutil.which("sudo") else f"{command} (as root)"


def one_line(text: str) -> str:
    """Return `text` with everything that is not printable escaped, line breaks included."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def encodable(text: str) -> str:
    """Return `text` with lone surrogates escaped, which neither JSON nor UTF-8 can carry.

    They stand for the bytes of file names that are not UTF-8 (PEP 383).
    """
    return text.encode(errors="backslashreplace").decode()
