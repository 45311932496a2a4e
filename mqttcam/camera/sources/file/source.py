"""The source itself: chooses the reader for a path, and paces it."""

from __future__ import annotations

import time
from typing import Protocol

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceEnded, SourceError, SourceInfo
from mqttcam.camera.sources.file.pictures import PictureReader, is_pictures
from mqttcam.camera.sources.file.raw import RawReader
from mqttcam.camera.sources.file.video import VideoReader
from mqttcam.camera.wakeup import Pacer, Wakeup
from mqttcam.settings import CameraSettings, FileSource

_PATIENCE = 2.0
"""Seconds without a readable picture: a file that is being replaced is not a failure yet."""


class Reader(Protocol):
    """Reads one kind of file.

    Attributes:
        model: its name for people.
    """

    model: str

    def open(self) -> tuple[int, int]:
        """Return width and height of the frames; of the first one if they differ.

        Raises:
            SourceError: the file cannot be read, or has no frame.
        """

    def next(self) -> Frame | None:
        """Return the next frame; `None` at the end. After that, start again."""

    def why(self) -> str:
        """Return why there is no frame, as the end of a sentence; may be empty."""

    def close(self) -> None:
        """Release the file."""


class FileCamera(Source):
    """Reads frames at the configured rate; a video's own timing is ignored."""

    def __init__(self, settings: CameraSettings, wakeup: Wakeup, patience: float = _PATIENCE) -> None:
        """Do nothing yet.

        Args:
            patience: seconds without a readable picture before that counts as a failure.
        """
        assert isinstance(settings.source, FileSource)
        self._settings = settings
        self._source = settings.source
        self._pacer = Pacer(settings.frame_rate, wakeup)
        self._reader: Reader | None = None
        self._patience = patience
        self._empty_since = 0.0

    def open(self) -> SourceInfo:
        """Open the file.

        Raises:
            SourceError: it does not exist, cannot be read, or has no frame.
        """
        reader = self._reader = self._make_reader()
        width, height = reader.open()
        return SourceInfo(reader.model, width, height, self._settings.frame_rate)

    def read(self, timeout: float) -> Frame | None:
        """Return the next frame at its time.

        Raises:
            SourceEnded: the last frame was read, and the file is not looped.
            SourceError: no frame can be read any more.
        """
        assert self._reader is not None
        if not self._pacer.wait(timeout):
            return None
        frame = self._reader.next()
        if frame is None:
            if not self._source.loop:
                raise SourceEnded(f"{self._source.path} has ended")
            frame = self._reader.next()
        if frame is None:
            self._wait_for_pictures(self._reader)
        else:
            self._empty_since = 0.0
        return frame

    def close(self) -> None:
        """Release the file."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def _wait_for_pictures(self, reader: Reader) -> None:
        now = time.monotonic()
        self._empty_since = self._empty_since or now
        if now - self._empty_since > self._patience:
            raise SourceError(f"{self._source.path} has no readable picture{reader.why()}")

    def _make_reader(self) -> Reader:
        path, limit = self._source.path, self._source.max_pixels
        if self._source.format is not None:
            size = self._source.size or self._settings.size
            assert size is not None, "checked by the settings"
            return RawReader(path, size)
        return PictureReader(path, limit) if is_pictures(path) else VideoReader(path, limit)
