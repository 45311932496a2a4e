"""When the last complete recording of a camera began."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from mqttcam.recordings.library import Library, LibraryUnavailable
from mqttcam.recordings.listed import EventQuery

log = logging.getLogger(__name__)


class LastRecording:
    """Looked up in the library until there is a new one."""

    def __init__(self, camera_id: str, changed: Callable[[], None]) -> None:
        """Know of none yet; `changed` is called on the loop when another one is known."""
        self._camera_id = camera_id
        self._changed = changed
        self._begin: float | None = None
        self._library: Library | None = None
        self._loading: asyncio.Task[None] | None = None

    @property
    def begin(self) -> str | None:
        """When it began, as an ISO time in UTC; None without one."""
        return None if self._begin is None else datetime.fromtimestamp(int(self._begin), UTC).isoformat()

    def look_up(self, library: Library) -> None:
        """Look it up, and again after changes of the library until `set` or `close`.

        What a killed daemon has left, and the recordings of an index that is lost, are found some time after the start.
        """
        if self._library is None:
            self._library = library
            library.listeners.add(self._look)
            self._look()

    def set(self, begin: float) -> None:
        """Note a new recording, which began at this Unix time."""
        self.close()
        self._begin = begin

    def close(self) -> None:
        """Look nothing up any more."""
        if self._library is not None:
            self._library.listeners.remove(self._look)
            self._library = None
        if self._loading is not None:
            self._loading.cancel()

    def _look(self) -> None:
        if self._library is not None and (self._loading is None or self._loading.done()):
            load = self._load(self._library)
            self._loading = asyncio.create_task(load, name=f"recordings {self._camera_id}")

    async def _load(self, library: Library) -> None:
        seen = None
        while seen != library.changes:
            seen = library.changes
            try:
                found = await library.recordings(EventQuery(camera=self._camera_id, limit=1))
            except LibraryUnavailable as error:
                log.debug("camera %s: the last recording is not known: %s", self._camera_id, error)
                return
            begin = found[0].begin_ns / 1e9 if found else None
            if begin is not None and begin != self._begin:
                self._begin = begin
                self._changed()
