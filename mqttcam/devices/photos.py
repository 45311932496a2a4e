"""The photos of a camera: taken by command, and saved with their metadata."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from mqttcam.camera.camera import Camera
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.observer import CameraObservers
from mqttcam.devices.photo_data import PhotoSpec, make_photo
from mqttcam.devices.recordings import Recorded
from mqttcam.recordings.library import Library, LibraryUnavailable
from mqttcam.recordings.listed import EventQuery
from mqttcam.recordings.photo import Photo
from mqttcam.recordings.photo_files import RAW, SUFFIXES
from mqttcam.recordings.photo_writer import PhotoNotSaved, PhotoWriter
from mqttcam.schedule import Location
from mqttcam.values import Choice, Number

log = logging.getLogger(__name__)

QUALITY = Number(1, 100, integer=True, unit="%")
TYPE = Choice(tuple(SUFFIXES))
_TIMEOUT = 10.0
"""Seconds to wait for a frame."""
_CLOSE = 2.0
"""Seconds to wait for a disk at the end."""


class CameraPhotos:
    """Takes the photos of one camera.

    Attributes:
        last: when the last photo was taken, in Unix seconds; `None` if none is known.
    """

    def __init__(
        self,
        camera: Camera,
        recorded: Recorded | None,
        observers: CameraObservers,
        location: Location | None,
        *,
        changed: Callable[[], None],
    ) -> None:
        """Take no pictures yet.

        Args:
            recorded: where they are kept; `None` where nothing is, as without a daemon.
            location: of this machine, for the metadata of the pictures.
            changed: called on the loop after `last` has changed.
        """
        self._last_ns: int | None = None
        self._camera = camera
        self._recorded = recorded
        self._observers = observers
        self._location = location
        self._notify = changed
        self._taking = False
        self._followed: Library | None = None
        self._loading: asyncio.Task[None] | None = None
        self._writer = None if recorded is None else PhotoWriter(camera.id, recorded.library)

    @property
    def last(self) -> str | None:
        """When the last photo was taken, as an ISO time in UTC; `None` if none is known."""
        return (
            None if self._last_ns is None else datetime.fromtimestamp(self._last_ns // 10**9, UTC).isoformat()
        )

    @property
    def offers_raw(self) -> bool:
        """Whether a photo can include raw sensor data."""
        return self._camera.gives_raw and not self._camera.settings.privacy

    async def take(self, spec: PhotoSpec, request_id: object) -> dict[str, object]:
        """Take a photo, save it, and return its id, its files and their addresses, for the result.

        Args:
            request_id: of the command, for the observers.

        Raises:
            CameraUnavailable, SourceError: the camera gave no picture.
            CommandError: a photo is being taken, the camera gives no raw data, or the disk refuses the files.
        """
        if self._recorded is None or self._writer is None:
            raise CommandError(Code.NOT_SUPPORTED, "photos are not available")
        if spec.raw:
            self._check_raw()
        if self._taking or self._writer.is_writing:
            raise CommandError(Code.BUSY, "a photo is still being taken or written to the disk")
        self._taking = True
        try:
            draft, data = await self._camera.take_photo(
                partial(make_photo, self._camera, self._location, spec),
                _TIMEOUT,
                full_resolution=spec.full_resolution,
                raw=spec.raw,
            )
            photo = await self._writer.save(draft, data)
        except PhotoNotSaved as error:
            raise CommandError(Code.UNAVAILABLE, f"the photo is not saved: {error}") from error
        finally:
            self._taking = False
        log.info("camera %s: photo %s, %dx%d", self._camera.id, photo.stem, photo.width, photo.height)
        self._stop_looking_up()
        self._last_ns = photo.begin_ns
        files = self._files(photo, self._recorded)
        self._observers.photo(describe_photo(photo) | files | {"request_id": request_id})
        self._notify()
        return {"id": photo.id, **files, "paused": photo.paused}

    def _check_raw(self) -> None:
        if self._camera.settings.privacy:
            message = "raw data would show what the privacy masks hide: a camera with `privacy` saves none"
            raise CommandError(Code.NOT_SUPPORTED, message, "raw", [False])
        if self._camera.info is not None and not self._camera.gives_raw:
            raise CommandError(Code.NOT_SUPPORTED, "this camera has no raw data", "raw", [False])

    def _files(self, photo: Photo, recorded: Recorded) -> dict[str, object]:
        """Return its files, relative to the folder of all recordings, and their addresses."""
        picture, dng = photo.stem + SUFFIXES[photo.type], photo.stem + RAW if photo.raw else None
        return {
            "file": picture,
            "url": recorded.file_address(picture),
            "raw": dng,
            "raw_url": None if dng is None else recorded.file_address(dng),
        }

    def start(self) -> None:
        """Look up when the last photo was taken, and again after changes of the library until there is one."""
        if self._recorded is not None:
            self._followed = self._recorded.library
            self._followed.listeners.add(self._look_up)
            self._look_up()

    def _look_up(self) -> None:
        if self._followed is not None and (self._loading is None or self._loading.done()):
            load = self._load(self._followed)
            self._loading = asyncio.create_task(load, name=f"photos {self._camera.id}")

    async def _load(self, library: Library) -> None:
        seen = None
        while seen != library.changes:
            seen = library.changes
            try:
                found = await library.files(EventQuery(camera=self._camera.id, limit=1), ("photo",))
            except LibraryUnavailable as error:
                log.debug("camera %s: the last photo is not known: %s", self._camera.id, error)
                return
            if found:
                self._stop_following()
                self._last_ns = found[0].begin_ns
                self._notify()
                return

    def _stop_looking_up(self) -> None:
        self._stop_following()
        if self._loading is not None:
            self._loading.cancel()

    def _stop_following(self) -> None:
        if self._followed is not None:
            self._followed.listeners.remove(self._look_up)
            self._followed = None

    async def close(self) -> None:
        """Wait for the files of a photo if the disk answers soon."""
        self._stop_looking_up()
        if self._writer is not None:
            await self._writer.close(_CLOSE)


def describe_photo(photo: Photo) -> dict[str, object]:
    """Return a photo's details as JSON-able data; `ts` is the time of capture in Unix seconds."""
    return {
        "id": photo.id,
        "ts": photo.begin_ns / 1e9,
        "type": photo.type,
        "width": photo.width,
        "height": photo.height,
        "bytes": photo.bytes,
        "paused": photo.paused,
        "metadata": photo.metadata,
        "histogram": photo.histogram,
    }
