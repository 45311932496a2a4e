"""Whether the configuration file can be replaced, and replacing it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
from pathlib import Path

from mqttcam.files import read_regular, sync_folder, write_new
from mqttcam.settings.document.config_file import MAX_BYTES

BACKUP_SUFFIX = ".bak"
"""Of the file before the last change, beside the file itself."""
_MOUNTS = Path("/proc/self/mountinfo")
_OCTAL = re.compile(r"\\([0-7]{3})")


def revision_of(data: bytes) -> str:
    """Return what tells one content of the file from another."""
    return hashlib.sha256(data).hexdigest()[:32]


def read_bytes(path: Path) -> bytes:
    """Return the content of the file.

    Raises:
        OSError: it cannot be read.
    """
    return read_regular(path, MAX_BYTES)


def why_not_writable(path: Path, mounts: Path = _MOUNTS) -> str | None:
    """Return why the file cannot be replaced by another one, and what would help; None if it can.

    Args:
        mounts: the kernel's list of mounts.
    """
    try:
        found = path.lstat()
        folder = path.parent.stat()
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    if stat.S_ISLNK(found.st_mode):
        return (
            f"{path} is a symbolic link, as in a ConfigMap of Kubernetes, and would be replaced by a file:"
            " use a file of its own on a volume"
        )
    if not stat.S_ISREG(found.st_mode):
        return f"{path} is not a regular file"
    if str(path.absolute()) in _mount_points(mounts):
        return (
            f"{path} alone is mounted into the container, so that it cannot be replaced: mount its folder,"
            f" writable, such as ./config:{path.parent.absolute()}"
        )
    user = os.geteuid()
    if found.st_uid != user and user != 0:
        return (
            f"{path} belongs to another user than the one that mqttcam runs as ({user}): give it to that user,"
            " together with its folder"
        )
    if found.st_gid not in {os.getegid(), *os.getgroups()} and user != 0:
        return f"{path} belongs to a group ({found.st_gid}) that mqttcam is not in: give it to the group of its user"
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return _why_folder(path.parent, folder, user)
    return None


def _why_folder(folder: Path, found: os.stat_result, user: int) -> str:
    with contextlib.suppress(OSError):
        if os.statvfs(folder).f_flag & os.ST_RDONLY:
            return (
                f"the folder {folder} is read-only for mqttcam (`:ro` of Docker, ProtectSystem= of systemd):"
                " keep the file in a folder that mqttcam may write to"
            )
    return f"mqttcam (user {user}) may not write to the folder {folder} of user {found.st_uid}: give it to that user"


def _mount_points(mounts: Path) -> set[str]:
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return set()
    fields = (line.split(" ") for line in lines)
    return {_OCTAL.sub(lambda match: chr(int(match[1], 8)), one[4]) for one in fields if len(one) > 4}


def replace_file(path: Path, data: bytes) -> None:
    """Replace the file atomically, with its owner and mode; the old one is kept with `BACKUP_SUFFIX`.

    Raises:
        OSError: the old file is still there.
    """
    backup = path.with_name(path.name + BACKUP_SUFFIX)
    _write(path, backup, read_bytes(path))
    _write(path, path, data)
    sync_folder(path.parent)


def _write(like: Path, path: Path, data: bytes) -> None:
    """Write a file with the owner, mode and extended attributes of another one."""
    found = like.stat()
    new = path.with_name(f".{path.name}.new")
    write_new(new, data)
    try:
        made = new.stat()
        if (found.st_uid, found.st_gid) != (made.st_uid, made.st_gid):
            os.chown(new, found.st_uid, found.st_gid)
        new.chmod(stat.S_IMODE(found.st_mode))
        for name in os.listxattr(like):
            with contextlib.suppress(OSError):
                os.setxattr(new, name, os.getxattr(like, name))
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()
        raise
