"""A video file, through PyAV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.imaging.raster import Plane

_FULL_RANGE_FORMAT = "yuvj420p"


class Video:
    """Decodes one frame a time; whatever the file's own colours are, frames come as full-range 4:2:0."""

    def __init__(self, path: Path) -> None:
        self.model = "Video file"
        self._path = path
        self._container: Any = None
        self._frames: Iterator[Any] | None = None

    def open(self) -> tuple[int, int]:
        """Open the file and look at its first frame.

        Raises:
            SourceError: it is no video that can be read, or PyAV is missing.
        """
        frame = self.next()
        if frame is None:
            raise SourceError(f"{self._path} has no picture")
        size = frame.width, frame.height
        self.close()
        return size

    def next(self) -> Frame | None:
        """The next frame; `None` at the end.

        Raises:
            SourceError: the file cannot be read on.
        """
        av = _av()
        try:
            if self._frames is None:
                self._container = av.open(str(self._path))
                self._frames = iter(self._container.decode(video=0))
            decoded = next(self._frames, None)
        except (av.error.FFmpegError, IndexError) as error:
            self.close()
            raise SourceError(f"{self._path} cannot be read as a video: {error}") from error
        if decoded is None:
            self.close()
            return None
        return _frame(decoded)

    def close(self) -> None:
        """Close the file."""
        self._frames = None
        if self._container is not None:
            self._container.close()
            self._container = None


def _frame(decoded: Any) -> Frame:
    width, height = decoded.width // 2 * 2, decoded.height // 2 * 2
    picture = decoded.reformat(width, height, format=_FULL_RANGE_FORMAT, dst_color_range="JPEG")
    y, u, v = (_plane(plane, shape) for plane, shape in zip(picture.planes, _shapes(width, height), strict=True))
    return Frame(time.time_ns(), width, height, planes=(y, u, v))


def _shapes(width: int, height: int) -> tuple[tuple[int, int], ...]:
    return (height, width), (height // 2, width // 2), (height // 2, width // 2)


def _plane(plane: Any, shape: tuple[int, int]) -> Plane:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: shape[0], : shape[1]]


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise SourceError("video files need PyAV: pip install 'mqttcam[video]'") from error
    return av
