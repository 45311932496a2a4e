"""A file of raw planar frames without any header."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.imaging.raster import Planes
from mqttcam.settings import Size

_KEPT = 64 * 1024 * 1024
"""Bytes of a file that is kept in memory. A longer one is read frame by frame; the copy costs a tenth of encoding. A
mapped file would save it, but truncating a mapped file kills the process that reads it.
"""

Bytes = NDArray[np.uint8]


class RawReader:
    """Reads I420: Y, U and V in turn, without padding. A file that has changed is read again after its end."""

    def __init__(self, path: Path, size: Size) -> None:
        self.model = "Raw frames"
        self._path = path
        self._size = size
        self._frame_bytes = size.width * size.height * 3 // 2
        self._file: int | None = None
        self._state: tuple[int, int, int] | None = None
        self._memory: Bytes = np.empty(0, np.uint8)
        self._frames: list[Planes] = []
        self._next = 0
        self._count = 0

    def open(self) -> tuple[int, int]:
        """Open the file.

        Raises:
            SourceError: it cannot be read, or is not a whole number of frames.
        """
        self._begin()
        return self._size.width, self._size.height

    def next(self) -> Frame | None:
        """Return the next frame; `None` at the end.

        Raises:
            SourceError: the file can no longer be read, or was truncated meanwhile.
        """
        if self._next == self._count:
            self._next = 0
            self._begin()
            return None
        captured = time.time_ns()
        index = self._next % len(self._frames)
        if self._file is not None:
            self._fill()
        self._next += 1
        return Frame(captured, *self._size, planes=self._frames[index])

    def why(self) -> str:
        """Return nothing: frames are not checked."""
        return ""

    def close(self) -> None:
        """Close the file."""
        file, self._file = self._file, None
        self._state = None
        if file is not None:
            os.close(file)

    def _begin(self) -> None:
        """Prepare for the first frame; what is in memory and has not changed is kept."""
        try:
            status = self._path.stat()
            state = status.st_mtime_ns, status.st_size, status.st_ino
            if state == self._state and self._file is None:
                return
            self.close()
            self._file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            self._count = self._count_frames(os.fstat(self._file).st_size)
        except FileNotFoundError as error:
            raise SourceError(f"{self._path} does not exist") from error
        except OSError as error:
            raise SourceError(f"{self._path}: {error.strerror}") from error
        is_kept = self._count * self._frame_bytes <= _KEPT
        self._make_room(self._count if is_kept else 1)
        if is_kept:
            self._fill()
            self.close()
            self._state = state

    def _count_frames(self, length: int) -> int:
        frames, rest = divmod(length, self._frame_bytes)
        if rest or not frames:
            raise SourceError(
                f"{self._path} has {length} bytes: not a whole number of {self._size} frames"
                f" of {self._frame_bytes} bytes"
            )
        return frames

    def _make_room(self, frames: int) -> None:
        if len(self._frames) != frames:
            self._memory = np.empty(frames * self._frame_bytes, np.uint8)
            parts = self._memory.reshape(frames, self._frame_bytes)
            self._frames = [_planes(part, self._size) for part in parts]

    def _fill(self) -> None:
        assert self._file is not None
        try:
            length = os.readv(self._file, [self._memory.data])
        except OSError as error:
            raise SourceError(f"{self._path}: {error.strerror}") from error
        if length != self._memory.nbytes:
            raise SourceError(f"{self._path} was truncated")


def _planes(frame: Bytes, size: Size) -> Planes:
    width, height = size
    u, v = frame[width * height :].reshape(2, height // 2, width // 2)
    return frame[: width * height].reshape(height, width), u, v
