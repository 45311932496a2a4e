"""The video of a series: a fragmented MP4 (ISO/IEC 14496-12) that grows by one fragment with each picture.

It can be played at any time. What a crash leaves of a fragment is cut off before the next one is added. The parameter
sets are those of the first picture: once they change, as with the size of the pictures, another file begins.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mqttcam.files import sync_folder, write_new
from mqttcam.imaging.i420 import I420, even_size
from mqttcam.imaging.jpeg import read_header
from mqttcam.imaging.raster import decode, fit_within
from mqttcam.settings.series import SeriesVideoSettings
from mqttcam.settings.size import NAMED_SIZES
from mqttcam.settings.video import VideoSettings
from mqttcam.video.encoder import H264Encoder, VideoUnavailable, check_available
from mqttcam.video.fragments import initialization_segment, make_fragment
from mqttcam.video.mp4 import append
from mqttcam.video.unit import CLOCK, Unit

_DEFAULT_SIZE = NAMED_SIZES["4K"]
"""The decoders of browsers and phones need not play larger pictures."""
_KEYFRAME_INTERVAL = 1.0
"""Seconds of the video."""
_BOX_HEADER = 8
NEW = ".new"
"""The suffix of a file that is being written."""


class _Content(NamedTuple):
    """What is in a file.

    Attributes:
        header: all bytes before the first fragment.
        frames: the number of whole fragments.
        size: in bytes, up to the end of the last one.
        end: when the last one ends, in ticks of `CLOCK`.
    """

    header: bytes = b""
    frames: int = 0
    size: int = 0
    end: int = 0


class SeriesVideo:
    """Adds pictures to a file. Every method may block as long as the disk does.

    Attributes:
        path: of the file; None before the first picture.
        frames: the number of pictures in it.
        size: of the file in bytes.
    """

    def __init__(self, settings: SeriesVideoSettings) -> None:
        self.path: Path | None = None
        self._settings = settings
        self._duration = round(CLOCK / settings.fps)
        self._content = _Content()
        self._encoder: H264Encoder | None = None
        self._encoded_size = (0, 0)

    @property
    def frames(self) -> int:
        return self._content.frames

    @property
    def size(self) -> int:
        return self._content.size

    def open(self, path: Path | None) -> None:
        """Continue a file, or begin a new one with the next picture.

        Raises:
            OSError: the file cannot be read, or what a crash has left at its end cannot be cut off.
        """
        self.end_group()
        self.path, self._content = path, _Content()
        if path is None:
            return
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            self.path = None
            return
        try:
            content = _read(descriptor)
            if os.fstat(descriptor).st_size > content.size:
                os.ftruncate(descriptor, content.size)
                os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        self._content = content
        if not content.frames:
            path.unlink(missing_ok=True)
            self.path = None

    def add(self, jpeg: bytes, new_path: Path, mode: int) -> None:
        """Add a picture; the video is on the disk when this returns.

        Args:
            new_path: of the file to begin if the picture does not fit into the present one.
            mode: the permissions of a new file.

        Raises:
            OSError: the disk refused it; the file is as before.
            ValueError: the picture cannot be decoded.
            VideoUnavailable: PyAV or the encoder is missing.
        """
        if self.path is not None and not self.path.exists():  # deleted by hand: another one begins
            self.open(None)
        try:
            unit = self._encode(_i420(jpeg, self._settings))
            header = initialization_segment(unit) if unit.is_keyframe else self._content.header
            if self.path is not None and header == self._content.header:
                self._append(self.path, unit)
            else:
                self._begin(new_path, unit, header, mode)
        except BaseException:
            self.end_group()  # what the encoder refers to is not in the file
            raise

    def end_group(self) -> None:
        """Make the next picture a keyframe, and free the memory of the encoder."""
        self._encoder = None

    def _encode(self, i420: I420) -> Unit:
        size = (i420.shape[1], i420.shape[0] * 2 // 3)
        if self._encoder is None or size != self._encoded_size:
            settings = VideoSettings(
                encoder="libx264", quality=self._settings.quality, keyframe_interval=_KEYFRAME_INTERVAL
            )
            self._encoder = H264Encoder(settings, *size, self._settings.fps)
            self._encoded_size = size
        unit = self._encoder.encode(i420, self._content.end, 0)
        if unit is None:
            raise VideoUnavailable(f"the encoder {self._encoder.name} holds pictures back")
        return unit

    def _begin(self, path: Path, unit: Unit, header: bytes, mode: int) -> None:
        data = header + make_fragment(unit, 1, 0, self._duration)
        new = path.with_name(path.name + NEW)
        write_new(new, data, mode)
        new.replace(path)
        sync_folder(path.parent)
        self.path, self._content = path, _Content(header, 1, len(data), self._duration)

    def _append(self, path: Path, unit: Unit) -> None:
        content = self._content
        data = make_fragment(unit, content.frames + 1, content.end, self._duration)
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            append(descriptor, content.size, data)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        self._content = content._replace(
            frames=content.frames + 1, size=content.size + len(data), end=content.end + self._duration
        )


def _i420(jpeg: bytes, settings: SeriesVideoSettings) -> I420:
    """Return a picture in the encoder's format, scaled down to the size of the video."""
    check_available()
    import av

    width, height = fit_within(*read_header(jpeg).size, *(settings.size or _DEFAULT_SIZE))
    pixels = decode(jpeg, width, height)
    frame: Any = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgba")
    converted = frame.reformat(
        *even_size(width, height),
        "yuvj420p",
        dst_colorspace="ITU601",
        dst_color_range="JPEG",
        interpolation="AREA",
        threads=1,
    )
    return np.ascontiguousarray(converted.to_ndarray())


def _read(descriptor: int) -> _Content:
    """Return the contents of a file, up to its last complete fragment."""
    total, start = os.fstat(descriptor).st_size, 0
    content, header_size, end = _Content(), 0, 0
    while len(head := os.pread(descriptor, _BOX_HEADER, start)) == _BOX_HEADER:
        size, kind = struct.unpack(">I4s", head)
        if size < _BOX_HEADER or start + size > total:
            break
        if kind == b"moof":
            header_size = header_size or start
            try:
                end = _end_of(os.pread(descriptor, size, start))
            except (ValueError, struct.error):  # of which a power cut has left the length alone
                break
        elif kind == b"mdat" and header_size:
            content = _Content(b"", content.frames + 1, start + size, end)
        start += size
    return content._replace(header=os.pread(descriptor, header_size, 0)) if content.frames else _Content()


def _end_of(moof: bytes) -> int:
    """Return when a fragment of one frame ends, by its tfdt and trun boxes as `make_fragment` writes them."""
    (time,) = struct.unpack_from(">Q", moof, moof.index(b"tfdt") + 8)
    (duration,) = struct.unpack_from(">I", moof, moof.index(b"trun") + 16)
    return int(time) + int(duration)
