"""The node: this process and its machine, as the outside sees them."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from pathlib import Path

from mqttcam import __version__
from mqttcam.devices.errors import CommandError
from mqttcam.listeners import Listeners
from mqttcam.log import get_level, set_level

log = logging.getLogger(__name__)

_THERMAL_ZONE = Path("/sys/class/thermal/thermal_zone0/temp")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def picture_addresses(page: str, camera_id: str) -> dict[str, str]:
    """Where a camera's pictures are, below the page's address, which ends with a slash."""
    here = f"{page}cameras/{camera_id}"
    return {"stream": f"{here}/stream.mjpg", "snapshot": f"{here}/snapshot.jpg"}


class Node:
    """One daemon.

    What a command asks of the whole daemon is done by whoever sets the three actions (`app.py`).
    """

    version = __version__

    def __init__(self, node_id: str, page: str | None = None) -> None:
        """`page` is the address of our web page, where others can reach it."""
        self.id = node_id
        self.page = page
        self.restart: Callable[[], None] = lambda: None
        self.reload: Callable[[], None] = lambda: None
        self.rediscover: Callable[[], None] = lambda: None
        self.reconnects: Callable[[], int] = lambda: 0
        self._started = time.monotonic()
        self._listeners = Listeners("node")

    @property
    def cpu_temperature(self) -> float | None:
        """In °C; `None` where the kernel shows none."""
        try:
            return round(int(_THERMAL_ZONE.read_text()) / 1000, 1)
        except (OSError, ValueError):
            return None

    @property
    def memory(self) -> float:
        """Resident memory of this process, in MiB."""
        resident = int(Path("/proc/self/statm").read_text().split()[1])
        return round(resident * _PAGE / 2**20, 1)

    @property
    def uptime(self) -> int:
        """Seconds since the daemon started."""
        return int(time.monotonic() - self._started)

    @property
    def log_level(self) -> str:
        return get_level()

    def set_log_level(self, level: str) -> None:
        set_level(level)
        log.info("log level is now %s", level)
        self.changed()

    def why_not(self, command: str) -> CommandError | None:
        """Return `None`: every node has the same commands."""

    def add_listener(self, listener: Callable[[], None]) -> None:
        self._listeners.add(listener)

    def changed(self) -> None:
        self._listeners.tell()
