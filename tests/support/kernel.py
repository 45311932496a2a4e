"""An uninterruptible sleep in the kernel (state D), as a stuck driver causes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import signal

import psutil

_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE_VFORK = 0x4000
"""The caller sleeps in the kernel until its child ends (clone(2))."""


def sleep_in_kernel() -> None:
    """Sleep until `wake_in_kernel` is called for this process. Unlike with a stuck driver, SIGKILL ends it too."""
    child = ctypes.CDLL(None).syscall(_CLONE[platform.machine()], _CLONE_VFORK | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:  # a copy of this thread alone, which may not even get here: others held locks
        while True:
            signal.pause()
    os.waitpid(child, 0)


def wake_in_kernel(pid: int) -> None:
    """End every such sleep of a process."""
    process = psutil.Process(pid)
    for child in process.children():
        with contextlib.suppress(psutil.Error):  # another test's child that has just ended
            if child.cmdline() == process.cmdline():
                child.kill()
