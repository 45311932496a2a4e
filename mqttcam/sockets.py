"""Options of sockets that carry streams."""

from __future__ import annotations

import contextlib
import socket
from typing import Protocol

_UNSENT = 16 * 1024
"""Bytes. The kernel sends them while the next ones are written; more would only get old."""


class Socket(Protocol):
    """A socket, or asyncio's view of one."""

    def setsockopt(self, level: int, name: int, value: int, /) -> None: ...


def keep_unsent_small(connection: Socket) -> None:
    """Let the kernel hold little that it cannot send yet, so that pictures for a slow link are dropped, not delayed.

    By default it holds up to 4 MB, seconds of video. What is on its way is not limited (tcp(7), TCP_NOTSENT_LOWAT).
    """
    with contextlib.suppress(AttributeError, OSError):  # not every system has it
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)


def end_when_unread(connection: Socket, seconds: float) -> None:
    """Let the kernel end a connection whose peer takes nothing of what is sent for so long.

    By default it tries for a quarter of an hour if the peer does not answer, and for ever if it only reads nothing
    (tcp(7), TCP_USER_TIMEOUT).
    """
    with contextlib.suppress(AttributeError, OSError):  # not every system has it
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(seconds * 1000))
