"""Finishes MP4 files whose writer was killed; only those of `mqttcam.video.mp4`."""

from __future__ import annotations

import logging
import os
import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast

from mqttcam.camera.audio_packet import AudioFormat
from mqttcam.video.mp4 import Mp4Muxer, append, finish
from mqttcam.video.unit import CLOCK, AudioFrame, Codec, Unit

log = logging.getLogger(__name__)

_HEADER = 16
_EPOCH = "1970-01-01T00:00:00Z"
"""FFmpeg's value for an unknown time."""
_START_CODES = (b"\0\0\1", b"\0\0\0\1")
"""Encoders use one or the other, and FFmpeg takes the additional zero into the index."""


class _Box(NamedTuple):
    """A box at the top level of a file (ISO/IEC 14496-12, 4.2)."""

    kind: bytes
    start: int
    end: int


def finish_file(path: Path) -> float:
    """Cut an incomplete fragment off the end of a file, add the index, and return the length in seconds.

    Nothing is moved: the fragments are muxed again in memory, and if the result is the same as the file, which another
    version of FFmpeg may not make so, the index that then comes is that of the file. Without one, it plays as well.
    Return 0 if there is no whole fragment.

    Raises:
        OSError: the disk refuses it.
        VideoUnavailable: PyAV is missing.
        ValueError: it is something else.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        boxes = list(_boxes(descriptor))
        if [box.kind for box in boxes[-2:]] == [b"mdat", b"moov"] and b"moof" not in {
            box.kind for box in boxes
        }:
            return _length(path)
        size = _whole_size(boxes)
        os.ftruncate(descriptor, size)
        os.fdatasync(descriptor)
        return _add_index(path, descriptor, size) if size else 0.0
    finally:
        os.close(descriptor)


def _boxes(descriptor: int) -> Iterator[_Box]:
    """Yield the complete boxes of a file."""
    start, end = 0, os.fstat(descriptor).st_size
    while len(header := os.pread(descriptor, _HEADER, start)) >= 8:
        size, kind = struct.unpack_from(">I4s", header)
        if size == 1 and len(header) == _HEADER:
            (size,) = struct.unpack_from(">Q", header, 8)
        if size < 8 or start + size > end:
            return
        yield _Box(kind, start, start + size)
        start += size


def _whole_size(boxes: list[_Box]) -> int:
    """Return the size up to the last complete fragment: its data, after its header or that of the file."""
    whole = 0
    for before, box in pairwise(boxes):
        if box.kind == b"mdat" and before.kind in (b"moov", b"moof"):
            whole = box.end
    return whole


def _length(path: Path) -> float:
    import av

    with av.open(str(path)) as container:
        return (container.duration or 0) / 1e6


def _add_index(path: Path, descriptor: int, size: int) -> float:
    """Add the index to a file of complete fragments, if that is possible, and return its length in seconds."""
    seconds = 0.0
    for start_code in _START_CODES:
        seconds, index, patches = _mux_again(path, descriptor, size, start_code)
        if index:
            append(descriptor, size, index)
            finish(descriptor, patches)
            return seconds
    log.info("%s: finished without an index, as another version of FFmpeg has written it", path)
    return seconds


def _mux_again(
    path: Path, descriptor: int, size: int, start_code: bytes
) -> tuple[float, bytes, list[tuple[int, bytes]]]:
    """Return the length in seconds, and what comes at the end of the file; nothing if the rest is not the same."""
    import av

    muxer, position, same = None, 0, True
    with av.open(str(path)) as container:
        created = container.metadata.get("creation_time", _EPOCH)
        title = container.metadata.get("title", "")
        for unit, duration in _units(container, start_code):
            muxer = muxer or Mp4Muxer(unit, created=created, title=title)
            data = muxer.mux(unit, duration)
            same = same and os.pread(descriptor, len(data), position) == data
            position += len(data)
    if muxer is None:
        return 0.0, b"", []
    end, patches = muxer.close(position)
    fragment, index = end[: size - position], end[size - position :]
    same = same and os.pread(descriptor, len(fragment), position) == fragment
    return muxer.seconds, index if same else b"", patches


def _units(container: Any, start_code: bytes) -> Iterator[tuple[Unit, int]]:
    """Yield the units of a file with their durations, as they were written, except that audio comes with any unit."""
    (stream,) = container.streams.video
    codec = cast("Codec", stream.codec_context.name)
    audio_format = _audio_format(container)
    last: tuple[Unit, int] | None = None
    audio: list[AudioFrame] = []
    for packet in container.demux():
        if packet.dts is None:
            continue
        pts, duration = (round(ticks * packet.time_base * CLOCK) for ticks in (packet.pts, packet.duration))
        if packet.stream is not stream:
            audio.append(AudioFrame(bytes(packet), pts))
            continue
        if last is not None:
            yield last[0]._replace(audio=tuple(audio)), last[1]
            audio.clear()
        data = _annex_b(bytes(packet), start_code)
        size = (stream.width, stream.height)
        last = Unit(data, pts, 0, packet.is_keyframe, *size, codec, audio_format=audio_format), duration
    if last is not None:
        yield last[0]._replace(audio=tuple(audio)), last[1]


def _audio_format(container: Any) -> AudioFormat | None:
    for stream in container.streams.audio:
        return AudioFormat(stream.codec_context.sample_rate, stream.codec_context.layout.nb_channels)
    return None


def _annex_b(data: bytes, start_code: bytes) -> bytes:
    """Return the NAL units with start codes instead of their lengths (ISO/IEC 14496-15, 5.3.3)."""
    parts, start = [], 0
    while start + 4 <= len(data):
        (size,) = struct.unpack_from(">I", data, start)
        parts += [start_code, data[start + 4 : start + 4 + size]]
        start += 4 + size
    return b"".join(parts)
