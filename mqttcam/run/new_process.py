"""A new process for a camera whose threads hang: when, and what a person is told of it.

Each one that did not help makes the next come later, so that one broken camera does not take the others with it time
and again. How many there were is kept in the state folder, as the process that counts them ends; a reboot forgets it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import orjson

from mqttcam.camera.capture import THREAD
from mqttcam.camera.thread_state import is_uninterruptible
from mqttcam.devices.store import write_atomically
from mqttcam.settings import SettingsError

log = logging.getLogger(__name__)

_FIRST_WAIT, _LONGEST_WAIT = 60.0, 3600.0
"""Seconds before the second new process in a row; doubled before each after it. The first comes at once."""
_REBOOT_AFTER = 3
"""New processes in a row after which the camera, or its driver, has to be what hangs."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def has_manager(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether someone starts this process again when it fails: systemd, or of a container's first one its engine."""
    return os.getpid() == 1 or environment.get("SYSTEMD_EXEC_PID") == str(os.getpid())


class Hanging(Protocol):
    """A camera as it is looked at here; see `Camera`."""

    id: str
    enabled: bool

    @property
    def is_stuck(self) -> bool: ...

    @property
    def was_steady(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one camera has asked for, and the words that it was told."""

    camera: Hanging
    words: str
    task: asyncio.Task[None]


class NewProcess:
    """Waits and then asks for it, unless the camera has come back by then."""

    def __init__(self, file: Path, start: Callable[[], None]) -> None:
        """Does nothing yet.

        Args:
            file: where the count is kept.
            start: ends this process for a new one; raises SettingsError where that would end at once.
        """
        self._file = file
        self._start = start
        self._asked: dict[str, _Asked] = {}
        self._is_ending = False

    def ask(self, camera: Hanging) -> str:
        """Have one started; in words, what comes of it. Asking again while it is waited for changes nothing."""
        if self._is_ending:
            return "this process is ending"
        before = self._asked.get(camera.id)
        if before is not None and not before.task.done():
            if before.camera is camera:
                return before.words
            before.task.cancel()  # the configuration was read again since: that camera is no more
        tries = 0 if camera.was_steady else self._kept().get(camera.id, 0)
        # Privacy does not wait.
        wait = min(_FIRST_WAIT * 2 ** min(tries - 1, 10), _LONGEST_WAIT) if tries and camera.enabled else 0.0
        words = _in_words(tries, wait)
        task = asyncio.create_task(self._when_due(camera, tries, wait), name=f"new process for {camera.id}")
        self._asked[camera.id] = _Asked(camera, words, task)
        return words

    def cancel(self) -> None:
        """Start none any more."""
        self._is_ending = True
        for asked in self._asked.values():
            asked.task.cancel()

    async def _when_due(self, camera: Hanging, tries: int, wait: float) -> None:
        await asyncio.sleep(wait)
        while camera.is_stuck:
            problems = self._try()
            if not problems:
                self._keep(camera.id, tries + 1)
                return
            for problem in problems:
                log.error("no new process for camera %s: %s", camera.id, problem)
            await asyncio.sleep(_FIRST_WAIT)

    def _try(self) -> list[str]:
        """Start it; else in words, why not."""
        if stuck := [name for name, thread_id in _capture_threads() if is_uninterruptible(thread_id)]:
            return [
                f"{', '.join(stuck)}: stuck in the kernel, which ends no such process: only a reboot helps"
            ]
        try:
            self._start()
        except SettingsError as error:
            return [str(problem) for problem in error.problems]
        return []

    def _kept(self) -> dict[str, int]:
        try:
            kept = orjson.loads(self._file.read_bytes())
            return {str(camera): int(tries) for camera, tries in kept[_boot_id()].items()}
        except FileNotFoundError:
            return {}
        except KeyError:  # counted before a reboot
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("%s cannot be read: %s", self._file, error)
            return {}

    def _keep(self, camera_id: str, tries: int) -> None:
        try:
            write_atomically(self._file, orjson.dumps({_boot_id(): self._kept() | {camera_id: tries}}))
        except OSError as error:
            log.warning("%s cannot be written: %s", self._file, error)


def _capture_threads() -> list[tuple[str, int | None]]:
    """Name and the kernel's number of each."""
    return [(one.name, one.native_id) for one in threading.enumerate() if one.name.startswith(THREAD)]


def _in_words(tries: int, wait: float) -> str:
    when = f"in {wait:.0f} s" if wait else "now"
    if tries >= _REBOOT_AFTER:
        return f"{tries} new processes have not helped: reboot the machine (the next one is started {when})"
    return f"a new process is started {when}"


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return "unknown"
