"""The node as users see it: this process and its machine."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from mqttcam import __version__
from mqttcam.devices.errors import CommandError
from mqttcam.devices.hints import Hint
from mqttcam.devices.machine import Machine, read_machine
from mqttcam.devices.observer import NodeObserver
from mqttcam.devices.problems import Found, Level, Retrying, retrying
from mqttcam.log import get_level, set_level
from mqttcam.recordings.library import Library
from mqttcam.text import slug

log = logging.getLogger(__name__)

_THERMAL_ZONE = Path("/sys/class/thermal/thermal_zone0/temp")
_MEMORY = Path("/proc/self/statm")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_CLOCK_TOLERANCE = 60.0
"""Seconds: a machine without a clock of its own has another time once the network has told it."""


class Check(Struct, frozen=True):
    """A look at one part of the daemon.

    Attributes:
        id: unique in the node.
        part: its name for users.
        read: returns its present problem as text, or `None`.
        tables: hints that may explain the problem.
        retrying: the part, if it tries again by itself.
        level: whether it makes the daemon unhealthy.
    """

    id: str
    part: str
    read: Callable[[], str | None]
    tables: tuple[tuple[Hint, ...], ...]
    retrying: Retrying | None
    level: Level

    def find(self) -> Found | None:
        """Return the present problem."""
        if not (text := self.read()):
            return None
        found = Found(self.id, self.part, text, level=self.level, tables=self.tables)
        return found if self.retrying is None else retrying(found, self.retrying)


def picture_addresses(page: str, camera_id: str) -> dict[str, str]:
    """Return the addresses of a camera's pictures below that of the page, which ends with a slash."""
    here = f"{page}cameras/{camera_id}"
    return {"stream": f"{here}/stream.mjpg", "snapshot": f"{here}/snapshot.jpg"}


class Daemon:
    """What commands may ask of the process; does nothing by default, as where no daemon runs."""

    async def restart(self) -> None:
        """Restart the process.

        Raises:
            SettingsError: the configuration has become invalid.
        """

    async def reload(self) -> None:
        """Read the configuration again and apply it.

        Raises:
            SettingsError: the new configuration is invalid.
        """

    async def applied(self) -> str | None:
        """Wait until the last reload has been applied; return why it could not be, in words, or `None`."""
        return None


