"""What systemd is told of a running daemon: that it is ready, and then that it is alive. See sd_notify(3).

Nothing is said where nobody asks for it: the one who starts us says so in the environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Self

log = logging.getLogger(__name__)


class SystemdNotifier:
    """Ready from the block's start to its end; alive as long as the event loop turns.

    It is not told of the end: systemd would end a process for good that only makes room for a new one (`exec`).
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # systemd writes an abstract address with @ in the place of the zero byte.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._interval = _watchdog(environment) / 2
        self._alive: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._address:
            self._tell("READY=1")
            if self._interval:
                self._alive = asyncio.create_task(self._stay_alive(), name="watchdog")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._alive is not None:
            self._alive.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._alive

    async def _stay_alive(self) -> None:
        while True:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self._interval)

    def _tell(self, what: str) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.setblocking(False)
                channel.sendto(what.encode(), self._address)
        except OSError as error:
            log.warning("the service manager cannot be told %s: %s", what, error.strerror or error)


def _watchdog(environment: Mapping[str, str]) -> float:
    """Seconds after which we would be taken for hung; 0 where nobody watches, or another process is watched."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0
    try:
        return int(environment.get("WATCHDOG_USEC", "0")) / 1e6
    except ValueError:
        return 0
