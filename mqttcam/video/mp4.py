"""MP4 files (ISO/IEC 14496-12 and -14) that can be played at any moment while they are written.

FFmpeg writes them in fragments of half a second, and makes a plain file with an index of them at the end ("hybrid"
fragmented MP4), without moving anything. The muxer writes to memory and this module to the disk: FFmpeg's own output
would hold Python's global lock while a disk hangs, and leaves half a fragment on a full one.
"""

from __future__ import annotations

import contextlib
import os
import re
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from mqttcam.files import set_mode
from mqttcam.video.encoder import check_available
from mqttcam.video.unit import CLOCK, Unit

_TICK = Fraction(1, CLOCK)
_OPTIONS = {
    "movflags": "hybrid_fragmented+frag_keyframe",
    "frag_duration": "500000",  # microseconds: what a crash costs
    "flush_packets": "1",
}
_BUFFER = 1 << 20
"""Bytes that the muxer passes on at once: a fragment up to 16 Mbit/s."""
_USUAL_DURATION = CLOCK // 10
"""Ticks that the only frame of a file is shown."""
_HEVC_TAG = re.compile(rb"(stsd.{12})hev1", re.DOTALL)
"""FFmpeg's name of H.265 in a sample description; Apple's players take `hvc1` alone."""


class _Memory:
    """Keeps what the muxer writes, as pairs of an offset in the file and bytes, until it is taken."""

    def __init__(self) -> None:
        self._pieces: list[tuple[int, bytes]] = []
        self._position = self._end = 0

    def write(self, data: bytes) -> int:
        self._pieces.append((self._position, data))
        self._position += len(data)
        self._end = max(self._end, self._position)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = (
            offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._end}[whence]
        )
        return self._position

    def tell(self) -> int:
        return self._position

    def take(self) -> list[tuple[int, bytes]]:
        pieces, self._pieces = self._pieces, []
        return pieces


class Mp4Writer:
    """Writes units of one size and codec into a new file. Every method may block as long as the disk does.

    After an OSError the file ends with its last whole fragment, as far as the disk still lets it; `close` is all that
    can be called then.

    Attributes:
        bytes: the size of the file.
        seconds: the length of what is in the file: up to half a second less than what was written, until `close`.
        broken: whether the disk has refused something.
    """

    def __init__(self, path: Path, first: Unit, *, mode: int = 0o600, title: str = "") -> None:
        """Create the file.

        Args:
            first: the first unit, a keyframe; it is still to be written.
            mode: the file's permissions.
            title: is noted in the file, and so is the time of its first unit.

        Raises:
            FileExistsError: there is such a file.
            OSError: the disk refuses it.
            VideoUnavailable: PyAV is missing.
            ValueError: `first` is no keyframe.
        """
        check_available()
        if not first.is_keyframe:
            raise ValueError("a file has to begin with a keyframe")
        self.bytes = 0
        self.seconds = 0.0
        self.broken = False
        self._first_pts = first.pts
        self._last_pts: int | None = None
        self._duration = _USUAL_DURATION
        self._memory = _Memory()
        self._hevc = first.codec == "hevc"
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            set_mode(self._descriptor, mode)
            self._container, self._stream = _open(self._memory, first, title)
        except BaseException:
            os.close(self._descriptor)
            path.unlink(missing_ok=True)
            raise

    def fileno(self) -> int:
        return self._descriptor

    def write(self, unit: Unit) -> None:
        """Add a unit, later than the one before.

        Raises:
            OSError: the disk refused the fragment that it completes.
        """
        import av

        if self._last_pts is not None:
            self._duration = unit.pts - self._last_pts
        self._last_pts = unit.pts
        packet = av.Packet(unit.data)
        packet.stream = self._stream
        packet.time_base = _TICK
        packet.pts = packet.dts = unit.pts - self._first_pts
        packet.duration = self._duration
        packet.is_keyframe = unit.is_keyframe
        self._container.mux_one(packet)
        if pieces := self._memory.take():
            self._append(b"".join(data for _offset, data in pieces))
            self.seconds = (unit.pts - self._first_pts) / CLOCK

    def sync(self) -> None:
        """Return once everything written so far survives a power cut.

        Raises:
            OSError: the disk has failed.
        """
        os.fdatasync(self._descriptor)

    def close(self) -> None:
        """Finish the file: write the last fragment and the index, and sync it.

        Raises:
            OSError: the disk refused the rest; the file is whole up to there, or lacks only the index.
        """
        try:
            self._container.close()
            if not self.broken:
                self._finish()
        finally:
            os.close(self._descriptor)

    def _finish(self) -> None:
        """Turn the fragments into a plain file: what makes them one is written last, after the index."""
        end, pieces = self.bytes, self._memory.take()
        self._append(b"".join(data for offset, data in pieces if offset >= end))
        os.fdatasync(self._descriptor)
        for offset, data in pieces:
            if offset < end:
                os.pwrite(self._descriptor, data, offset)
        os.fdatasync(self._descriptor)
        if self._last_pts is not None:
            self.seconds = (self._last_pts - self._first_pts + self._duration) / CLOCK

    def _append(self, data: bytes) -> None:
        if self._hevc:
            data = _HEVC_TAG.sub(rb"\1hvc1", data, count=1)
        left = memoryview(data)
        try:
            while left:
                left = left[os.pwrite(self._descriptor, left, self.bytes + len(data) - len(left)) :]
        except OSError:
            self.broken = True
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self.bytes)
            raise
        self.bytes += len(data)


def _open(memory: _Memory, first: Unit, title: str) -> tuple[Any, Any]:
    """Return a container and its stream of video."""
    import av

    container: Any = av.open(memory, "w", format="mp4", options=_OPTIONS, buffer_size=_BUFFER)
    container.metadata["creation_time"] = datetime.fromtimestamp(first.ts_ns / 1e9, UTC).isoformat()
    if title:
        container.metadata["title"] = title
    stream = container.add_mux_stream(first.codec, width=first.width, height=first.height, time_base=_TICK)
    return container, stream