class Node:
    """One daemon and its machine.

    Attributes:
        page: the address of the web page as others reach it, with a slash at its end, or `None`.
        daemon: the process, for commands.
        machine: what it runs on.
        suggested_area: the area of its device in Home Assistant, or `None`.
        library: the recordings of its cameras; `None` where no daemon runs.
        checks: of its parts, besides cameras and outputs.
    """

    version = __version__

    def __init__(
        self,
        node_id: str,
        page: str | None = None,
        daemon: Daemon | None = None,
        machine: Machine | None = None,
        suggested_area: str | None = None,
        library: Library | None = None,
    ) -> None:
        self.id = node_id
        self.page = page
        self.daemon = daemon or Daemon()
        self.machine = machine or read_machine()
        self.suggested_area = suggested_area
        self.library = library
        self._started = time.monotonic()
        self._started_at = time.time()
        self._observers: list[NodeObserver] = []
        self.checks: list[Check] = []
        self._retry: Callable[[str | None], None] | None = None
        self._sign: Callable[[str], str] | None = None

    @property
    def reconnects(self) -> int:
        """How often the connection to the broker was lost and made again."""
        return sum(observer.reconnects for observer in self._observers)

    @property
    def cpu_temperature(self) -> float | None:
        """In °C; `None` if the kernel does not provide it."""
        try:
            return round(int(_THERMAL_ZONE.read_text()) / 1000, 1)
        except (OSError, ValueError):
            return None

    @property
    def memory(self) -> float | None:
        """Resident memory of this process, in MiB; `None` if the kernel does not provide it."""
        try:
            resident = int(_MEMORY.read_text().split()[1])
        except (OSError, ValueError, IndexError):
            return None
        return round(resident * _PAGE / 2**20, 1)

    @property
    def recordings_size(self) -> float | None:
        """The size of all recordings, in GB."""
        return None if self.library is None else round(self.library.bytes / 1e9, 3)

    @property
    def recordings_free(self) -> float | None:
        """What is free on the disk of the recordings, in GB; `None` if unknown."""
        free = None if self.library is None else self.library.free
        return None if free is None else round(free / 1e9, 3)

    @property
    def uptime(self) -> int:
        """Seconds since the daemon started."""
        return int(time.monotonic() - self._started)

    @property
    def started(self) -> str:
        """When the daemon started, as an ISO time in UTC; corrected if the clock was wrong by a minute or more."""
        started = time.time() - (time.monotonic() - self._started)
        if abs(started - self._started_at) >= _CLOCK_TOLERANCE:
            self._started_at = started
        return datetime.fromtimestamp(round(self._started_at), UTC).isoformat()

    @property
    def problems(self) -> list[str]:
        """The present problems of the daemon itself; not those of its cameras and outputs."""
        return [problem for check in self.checks if check.level == "problem" and (problem := check.read())]

    def sign_addresses(self, sign: Callable[[str], str]) -> None:
        """Have `sign` make paths below the page valid without a login, for a time; from now on."""
        self._sign = sign

    def event_address(self, event_id: str, file: str) -> str | None:
        """Return the address of a file of an event or recording, `clip.mp4` or `picture.jpg`.

        It needs no login and expires. None if no page can be reached.
        """
        if self.page is None or self._sign is None:
            return None
        return self.page + self._sign(f"events/{event_id}/{file}")

    def file_address(self, path: str) -> str | None:
        """Return the address of a file by its path below the folder of all recordings, as `event_address` does."""
        if self.page is None or self._sign is None:
            return None
        return self.page + self._sign(f"files/{path}")

    def add_check(
        self,
        read: Callable[[], str | None],
        part: str = "Daemon",
        *hints: tuple[Hint, ...],
        retrying: Retrying | None = None,
        level: Level = "problem",
    ) -> None:
        """Show the problem that `read` returns, from now on.

        Args:
            part: the name for users of what has it.
            hints: tables that may explain the problem.
            retrying: what has it, if that tries again by itself.
            level: of the problem.
        """
        name = slug(part)
        number = sum(check.part == part for check in self.checks) + 1
        check_id = name if number == 1 else f"{name}-{number}"
        self.checks.append(Check(check_id, part, read, hints, retrying, level))

    def set_retry(self, retry: Callable[[str | None], None]) -> None:
        """Have `retry` begin the next attempt of the problem with an id, or of all, from now on."""
        self._retry = retry

    def retry(self, problem_id: str | None) -> None:
        """Begin the next attempt of what waits for it after a failure: the problem with this id, or all.

        Raises:
            CommandError: there is no such problem now.
        """
        if self._retry is not None:
            self._retry(problem_id)

    @property
    def log_level(self) -> str:
        return get_level()

    def set_log_level(self, level: str) -> None:
        """Change the log level of the daemon; `level` is one of `mqttcam.log.LEVELS`."""
        set_level(level)
        log.info("log level: %s", level)
        self.changed()

    def why_not(self, command: str) -> CommandError | None:
        """Return `None`: every node has the same commands."""

    def rediscover(self) -> None:
        """Publish discovery again, also for devices that were deleted in Home Assistant."""
        for observer in self._observers:
            observer.rediscover()

    def attach(self, observer: NodeObserver) -> None:
        """Have an observer follow the node from now on."""
        self._observers.append(observer)

    def changed(self) -> None:
        """Notify the observers that a value of an entity has changed; the failure of one does not affect the others."""
        for observer in self._observers:
            try:
                observer.changed()
            except Exception:
                log.exception("node: an observer failed, the others are not affected")
