"""A video file, through PyAV."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.imaging.raster import Planes, size_of
from mqttcam.imaging.video import planes_of

log = logging.getLogger(__name__)

_BROKEN_IN_A_ROW = 250
"""Packets that do not decode; after so many the file is no video, or not one that is whole."""


class VideoReader:
    """Decodes one frame a time. The file's own timing is of no account: the camera's frame rate is."""

    def __init__(self, path: Path) -> None:
        self.model = "Video file"
        self._path = path
        self._frames: Generator[Planes, None, None] | None = None

    def open(self) -> tuple[int, int]:
        """Look at the first frame.

        Raises:
            SourceError: it is no video that can be read, or PyAV is missing.
        """
        frame = self.next()
        self.close()
        if frame is None:
            raise SourceError(f"{self._path} has no picture")
        return frame.width, frame.height

    def next(self) -> Frame | None:
        """The next frame; `None` at the end.

        Raises:
            SourceError: the file cannot be read on.
        """
        if self._frames is None:
            self._frames = _decoded(self._path)
        planes = next(self._frames, None)
        if planes is None:
            self._frames = None
            return None
        return Frame(time.time_ns(), *size_of(planes), planes=planes)

    def why(self) -> str:
        """Nothing is known."""
        return ""

    def close(self) -> None:
        """Close the file."""
        frames, self._frames = self._frames, None
        if frames is not None:
            frames.close()


def _decoded(path: Path) -> Generator[Planes, None, None]:
    """Each picture of a file. Damage in its middle costs the pictures there, not those behind."""
    try:
        import av
    except ImportError as error:
        raise SourceError("video files need PyAV: pip install 'mqttcam[video]'") from error
    broken = 0
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise SourceError(f"{path} has no video in it")
            for packet in container.demux(container.streams.video[0]):
                pictures: list[Any] = []
                try:
                    pictures = packet.decode()
                except av.error.InvalidDataError as error:
                    broken += 1
                    log.debug("%s: a packet cannot be decoded: %s", path, error)
                    if broken > _BROKEN_IN_A_ROW:
                        raise
                for picture in pictures:
                    broken = 0
                    yield planes_of(picture)
    except av.error.FFmpegError as error:
        raise SourceError(f"{path} cannot be read as a video: {error.strerror}") from error
