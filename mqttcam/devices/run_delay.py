"""How long the threads of this process wait for a processor."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_THREADS = Path("/proc/self/task")
_MOST_APART = 3.0
"""Seconds; what the threads have waited over a longer time says little about the present."""


class RunDelay:
    """Reads the time in which threads could run and did not, limits of a control group included.

    A kernel with `CONFIG_SCHED_INFO` counts it, such as Raspberry Pi OS's for 64 bits; Linux only.
    """

    def __init__(self, folder: Path = _THREADS, clock: Callable[[], float] = time.monotonic) -> None:
        """Read nothing yet; `folder` has one folder per thread, with a file `schedstat` in it."""
        self._folder = folder
        self._clock = clock
        self._last = -_MOST_APART
        self._delays: dict[str, int] = {}

    @property
    def available(self) -> bool:
        """Whether the kernel counts it."""
        return any(self._read().values())

    def waiting_threads(self) -> float | None:
        """Return how many threads on average have waited for a processor since the last call.

        `None` if that was more than a few seconds ago.
        """
        now, delays = self._clock(), self._read()
        elapsed, before = now - self._last, self._delays
        self._last, self._delays = now, delays
        if not 0 < elapsed < _MOST_APART:
            return None
        return sum(delays[thread] - before[thread] for thread in delays.keys() & before) / 1e9 / elapsed

    def _read(self) -> dict[str, int]:
        """Return how long each thread has waited since it began, nanoseconds."""
        delays = {}
        # A thread may just have ended, or the kernel may have no such file.
        for file in self._folder.glob("*/schedstat"):
            with suppress(OSError, ValueError, IndexError):
                delays[file.parent.name] = int(file.read_bytes().split()[1])
        return delays
