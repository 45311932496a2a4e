"""Waiting for a condition, and free ports."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

HOST = "127.0.0.1"


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


def wait_for(condition: Callable[[], T | None], what: str, timeout: float = 10, interval: float = 0.02) -> T:
    """Call `condition` until it gives something true, and return that.

    Raises:
        AssertionError: it did not within `timeout` seconds; `what` is in the message.
    """
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:g} s in vain: {what} (last: {value!r})")
        time.sleep(interval)


async def until(condition: Callable[[], T | None], what: str = "", timeout: float = 10) -> T:
    """The same on the event loop, which runs on meanwhile."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {timeout:g} s in vain: {what or condition} (last: {value!r})"
        await asyncio.sleep(0.003)
    return value


def listens(port: int) -> bool:
    """Whether something accepts connections on a loopback port."""
    try:
        with socket.create_connection((HOST, port), 0.5):
            return True
    except OSError:
        return False
