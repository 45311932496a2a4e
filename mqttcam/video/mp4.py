"""MP4 files (ISO/IEC 14496-12 and -14) that can be played at any moment while they are written.

FFmpeg writes them in fragments of 0.4 seconds, and makes a plain file with an index of them at the end ("hybrid"
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

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat
from mqttcam.files import set_mode
from mqttcam.video.aac import BITRATE, layout_of
from mqttcam.video.encoder import check_available
from mqttcam.video.unit import CLOCK, AudioFrame, Unit

_TICK = Fraction(1, CLOCK)
FRAGMENT = 0.4
"""Seconds. With the frame that completes a fragment, a crash costs half a second."""
_FRAGMENT_WITH_AUDIO = 0.25
"""Shorter, as the muxer holds video back until it has the audio of the same time, so that both are in order."""
_OPTIONS = {"movflags": "hybrid_fragmented+frag_keyframe", "flush_packets": "1"}
_BUFFER = 1 << 20
"""Bytes that the muxer passes on at once: a fragment up to 16 Mbit/s."""
_USUAL_DURATION = CLOCK // 10
"""Ticks that the only frame of a file is shown."""
_HEVC_TAG = re.compile(rb"(stsd.{12})hev1", re.DOTALL)
"""FFmpeg's name of H.265 in a sample description; Apple's players accept only `hvc1`."""


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


class Mp4Muxer:
    """Makes the bytes of a file from units of one size and codec.

    Attributes:
        seconds: the length of all units so far.
        pts: of the last unit, or of its audio if that ends before; what comes later is not in the file yet.
    """

    def __init__(self, first: Unit, *, created: str, title: str) -> None:
        """Begin with `first`, a keyframe, which is still to be muxed.

        Args:
            created: its time as ISO text, noted in the file as the title is.

        Raises:
            VideoUnavailable: PyAV is missing.
            ValueError: `first` is no keyframe.
        """
        check_available()
        import av

        if not first.is_keyframe:
            raise ValueError("a file has to begin with a keyframe")
        self.seconds = 0.0
        self.pts = self._first_pts = first.pts
        self._is_hevc = first.codec == "hevc"
        self._memory = _Memory()
        fragment = FRAGMENT if first.audio_format is None else _FRAGMENT_WITH_AUDIO
        options = {**_OPTIONS, "frag_duration": f"{fragment * 1e6:.0f}"}
        self._container: Any = av.open(self._memory, "w", format="mp4", options=options, buffer_size=_BUFFER)
        self._container.metadata["creation_time"] = created
        if title:
            self._container.metadata["title"] = title
        self._stream = self._container.add_mux_stream(
            first.codec, width=first.width, height=first.height, time_base=_TICK
        )
        self._audio = first.audio_format and _AudioTrack(self._container, first.audio_format, first.pts)

    def mux(self, unit: Unit, duration: int) -> bytes:
        """Return what comes next in the file: the fragment before the unit, or nothing.

        Args:
            duration: in ticks; only that of the last unit matters.
        """
        import av

        packet = av.Packet(unit.data)
        packet.stream = self._stream
        packet.time_base = _TICK
        packet.pts = packet.dts = unit.pts - self._first_pts
        packet.duration = duration
        packet.is_keyframe = unit.is_keyframe
        self._container.mux_one(packet)
        self.pts = unit.pts
        if self._audio is not None:
            self.pts = min(unit.pts, self._audio.mux(unit.audio))
        self.seconds = (unit.pts - self._first_pts + duration) / CLOCK
        return b"".join(self._tagged(data) for _offset, data in self._memory.take())

    def close(self, size: int) -> tuple[bytes, list[tuple[int, bytes]]]:
        """Return the end of a file of `size` bytes, the last fragment and the index; and then what makes it a plain
        file, as offsets and bytes to write there."""
        self._container.close()
        pieces = self._memory.take()
        end = b"".join(self._tagged(data) for offset, data in pieces if offset >= size)
        return end, [(offset, data) for offset, data in pieces if offset < size]

    def _tagged(self, data: bytes) -> bytes:
        return _HEVC_TAG.sub(rb"\1hvc1", data, count=1) if self._is_hevc else data


class _AudioTrack:
    """The audio of a file. Its time stamps count samples, and its first frame begins with the first picture."""

    def __init__(self, container: Any, audio_format: AudioFormat, first_pts: int) -> None:
        self._container = container
        self._rate = audio_format.rate
        self._first_pts = first_pts
        # PyAV gives a track its description only with an encoder, which is not used.
        self._stream = container.add_stream("aac", rate=audio_format.rate, layout=layout_of(audio_format))
        self._stream.codec_context.bit_rate = BITRATE * audio_format.channels
        self._time_base = Fraction(1, audio_format.rate)
        self._last: int | None = None

    def mux(self, frames: tuple[AudioFrame, ...]) -> int:
        """Add frames, but not those that end before the first picture; return when the last one begins, in ticks."""
        import av

        for frame in frames:
            pts = round((frame.pts - self._first_pts) * self._rate / CLOCK)
            if self._last is None:
                if pts <= -FRAME_SAMPLES:
                    continue
                pts = 0
            else:
                pts = max(pts, self._last + 1)
            self._last = pts
            packet = av.Packet(frame.data)
            packet.stream = self._stream
            packet.time_base = self._time_base
            packet.pts = packet.dts = pts
            packet.duration = FRAME_SAMPLES
            packet.is_keyframe = True
            self._container.mux_one(packet)
        return self._first_pts + (self._last or 0) * CLOCK // self._rate


class Mp4Writer:
    """Writes units of one size and codec into a new file. Every method may block as long as the disk does.

    After an OSError the file ends with its last whole fragment, as far as the disk still lets it; `close` is all that
    can be called then.

    Attributes:
        bytes: the size of the file.
        seconds: the length of what is in the file: up to half a second less than what was written, until `close`.
        is_broken: whether the disk has refused something.
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
        self.bytes = 0
        self.seconds = 0.0
        self.is_broken = False
        self._first_pts = first.pts
        self._last_pts: int | None = None
        self._duration = _USUAL_DURATION
        created = datetime.fromtimestamp(first.ts_ns / 1e9, UTC).isoformat()
        self._muxer = Mp4Muxer(first, created=created, title=title)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        set_mode(self._descriptor, mode)

    def fileno(self) -> int:
        return self._descriptor

    def write(self, unit: Unit) -> None:
        """Add a unit, later than the one before.

        Raises:
            OSError: the disk refused the fragment that it completes.
        """
        if self._last_pts is not None:
            self._duration = unit.pts - self._last_pts
        self._last_pts = unit.pts
        if data := self._muxer.mux(unit, self._duration):
            self._append(data)
            self.seconds = (self._muxer.pts - self._first_pts) / CLOCK

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
            end, patches = self._muxer.close(self.bytes)
            if not self.is_broken:
                self._append(end)
                self.seconds = self._muxer.seconds
                finish(self._descriptor, patches)
        finally:
            os.close(self._descriptor)

    def _append(self, data: bytes) -> None:
        try:
            append(self._descriptor, self.bytes, data)
        except OSError:
            self.is_broken = True
            raise
        self.bytes += len(data)


def append(descriptor: int, size: int, data: bytes) -> None:
    """Write `data` at the end of a file of `size` bytes, or nothing as far as the disk lets it.

    Raises:
        OSError: the disk refused it.
    """
    left = memoryview(data)
    try:
        while left:
            left = left[os.pwrite(descriptor, left, size + len(data) - len(left)) :]
    except OSError:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def finish(descriptor: int, patches: list[tuple[int, bytes]]) -> None:
    """Make a file that has its index a plain one, once the index is on the disk.

    Raises:
        OSError: the disk refused it.
    """
    os.fdatasync(descriptor)
    for offset, data in patches:
        os.pwrite(descriptor, data, offset)
    os.fdatasync(descriptor)
