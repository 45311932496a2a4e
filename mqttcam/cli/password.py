"""Asks for the password of a user of the web page."""

from __future__ import annotations

import getpass
import sys

from mqttcam.cli.outcome import UsageError
from mqttcam.web.passwords import MAX_PASSWORD

HOW_TO_USE = 'in the configuration: web: {users: {NAME: {password_hash: "…"}}}'


def read_password() -> str:
    """Return a password, typed twice at a terminal, or else the first line of standard input.

    Raises:
        UsageError: There is none, the two differ, or it is too long or not text.
    """
    try:
        password = _read()
        password.encode()
    except UnicodeError:
        raise UsageError("the password is not UTF-8 text") from None
    if not password:
        raise UsageError("the password is empty: type it, or pass it as a line on standard input")
    if len(password) > MAX_PASSWORD:
        raise UsageError(f"the password is longer than {MAX_PASSWORD} characters")
    return password


def _read() -> str:
    if sys.stdin is None:
        return ""
    if not sys.stdin.isatty():
        return sys.stdin.readline(MAX_PASSWORD + 2).rstrip("\r\n")
    try:
        password = getpass.getpass("Password: ")
        if password and getpass.getpass("Repeat password: ") != password:
            raise UsageError("the two passwords differ: run the command again")
    except EOFError:
        return ""
    return password
