"""Write the photos of one camera in a thread, so that nothing else waits for the disk."""

from __future__ import annotations

import asyncio
import errno
from concurrent.futures import Future
from typing import Protocol

from msgspec import Struct

from mqttcam.recordings.paths import RecordingsFolder
from mqttcam.recordings.photo import Photo
from mqttcam.recordings.photo_files import write_photo
from mqttcam.recordings.worker import WorkerThread

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_ANSWER = 30.0
"""Seconds within which a slow card writes a photo with the raw data of a large sensor."""


class PhotoNotSaved(Exception):
    """The disk rejected a photo or does not respond, as the message explains."""


class PhotoLibrary(Protocol):
    """What a writer needs from the library."""

    @property
    def folder(self) -> RecordingsFolder:
        """The folder of all recordings and photos."""

    def add(self, photo: Photo, /) -> None:
        """Add a photo whose files are complete; callable from any thread."""

    def make_room(self, size: int, /) -> object:
        """Delete recordings and photos of `size` bytes if permitted; called in a thread when the disk is full."""


class PhotoData(Struct, frozen=True):
    """The content of a photo's files.

    Attributes:
        dng: the data of the sensor, or None.
    """

    picture: bytes
    dng: bytes | None = None


class PhotoWriter:
    """Writes photos, one at a time."""

    def __init__(self, camera_id: str, library: PhotoLibrary, *, timeout: float = _ANSWER) -> None:
        """Do nothing yet.

        Args:
            timeout: seconds after which a disk counts as one that does not answer.
        """
        self._library = library
        self._folder = library.folder
        self._worker = WorkerThread(f"photos {camera_id}")
        self._timeout = timeout
        self._writing: Future[Photo] | None = None

    @property
    def is_writing(self) -> bool:
        """Whether a photo is still being written; another one would have to wait in memory."""
        return self._writing is not None and not self._writing.done()

    async def save(self, draft: Photo, data: PhotoData) -> Photo:
        """Write a photo, and return it as it was stored.

        Raises:
            PhotoNotSaved: the disk refuses it, and nothing is left of it; or it does not answer: if it takes the photo
                later after all, that is listed.
        """
        future = self._writing = self._worker.call(lambda: self._save(draft, data))
        try:
            async with asyncio.timeout(self._timeout):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise PhotoNotSaved(f"the disk of {self._folder.path} does not answer") from None
        except OSError as error:
            if error.errno in _FULL:
                raise PhotoNotSaved(f"the disk of {self._folder.path} is full") from error
            raise PhotoNotSaved(
                f"{error.filename or self._folder.path}: {error.strerror or error}"
            ) from error

    async def close(self, seconds: float) -> None:
        """Stop the thread; do not wait longer for a disk that does not respond."""
        await asyncio.to_thread(self._worker.stop, seconds)

    def _save(self, draft: Photo, data: PhotoData) -> Photo:
        photo = write_photo(self._folder, draft, data.picture, data.dng, self._library.make_room)
        self._library.add(photo)
        return photo
