"""Space for recordings, on a disk that is shared with the state of the daemon."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from pathlib import Path

from mqttcam.files import shortage

log = logging.getLogger(__name__)

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class DiskSpace:
    """Frees space when it is short. Every method may block as long as the disk does."""

    def __init__(self, folder: Path, make_room: Callable[[int], object], room: int) -> None:
        """Do nothing yet.

        Args:
            folder: of all recordings.
            make_room: deletes recordings to free that number of bytes, if it can.
            room: bytes that are made room for at once.
        """
        self._folder = folder
        self._make_room = make_room
        self._room = room

    def check(self) -> None:
        """Leave free what the state of the daemon needs.

        Raises:
            OSError: there is no space, and none can be made.
        """
        if not self._folder.is_dir() or not shortage(self._folder, 0):
            return
        self._make_room(shortage(self._folder, self._room))
        if shortage(self._folder, 0):
            raise OSError(errno.ENOSPC, "the disk is full", str(self._folder))

    def failed(self, error: Exception) -> str:
        """Free space if that was the cause, and return the problem in words."""
        if not isinstance(error, OSError) or error.errno not in _FULL:
            text = getattr(error, "strerror", None) or str(error) or type(error).__name__
            return f"recordings: {self._folder}: {text}"
        try:
            self._make_room(self._room)
        except OSError as second:
            log.warning("recordings: no space can be freed in %s: %s", self._folder, second)
        return f"recordings: the disk of {self._folder} is full"
