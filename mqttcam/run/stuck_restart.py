"""Restarts of the process for cameras whose capture threads are stuck.

Each restart that has not helped doubles the wait before the next one, so that one broken camera does not interrupt the
others again and again. The number of restarts is kept in the state folder, because the process that counts them ends;
a reboot resets it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import orjson
from msgspec import Struct

from mqttcam.backoff import Backoff
from mqttcam.camera.camera import Camera
from mqttcam.camera.capture import THREAD
from mqttcam.camera.thread_state import is_uninterruptible
from mqttcam.files import read_regular, write_atomically
from mqttcam.settings import SettingsError

log = logging.getLogger(__name__)

_REBOOT_AFTER = 3
"""Restarts in a row after which a reboot is advised: the camera or its driver must be stuck."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class RestartTiming(Struct, frozen=True):
    """Waits before a restart, in seconds; there is none before the first in a row.

    Attributes:
        first: the wait before the second restart in a row; doubled before each one after it.
        longest: the longest wait.
    """

    first: float = 60.0
    longest: float = 3600.0

    def wait_after(self, restarts: int) -> float:
        """Return the wait after so many restarts in a row."""
        return Backoff(self.first, self.longest, jitter=0).delay_after(restarts) if restarts else 0.0


_TIMING = RestartTiming()


def has_service_manager(environment: Mapping[str, str] = os.environ, pid: int | None = None) -> bool:
    """Return whether this process is started again when it fails: by systemd, or as the first one of a container."""
    pid = pid or os.getpid()
    return pid == 1 or environment.get("SYSTEMD_EXEC_PID") == str(pid)


class _Request(Struct, frozen=True):
    """The pending restart for one camera, and its description."""

    camera: Camera
    text: str
    task: asyncio.Task[None]


class StuckRestart:
    """Restarts the process for a stuck camera, unless it recovers during the wait."""

    def __init__(
        self,
        file: Path,
        restart: Callable[[], Awaitable[None]],
        *,
        timing: RestartTiming = _TIMING,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        boot_id: Path = BOOT_ID,
    ) -> None:
        """Request nothing yet.

        Args:
            file: where the number of restarts in a row of each camera is kept.
            restart: ends this process for a new one; raises SettingsError if the new one could not start.
            boot_id: the file with the identifier of this boot of the machine.
        """
        self._file = file
        self._restart = restart
        self._timing = timing
        self._sleep = sleep
        self._boot_id_file = boot_id
        self._requests: dict[str, _Request] = {}
        self._cancelled = False

    def request(self, camera: Camera) -> str:
        """Request a restart and return its description.

        While a request of the same camera is pending, return the description of that one.
        """
        if self._cancelled:
            return "this process is ending"
        pending = self._requests.get(camera.id)
        if pending is not None and not pending.task.done():
            if pending.camera is camera:
                return pending.text
            pending.task.cancel()  # a reload has replaced that camera
        restarts = 0 if camera.was_steady else self._read_counts().get(camera.id, 0)
        # A camera that was switched off and does not close is a matter of privacy: it is restarted without a wait.
        wait = self._timing.wait_after(restarts) if camera.enabled else 0.0
        text = _describe(restarts, wait)
        task = asyncio.create_task(
            self._restart_after(wait, camera, restarts), name=f"restart for camera {camera.id}"
        )
        self._requests[camera.id] = _Request(camera, text, task)
        return text

    def cancel(self) -> None:
        """Cancel all requests; ignore later ones."""
        self._cancelled = True
        for request in self._requests.values():
            request.task.cancel()

    async def _restart_after(self, wait: float, camera: Camera, restarts: int) -> None:
        await self._sleep(wait)
        if camera.is_stuck and not self._write_count(camera.id, restarts + 1) and camera.enabled:
            # The next process would begin to count from 0, and restart at once.
            await self._sleep(self._timing.longest)
        while camera.is_stuck:
            problems = await self._try()
            if not problems:
                return
            for problem in problems:
                log.error("camera %s: the process cannot restart: %s", camera.id, problem)
            await self._sleep(self._timing.first)

    async def _try(self) -> list[str]:
        """Restart, or return the reasons why that is not possible."""
        if stuck := [name for name, thread_id in _capture_threads() if is_uninterruptible(thread_id)]:
            return [
                f"{', '.join(stuck)}: stuck in the kernel, where no process can be ended: reboot the machine"
            ]
        try:
            await self._restart()
        except SettingsError as error:
            return [str(problem) for problem in error.problems]
        return []

    def _read_counts(self) -> dict[str, int]:
        try:
            counts = orjson.loads(read_regular(self._file))
            return {str(camera): int(restarts) for camera, restarts in counts[self._boot_id()].items()}
        except FileNotFoundError:
            return {}
        except KeyError:  # counted before a reboot
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("%s cannot be read: %s", self._file, error)
            return {}

    def _write_count(self, camera_id: str, restarts: int) -> bool:
        counts = self._read_counts() | {camera_id: restarts}
        try:
            write_atomically(self._file, orjson.dumps({self._boot_id(): counts}))
        except OSError as error:
            wait = self._timing.longest
            log.error("%s cannot be written: %s; the restart waits %g s", self._file, error, wait)
            return False
        return True

    def _boot_id(self) -> str:
        try:
            return self._boot_id_file.read_text().strip()
        except OSError:
            return "unknown"


def _capture_threads() -> list[tuple[str, int | None]]:
    """Return the name and the kernel's identifier of each capture thread."""
    return [
        (thread.name, thread.native_id) for thread in threading.enumerate() if thread.name.startswith(THREAD)
    ]


def _describe(restarts: int, wait: float) -> str:
    when = f"in {wait:.0f} s" if wait else "now"
    if restarts >= _REBOOT_AFTER:
        return (
            f"{restarts} restarts of the process have not helped: reboot the machine (next restart: {when})"
        )
    return f"the process restarts {when}"
