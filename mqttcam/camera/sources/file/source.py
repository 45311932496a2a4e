"""The source `file`: which reader a path wants, and the pace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceEnded, SourceError, SourceInfo
from mqttcam.camera.wake import Pacer, Wake
from mqttcam.settings import CameraSettings, FileSource
from mqttcam.values import Value

_JPEG_SUFFIXES = {".jpg", ".jpeg", ".jpe", ".jfif"}


class Reader(Protocol):
    """What reads one kind of file.

    Attributes:
        model: what a person calls it.
    """

    model: str

    def open(self) -> tuple[int, int]:
        """Width and height of the frames, of the first where they differ.

        Raises:
            SourceError: it cannot be read, or has no frame.
        """

    def next(self) -> Frame | None:
        """The next frame; `None` at the end. After the end it begins again."""

    def close(self) -> None:
        """Release the file."""


class File:
    """Reads frames at the configured rate; what plays on (a video's own timing) is of no account."""

    def __init__(self, settings: CameraSettings, wake: Wake) -> None:
        assert isinstance(settings.source, FileSource)
        self._settings = settings
        self._source = settings.source
        self._pacer = Pacer(settings.frame_rate, wake)
        self._reader: Reader | None = None

    def open(self) -> SourceInfo:
        """Look into the file.

        Raises:
            SourceError: it is not there, cannot be read, or has no frame.
        """
        path = self._source.path
        if not path.exists():
            raise SourceError(f"{path} is not there")
        self._reader = self._make_reader()
        width, height = self._reader.open()
        return SourceInfo(self._reader.model, width, height, self._settings.frame_rate)

    def read(self, timeout: float) -> Frame | None:
        """The next frame at its time.

        Raises:
            SourceEnded: the last one was read, and it is not looped.
            SourceError: nothing can be read any more.
        """
        assert self._reader is not None
        if not self._pacer.wait(timeout):
            return None
        frame = self._reader.next()
        if frame is not None:
            return frame
        if not self._source.loop:
            raise SourceEnded(f"{self._source.path} has ended")
        frame = self._reader.next()
        if frame is None:
            raise SourceError(f"{self._source.path} has no picture that can be read")
        return frame

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """There are no controls."""
        return values

    def close(self) -> None:
        """Release the file."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _make_reader(self) -> Reader:
        path = self._source.path
        if self._source.format is not None:
            from mqttcam.camera.sources.file.raw import RawFrames

            size = self._source.size or self._settings.size
            assert size is not None, "checked by the settings"
            return RawFrames(path, size)
        if path.is_dir() or path.suffix.lower() in _JPEG_SUFFIXES:
            from mqttcam.camera.sources.file.jpegs import Jpegs

            return Jpegs(path)
        from mqttcam.camera.sources.file.video import Video

        return Video(path)
