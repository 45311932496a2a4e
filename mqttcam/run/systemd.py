"""Notifications to systemd: the daemon is ready, and it is alive. See sd_notify(3).

Without NOTIFY_SOCKET and WATCHDOG_USEC in the environment nothing is sent.
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
    """An asynchronous context manager: READY at its start, WATCHDOG until its end while the event loop runs.

    STOPPING is never sent: when the process replaces itself (`exec`), systemd would take that for the end of the unit.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # systemd writes @ for the zero byte at the start of an abstract address.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._interval = _watchdog_timeout(environment) / 2
        self._watchdog: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self._address:
            self._notify("READY=1")
            if self._interval:
                self._watchdog = asyncio.create_task(self._notify_alive(), name="watchdog")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watchdog

    async def _notify_alive(self) -> None:
        while True:
            self._notify("WATCHDOG=1")
            await asyncio.sleep(self._interval)

    def _notify(self, state: str) -> None:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
                channel.setblocking(False)
                channel.sendto(state.encode(), self._address)
        except OSError as error:
            log.warning("systemd: %s cannot be sent: %s", state, error.strerror or error)


def _watchdog_timeout(environment: Mapping[str, str]) -> float:
    """Return the seconds after which systemd considers this process hung; 0 if it does not watch it."""
    if environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return 0
    try:
        return int(environment.get("WATCHDOG_USEC", "0")) / 1e6
    except ValueError:
        return 0
