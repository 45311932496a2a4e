"""Who has a device."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from fnmatch import fnmatchcase
from pathlib import Path

from mqttcam.camera.capture import THREAD
from mqttcam.camera.thread_state import PROC, uninterruptible_threads

_LOOKS, _BETWEEN_LOOKS = 4, 0.15
"""A thread that only waits for a disk is somewhere else at the next look, that many seconds later."""
_held: dict[str, str] = {}
"""Devices that captures of this process have, and whose they are."""


def hold(device: str) -> str:
    """Have it said of a device that the camera of this capture thread has it, until `release`; the device again."""
    thread = threading.current_thread().name
    if thread.startswith(THREAD):
        _held[device] = thread.removeprefix(THREAD)
    return device


def release(device: str | None) -> None:
    """It has what `hold` returned no longer; `None`: it never had."""
    if device is not None:
        _held.pop(device, None)


def in_use_words(device: str, proc: Path = PROC, *, held_as: str | None = None) -> str:
    """In words, who has a device, as far as that can be seen; and when only a reboot helps.

    Args:
        device: its path, without symbolic links; `/dev/media*` is any that starts so.
        held_as: what `hold` was given, where that is not its path.
    """
    if (camera := _held.get(held_as or device)) is not None:
        return f"the camera {camera} of this mqttcam has it"
    users = users_of(device, proc)
    if not users:
        return "the camera is in use by another program"
    words = f"the camera is in use by {', '.join(f'{name} ({number})' for number, name in users.items())}"
    stuck = [number for number in users if _stays_in_kernel(number, proc)]
    return f"{words}, which is stuck in the kernel: only a reboot helps" if stuck else words


def users_of(device: str, proc: Path = PROC) -> dict[int, str]:
    """Other processes that have a device open, with their names; `device` as for `in_use_words`.

    Only those that we may look into; root sees all.
    """
    found = {}
    for process in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name)):
        if process.name == str(os.getpid()):
            continue
        if any(fnmatchcase(target, device) for target in _open_files(process)):
            found[int(process.name)] = _name(process)
    return found


def _open_files(process: Path) -> list[str]:
    """What a process has open. Of one that was killed, but for a thread that cannot end, only that thread has it."""
    return _files_of(process) or next(filter(None, map(_files_of, _listed(process / "task"))), [])


def _files_of(task: Path) -> list[str]:
    files = []
    for link in _listed(task / "fd"):
        with contextlib.suppress(OSError):  # closed meanwhile
            files.append(str(link.readlink()))
    return files


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:  # it has ended, or belongs to somebody else
        return []


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return "a process that has ended"


def _stays_in_kernel(process_id: int, proc: Path) -> bool:
    stuck = uninterruptible_threads(process_id, proc)
    for _ in range(_LOOKS - 1):
        if not stuck:
            return False
        time.sleep(_BETWEEN_LOOKS)
        stuck &= uninterruptible_threads(process_id, proc)
    return bool(stuck)
