"""The mount point of the recordings' disk: while the disk is missing, nothing is written beneath it."""

from __future__ import annotations

import contextlib
import logging
import threading
from pathlib import Path

import orjson

from mqttcam.files import read_regular, write_atomically

log = logging.getLogger(__name__)

_MAX_BYTES = 10_000


class RememberedDisk:
    """The mount point of a folder's disk, remembered across restarts. Every method may block while the disk does."""

    def __init__(self, folder: Path, file: Path | None = None) -> None:
        """Read nothing yet.

        Args:
            file: in which it is remembered; None forgets it with the process.
        """
        self._folder = folder
        self._file = file
        self._in_memory: Path | None = None
        self._writing = threading.Lock()

    @property
    def problem(self) -> str | None:
        """A message if the disk was mounted when the last recording began and no longer is, or None."""
        known = self._known()
        if known is None or mount_point(self._folder) not in known.parents:
            return None
        problem = f"its disk is not mounted at {known}"
        return problem if self._file is None else f"{problem}; to use another one, delete {self._file}"

    def remember(self) -> None:
        """Remember the present mount point, unless it is that of the state as well, or the disk is missing.

        For any thread.
        """
        with self._writing:
            self._remember()

    def _remember(self) -> None:
        found, known = mount_point(self._folder), self._known()
        if known is None:
            if self._file is not None and found == mount_point(self._file):
                return
        elif found == known or found in known.parents:
            return
        self._in_memory = found
        if self._file is None:
            return
        data = orjson.dumps({"path": str(self._folder), "mount_point": str(found)})
        try:
            write_atomically(self._file, data)
        except OSError as error:
            log.warning("recordings: %s cannot be written: %s", self._file, error.strerror)
        else:
            self._in_memory = None

    def _known(self) -> Path | None:
        if self._file is None or self._in_memory is not None:
            return self._in_memory
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            found = orjson.loads(read_regular(self._file, _MAX_BYTES))
            if found["path"] == str(self._folder):
                return Path(found["mount_point"])
        return None


def mount_point(path: Path) -> Path:
    """Return the mount point of the disk that a path is on; the path need not exist."""
    path = path.resolve()
    return next(one for one in (path, *path.parents) if one.is_mount())
