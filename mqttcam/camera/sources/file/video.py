"""A video file, read through PyAV."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources._video_stream import VideoStream, any_encoding
from mqttcam.imaging.raster import Planes, size_of
from mqttcam.imaging.video import planes_of

log = camera_logger(__name__)

_BROKEN_IN_A_ROW = 250
"""Packets in a row that cannot be decoded, after which the file counts as broken."""


class VideoReader:
    """Decodes one frame at a time. The file's own timing is ignored; the camera's frame rate counts."""

    def __init__(self, path: Path, max_pixels: int) -> None:
        self.model = "Video file"
        self._path = path
        self._max_pixels = max_pixels
        self._frames: Generator[Planes, None, None] | None = None

    def open(self) -> tuple[int, int]:
        """Return the size of the first frame.

        Raises:
            SourceError: the file is not a readable video, or PyAV is missing.
        """
        frame = self.next()
        self.close()
        if frame is None:
            raise SourceError(f"{self._path} has no picture")
        return frame.width, frame.height

    def next(self) -> Frame | None:
        """Return the next frame; `None` at the end.

        Raises:
            SourceError: the file cannot be read any further.
        """
        if self._frames is None:
            self._frames = _decoded(self._path, self._max_pixels)
        planes = next(self._frames, None)
        if planes is None:
            self._frames = None
            return None
        return Frame(time.time_ns(), *size_of(planes), planes=planes)

    def why(self) -> str:
        """Return nothing: the failure itself says why."""
        return ""

    def close(self) -> None:
        """Close the file."""
        frames, self._frames = self._frames, None
        if frames is not None:
            frames.close()


def _decoded(path: Path, max_pixels: int) -> Generator[Planes, None, None]:
    """Yield each picture of a file. Damage in the middle costs the pictures there, not those after it."""
    try:
        import av
    except ImportError as error:
        raise SourceError("video files need PyAV: pip install 'mqttcam[video]'") from error
    broken = 0
    try:
        with av.open(str(path), options={"max_pixels": str(max_pixels)}, **any_encoding(av)) as container:
            try:
                stream = VideoStream(container, max_pixels)
            except SourceError as error:
                raise SourceError(f"{path} cannot be read as a video: {error}") from None
            for packet in container.demux(stream.av_stream):
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
                    yield planes_of(picture, stream.pixel_aspect, max_pixels)
    except av.error.ArgumentError as error:  # FFmpeg says no more than that
        raise SourceError(
            f"{path} cannot be read as a video, or has more than {max_pixels} pixels (max_pixels)"
        ) from error
    except av.error.FFmpegError as error:
        raise SourceError(f"{path} cannot be read as a video: {error.strerror}") from error
