"""The memory of the broker's process: rumqttd has no limit of its own on what clients make it keep."""

from __future__ import annotations

import contextlib
import os
import resource
from pathlib import Path

_MOST = 1 << 30
"""Bytes; half of the memory of the machine or container if that is less."""
_CGROUP = Path("/sys/fs/cgroup/memory.max")
_PAGE = resource.getpagesize()
_KILL_FIRST = "500"
"""Of -1000 to 1000: this process rather than the daemon."""


def limit() -> int:
    """Return the number of bytes that this process may use."""
    available = os.sysconf("SC_PHYS_PAGES") * _PAGE
    with contextlib.suppress(OSError, ValueError):  # there is no control group, or it has no limit
        available = min(available, int(_CGROUP.read_text()))
    return min(_MOST, available // 2)


def used() -> int:
    """Return the bytes that this process uses; 0 if the system does not tell."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
    except (OSError, ValueError):
        return 0


def be_killed_first() -> None:
    """Ask the kernel to end this process before others if the machine has no memory left."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_KILL_FIRST)
