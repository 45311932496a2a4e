"""File descriptors that are kept for cameras, files and outgoing connections, so that peers cannot take them all."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from pathlib import Path

_RESERVE = 64
"""A camera needs up to 8, MQTT and Kafka up to 20, and state and pictures on disk a few for a moment."""
_QUEUE = 128

ACCEPT_AT_ONCE = 8
"""The `backlog` of an asyncio server. asyncio accepts that many connections before it calls the first protocol, which
can refuse its connection only then."""


def are_scarce() -> bool:
    """Return whether only the reserve is left: a listener should then close a connection for each that it accepts."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return False
    try:
        used = sum(1 for _ in Path("/dev/fd").iterdir())
    except OSError:
        return True  # not even one is left to count them
    return used > limit - min(_RESERVE, limit // 3)


def lengthen_queue(server: asyncio.Server) -> None:
    """Let more connections wait in the kernel than asyncio accepts at once; it has one number for both."""
    for listener in server.sockets:
        with socket.socket(fileno=os.dup(listener.fileno())) as same:
            same.listen(_QUEUE)
