"""Which program uses a device."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from fnmatch import fnmatchcase
from pathlib import Path

from mqttcam.camera.capture import THREAD
from mqttcam.camera.thread_state import PROC, uninterruptible_threads

_CHECKS, _BETWEEN_CHECKS = 4, 0.15
"""Number of checks and seconds between them: a thread that only waits for a disk has moved on by the next check."""
_held: dict[str, str] = {}
"""Devices that captures of this process use, and the ids of their cameras."""


def hold(device: str) -> str:
    """Note that the camera of this capture thread uses `device`, until `release`; return `device`."""
    thread = threading.current_thread().name
    if thread.startswith(THREAD):
        _held[device] = thread.removeprefix(THREAD)
    return device


def release(device: str | None) -> None:
    """Note that the camera no longer uses what `hold` returned; `None` if it never did."""
    if device is not None:
        _held.pop(device, None)


def in_use_words(device: str, proc: Path = PROC, *, held_as: str | None = None) -> str:
    """Return in words which program uses a device, as far as that can be determined, and whether only a reboot helps.

    Args:
        device: its path, without symbolic links; may be a pattern such as `/dev/media*`.
        held_as: what was passed to `hold`, if that is not its path.
    """
    if (camera := _held.get(held_as or device)) is not None:
        return f"it is in use by the camera {camera} of this process"
    users = users_of(device, proc)
    if not users:
        return "the camera is in use by another program"
    words = f"the camera is in use by {', '.join(f'{name} ({number})' for number, name in users.items())}"
    stuck = [number for number in users if _stays_in_kernel(number, proc)]
    return f"{words}, which is stuck in the kernel: only a reboot helps" if stuck else words


def users_of(device: str, proc: Path = PROC) -> dict[int, str]:
    """Return other processes that have a device open, with their names; `device` as for `in_use_words`.

    Only processes that this user may inspect are found; root sees all.
    """
    found = {}
    for process in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name)):
        if process.name == str(os.getpid()):
            continue
        if any(fnmatchcase(target, device) for target in _open_files(process)):
            found[int(process.name)] = _name(process)
    return found


def _open_files(process: Path) -> list[str]:
    """Return the open files of a process. If it was killed, only a thread that cannot end still has them."""
    return _files_of(process) or next(filter(None, map(_files_of, _listed(process / "task"))), [])


def _files_of(task: Path) -> list[str]:
    files = []
    for link in _listed(task / "fd"):
        with contextlib.suppress(OSError):  # it was closed meanwhile
            files.append(str(link.readlink()))
    return files


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it has ended, or belongs to another user
        return []


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a process that has ended"


def _stays_in_kernel(process_id: int, proc: Path) -> bool:
    stuck = uninterruptible_threads(process_id, proc)
    for _ in range(_CHECKS - 1):
        if not stuck:
            return False
        time.sleep(_BETWEEN_CHECKS)
        stuck &= uninterruptible_threads(process_id, proc)
    return bool(stuck)
