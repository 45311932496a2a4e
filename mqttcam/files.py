"""Files of the daemon's own: readable by its user alone, whole or absent, and never on the last bytes of a disk."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from pathlib import Path

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
LARGEST_STATE = 16 * 1024 * 1024
"""Bytes of a file of the state."""
RESERVE = 100_000_000
"""Bytes of a disk that pictures leave free for the state; of a small disk, a tenth."""


def make_private_folder(folder: Path) -> None:
    """Create a folder, and the missing ones above it, that only this user can enter, whatever the umask.

    Raises:
        OSError: it cannot be created.
    """
    for path in (*reversed(folder.parents), folder):
        try:
            path.mkdir(_FOLDER_MODE)
        except OSError:
            if not path.is_dir():
                raise


def make_private(path: Path) -> None:
    """Take the permissions of all other users from a file or folder, as far as this user may.

    A folder that everybody may write to by design (sticky, such as `/tmp`) stays as it is.
    """
    with contextlib.suppress(OSError):
        mode = path.lstat().st_mode
        shared = stat.S_ISLNK(mode) or mode & stat.S_ISVTX
        if mode & (stat.S_IRWXG | stat.S_IRWXO) and not shared:
            path.chmod(stat.S_IMODE(mode) & stat.S_IRWXU)


def set_mode(file: Path | int, mode: int) -> None:
    """Give a file or folder these permissions whatever the umask, unless its file system has none, such as FAT."""
    with contextlib.suppress(PermissionError):
        os.chmod(file, mode)  # noqa: PTH101 - a descriptor, too


def read_regular(path: Path, most: int = LARGEST_STATE, *, follow: bool = True) -> bytes:
    """Return the content of a file. What else may be in its place is not read: a device or a pipe may never end.

    Args:
        follow: whether it may be a symbolic link.

    Raises:
        OSError: it cannot be read, is not a regular file, or has more than `most` bytes.
    """
    with open(path, "rb", opener=_without_waiting if follow else _without_link) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "is not a regular file", str(path))
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"has more than {most} bytes", str(path))
    return data


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _without_link(path: str, flags: int) -> int:
    return _without_waiting(path, flags | os.O_NOFOLLOW)


def open_beneath(folder: Path, path: Path) -> int:
    """Open a file for reading, and return its descriptor; no symbolic link beneath `folder` is followed.

    `folder` itself may be one. What else than a regular file may be at `path` is opened without waiting for it.

    Raises:
        ValueError: `path` is not beneath `folder`.
        OSError: it cannot be opened; with ELOOP or ENOTDIR if there is a symbolic link.
    """
    *folders, name = path.relative_to(folder).parts
    if ".." in folders:
        raise ValueError(f"{path} is not beneath {folder}")
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for one in folders:
            above = descriptor
            descriptor = os.open(
                one, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above
            )
            os.close(above)
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=descriptor)
    finally:
        os.close(descriptor)


def forbid_links(folder: Path, path: Path) -> None:
    """Check that no part of `path` beneath `folder` is a symbolic link; `folder` itself may be one.

    Raises:
        ValueError: `path` is not beneath `folder`.
        OSError: one is; nothing is to be written or deleted through it.
    """
    checked = folder
    for name in path.relative_to(folder).parts:
        checked = checked / name
        if checked.is_symlink():
            reason = f"{checked.relative_to(folder)} is a symbolic link, which is not followed"
            raise OSError(errno.ELOOP, reason, str(checked))


def write_new(path: Path, data: bytes, mode: int = _FILE_MODE) -> None:
    """Write a file, private by default, synced to the disk, or none.

    Raises:
        OSError: there is no such file.
    """
    try:
        path.unlink(missing_ok=True)  # it may have another mode
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            if mode != _FILE_MODE:
                set_mode(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def write_atomically(path: Path, data: bytes, mode: int = _FILE_MODE) -> None:
    """Replace a file, or create it, private by default, atomically, also with respect to a power cut.

    Raises:
        OSError: the old file is still there.
    """
    make_private_folder(path.parent)
    new = path.with_name(f".{path.name}.new")
    write_new(new, data, mode)
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Sync the names of a folder's files to the disk, where the file system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def shortage(folder: Path, size: int, reserve: int = RESERVE) -> int:
    """Return the bytes to delete on the disk of `folder` before `size` bytes more fit beside the reserve; 0 if none.

    Raises:
        OSError: the folder is not there.
    """
    disk = os.statvfs(folder)
    reserve = min(reserve, disk.f_blocks * disk.f_frsize // 10)
    return max(0, reserve + size - disk.f_bavail * disk.f_frsize)
