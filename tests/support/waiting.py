"""Waiting for a condition, and free ports."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")

HOST = "127.0.0.1"

PATIENCE = 60.0
"""Seconds that a test waits for what comes at once on an idle machine: no load makes it fail."""


_PORTS = range(20_000, 32_000)
"""Below the ports of outgoing connections (32768 and up on Linux), which could take the port of a restarting server."""


def free_port() -> int:
    """Return a random free TCP port of the loopback interface.

    Tests in other processes ask for ports, too, and a server binds its port later: two in a row would be the same.
    """
    while True:
        port = _PORTS[secrets.randbelow(len(_PORTS))]
        with socket.socket() as sock, suppress(OSError):
            sock.bind((HOST, port))
            return port


def wait_for(
    condition: Callable[[], T | None], what: str, timeout: float = PATIENCE, interval: float = 0.02
) -> T:
    """Call `condition` every `interval` seconds until its result is true, and return that.

    Raises:
        AssertionError: it is still false after `timeout` seconds; the message names `what`.
    """
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:g} s in vain: {what} (last: {value!r})")
        time.sleep(interval)


async def until(condition: Callable[[], T | None], what: str = "", timeout: float = PATIENCE) -> T:
    """Do as `wait_for` without blocking the event loop."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {timeout:g} s in vain: {what or condition} (last: {value!r})"
        await asyncio.sleep(0.003)
    return value


def listens(port: int) -> bool:
    """Return whether something accepts connections on a loopback port."""
    try:
        with socket.create_connection((HOST, port), 0.5):
            return True
    except OSError:
        return False
