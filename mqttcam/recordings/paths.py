"""The files of recordings: their names, and who may read them.

A recording is `<camera>/<UTC date>/<UTC time>-<reason>.mp4` in the folder of all recordings, `.mp4.part` until it is
whole, with its pictures and its sidecar beside it. Folders and files are private, as all files of the daemon. If the
folder of all recordings was made by its owner for a group to read (`chmod g+rx`), then that group can read everything
in it, as a Home Assistant that runs as another user has to; nobody else ever can.
"""

from __future__ import annotations

import contextlib
import errno
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Literal

from msgspec import Struct

from mqttcam.files import forbid_links, make_private_folder, set_mode, sync_folder, write_new
from mqttcam.recordings.recording import PictureKind, Reason
from mqttcam.recordings.remembered_disk import RememberedDisk

PART = ".part"
"""The suffix of a file that is not complete."""
_PICTURES: dict[PictureKind, str] = {"best": ".jpg", "start": "-start.jpg", "end": "-end.jpg"}


class RecordingFiles(Struct, frozen=True):
    """The paths of one recording's files, which need not exist.

    Attributes:
        root: the folder of all recordings.
        stem: as that of `Recording`.
    """

    root: Path
    stem: str

    @property
    def video(self) -> Path:
        return self._path(".mp4")

    @property
    def part(self) -> Path:
        return self._path(".mp4" + PART)

    @property
    def sidecar(self) -> Path:
        return self._path(".json")

    def picture(self, kind: PictureKind) -> Path:
        return self._path(_PICTURES[kind])

    @property
    def pictures(self) -> tuple[PictureKind, ...]:
        """The still pictures that exist."""
        return tuple(kind for kind in _PICTURES if self.picture(kind).exists())

    @property
    def all(self) -> tuple[Path, ...]:
        """Everything that may exist of the recording."""
        return (self.video, self.part, *map(self.picture, _PICTURES), self.sidecar)

    def _path(self, ending: str) -> Path:
        return self.root / (self.stem + ending)


def stems(camera: str, what: Reason | Literal["photo"], begin_ns: int) -> Iterator[str]:
    """Return the names of a recording or photo in the order in which they are tried, as others may be taken."""
    begin = datetime.fromtimestamp(begin_ns // 10**9, UTC)
    stem = f"{camera}/{begin:%Y-%m-%d}/{begin:%H%M%S}-{what}"
    yield stem
    for number in count(2):
        yield f"{stem}-{number}"


class RecordingsFolder:
    """The folder of all recordings, which may be on a removable disk.

    Attributes:
        path: of the folder.
        disk: that it is on.
    """

    def __init__(self, path: Path, disk_file: Path | None = None) -> None:
        """Do nothing yet.

        Args:
            disk_file: in which the mount point of its disk is remembered over restarts.
        """
        self.path = path
        self.disk = RememberedDisk(path, disk_file)

    def prepare(self) -> None:
        """Create the folder if it is missing.

        Raises:
            OSError: it cannot be created; or its disk was mounted and is not any more: what would be written then would
                fill another disk.
        """
        if (problem := self.disk.problem) is not None:
            raise OSError(errno.ENODEV, problem, str(self.path))
        self.disk.remember()
        if not self.path.is_dir():
            make_private_folder(self.path)

    def check(self, name: str) -> None:
        """Write a file, and delete it again.

        Args:
            name: that nothing else has.

        Raises:
            OSError: the disk refuses it.
        """
        self.prepare()
        path = self.path / f".{name}.check"
        try:
            write_new(path, b"", self.file_mode)
        finally:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    @property
    def file_mode(self) -> int:
        """The permissions of files in it.

        Raises:
            OSError: it is not there.
        """
        return 0o640 if self.path.stat().st_mode & stat.S_IRGRP else 0o600

    def make_folder(self, folder: Path) -> None:
        """Create a folder in it, readable by its group if it is itself.

        Raises:
            OSError: it cannot be created, or is a symbolic link.
        """
        forbid_links(self.path, folder)
        if folder.is_dir():
            return
        shared = stat.S_IRGRP | stat.S_IXGRP | stat.S_ISGID
        mode = stat.S_IRWXU | (self.path.stat().st_mode & shared)
        ancestors = [folder, *folder.parents]
        for path in reversed(ancestors[: ancestors.index(self.path)]):
            if not path.is_dir():
                path.mkdir(mode, exist_ok=True)
                set_mode(path, mode)
                sync_folder(path.parent)
