"""A file of raw planar frames, one after the other, without any header."""

from __future__ import annotations

import mmap
import time
from pathlib import Path

import numpy as np

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import SourceError
from mqttcam.imaging.raster import Planes
from mqttcam.settings import Size


class RawFrames:
    """I420: Y, then U, then V, no padding. Frames are views of the file in memory; nothing is copied."""

    def __init__(self, path: Path, size: Size) -> None:
        self.model = "Raw frames"
        self._path = path
        self._size = size
        self._bytes = size.width * size.height * 3 // 2
        self._map: mmap.mmap | None = None
        self._frames: list[Planes] = []
        self._next = 0

    def open(self) -> tuple[int, int]:
        """Map the file.

        Raises:
            SourceError: it cannot be read, or is no whole number of frames.
        """
        try:
            with self._path.open("rb") as file:
                length = file.seek(0, 2)
                if not length or length % self._bytes:
                    raise SourceError(f"{self._path} has {length} bytes: not a whole number of {self._size} frames")
                self._map = mmap.mmap(file.fileno(), length, access=mmap.ACCESS_READ)
        except OSError as error:
            raise SourceError(f"{self._path}: {error.strerror}") from error
        self._frames = [self._view(offset) for offset in range(0, length, self._bytes)]
        return self._size.width, self._size.height

    def next(self) -> Frame | None:
        """The next frame; `None` at the end."""
        if self._next == len(self._frames):
            self._next = 0
            return None
        planes = self._frames[self._next]
        if self._map is not None:
            self._let_go(self._map)
        self._next += 1
        return Frame(time.time_ns(), *self._size, planes=planes)

    def close(self) -> None:
        """Unmap the file; frames that somebody still holds keep it alive."""
        self._frames = []
        self._map = None

    def _view(self, offset: int) -> Planes:
        width, height = self._size
        whole = np.frombuffer(self._map or b"", np.uint8, self._bytes, offset)
        y, chroma = whole[: width * height], whole[width * height :]
        half = (2, height // 2, width // 2)
        u, v = chroma.reshape(half)
        return y.reshape(height, width), u, v

    def _let_go(self, mapped: mmap.mmap) -> None:
        """Give the pages of the frame before back: a long recording stays out of this process' memory."""
        before = (self._next - 1) % len(self._frames) * self._bytes
        start = before // mmap.PAGESIZE * mmap.PAGESIZE
        mapped.madvise(mmap.MADV_DONTNEED, start, before + self._bytes - start)
