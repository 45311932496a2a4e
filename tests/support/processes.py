"""Child processes of the tests."""

from __future__ import annotations

import contextlib

import psutil


def running_children(word: str = "", *, recursive: bool = False) -> list[psutil.Process]:
    """Return the children of this process, those with this word in their command line.

    Children that have ended are passed over: in a container the tests may be process 1, which inherits orphans.
    """
    found = []
    for child in psutil.Process().children(recursive=recursive):
        with contextlib.suppress(psutil.Error):
            if child.status() != psutil.STATUS_ZOMBIE and (not word or word in child.cmdline()):
                found.append(child)
    return found


def has_ended(process: psutil.Process) -> bool:
    """Return whether a process has ended, also if its parent has not taken notice yet."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
