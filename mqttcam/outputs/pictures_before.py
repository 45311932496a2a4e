"""The pictures of the last seconds, for an output that also sends pictures from before motion."""

from __future__ import annotations

import threading
import time
from collections import deque

from msgspec.structs import replace

from mqttcam.outputs.queue import QueuedMessage


class PicturesBefore:
    """Keeps the newest pictures, bounded by seconds, number and bytes. For any thread."""

    def __init__(self, seconds: float, max_pictures: int, max_bytes: int) -> None:
        """Keep the pictures of the last `seconds`, as far as there are at most `max_pictures` of `max_bytes`."""
        self._seconds = seconds
        self._max_pictures = max_pictures
        self._max_bytes = max_bytes
        self._pictures: deque[QueuedMessage] = deque()
        self._bytes = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._pictures)

    def add(self, picture: QueuedMessage) -> None:
        """Keep the newest picture."""
        with self._lock:
            self._pictures.append(picture)
            self._bytes += len(picture.payload)
            self._trim()

    def take(self, event: str) -> list[QueuedMessage]:
        """Remove and return the pictures, oldest first, as those of an event that begins now."""
        with self._lock:
            self._trim()
            taken = [
                replace(picture, event=event, since=time.monotonic())  # from now on they wait for the writer
                for picture in self._pictures
            ]
            self._clear()
            return taken

    def clear(self) -> None:
        """Forget all pictures, as when the camera is switched off (privacy)."""
        with self._lock:
            self._clear()

    def _clear(self) -> None:
        self._pictures.clear()
        self._bytes = 0

    def _trim(self) -> None:
        oldest = time.monotonic() - self._seconds
        pictures = self._pictures
        while pictures and (
            pictures[0].since < oldest or len(pictures) > self._max_pictures or self._bytes > self._max_bytes
        ):
            self._bytes -= len(pictures.popleft().payload)
