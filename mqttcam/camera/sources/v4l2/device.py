"""An open V4L2 device (Linux media documentation, part I): its formats, buffers and frames."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import mmap
import os
import select
from collections.abc import Iterator
from typing import Any

import numpy as np

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.v4l2.formats import Buffer, PixelFormat
from mqttcam.imaging.raster import Plane

_CAPTURE = 1
"""V4L2_BUF_TYPE_VIDEO_CAPTURE"""
_MMAP = 1
"""V4L2_MEMORY_MMAP"""
_DISCRETE = 1
"""V4L2_FRMSIZE_TYPE_DISCRETE"""
_JPEG_COLORSPACE = 7
_FULL_RANGE = 1
_BT709_ENCODING, _XV709_ENCODING = 2, 4
_BT709_COLORSPACES = (3, 12)
"""V4L2_COLORSPACE_REC709 and DCI_P3, whose default encoding is that of BT.709."""
_FORCE_KEYFRAME = 0x9909E5
"""V4L2_CID_MPEG_VIDEO_FORCE_KEY_FRAME, which videodev2 lacks."""
_COMMON_SIZES = ((320, 240), (640, 480), (800, 600), (1280, 720), (1920, 1080), (3840, 2160))


class _FrameSize(ctypes.Structure):
    """v4l2_frmsizeenum, which videodev2 lacks: width and height, or the minimum, maximum and step of each."""

    _fields_ = (
        ("index", ctypes.c_uint32),
        ("pixel_format", ctypes.c_uint32),
        ("type", ctypes.c_uint32),
        ("sides", ctypes.c_uint32 * 6),
        ("reserved", ctypes.c_uint32 * 2),
    )


_ENUM_FRAMESIZES = 0xC000564A | ctypes.sizeof(_FrameSize) << 16
"""_IOWR('V', 74, struct v4l2_frmsizeenum)"""


def load() -> Any:
    """Return the package `videodev2`, which has V4L2's structures and constants.

    Raises:
        SourceError: it is not installed.
    """
    try:
        import videodev2
    except ImportError as error:
        raise SourceError("USB cameras need videodev2: pip install 'mqttcam[usb]'") from error
    return videodev2


class Device:
    """An open device.

    All methods raise OSError: with ENODEV if the camera was unplugged, with EBUSY if it is in use elsewhere.
    """

    def __init__(self, path: str) -> None:
        self._v = load()
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._maps: list[Plane] = []
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN | select.POLLERR)
        self.capability = self._v.v4l2_capability()
        try:
            self.call("QUERYCAP", self.capability)
        except OSError:
            self.close()
            raise

    def call(self, name: str, structure: Any) -> None:
        """Make the ioctl `VIDIOC_<name>`; it updates the structure."""
        fcntl.ioctl(self._fd, getattr(self._v, f"VIDIOC_{name}"), structure)

    def close(self) -> None:
        """Stop and release everything; may be called twice."""
        if self._fd < 0:
            return
        fd, self._fd = self._fd, -1
        self._maps = []
        os.close(fd)  # stops the stream as well

    # properties

    @property
    def card(self) -> str:
        return _text(self.capability.card)

    @property
    def driver(self) -> str:
        return _text(self.capability.driver)

    @property
    def bus(self) -> str:
        return _text(self.capability.bus_info)

    @property
    def is_capture(self) -> bool:
        """Whether it captures video; cameras have a second device node for metadata."""
        flags = self.capability.capabilities
        if flags & self._v.V4L2_CAP_DEVICE_CAPS:
            flags = self.capability.device_caps
        return bool(flags & self._v.V4L2_CAP_VIDEO_CAPTURE and flags & self._v.V4L2_CAP_STREAMING)

    def formats(self) -> list[str]:
        """Return the pixel formats (fourccs) that it offers."""
        description = self._v.v4l2_fmtdesc(type=_CAPTURE)
        return [_fourcc(description.pixelformat) for _ in self._each(self._v.VIDIOC_ENUM_FMT, description)]

    def sizes(self, fourcc: str) -> list[tuple[int, int]]:
        """Return the sizes of a format; if they are a range, the common sizes within it."""
        size = _FrameSize(pixel_format=_number(fourcc))
        found: set[tuple[int, int]] = set()
        for _ in self._each(_ENUM_FRAMESIZES, size):
            if size.type == _DISCRETE:
                found.add((size.sides[0], size.sides[1]))
                continue
            low_width, high_width, _, low_height, high_height, _ = size.sides
            return [
                (width, height)
                for width, height in _COMMON_SIZES
                if low_width <= width <= high_width and low_height <= height <= high_height
            ]
        return sorted(found)

    def _each(self, request: int, structure: Any) -> Iterator[None]:
        while True:
            try:
                fcntl.ioctl(self._fd, request, structure)
            except OSError as error:
                if error.errno in (errno.EINVAL, errno.ENOTTY):
                    return  # there are no more
                raise
            yield
            structure.index += 1

    # frames

    def configure(self, fourcc: str, width: int, height: int, rate: float) -> PixelFormat:
        """Request a format; return the nearest one that the device supports, which is then in effect."""
        wanted = self._v.v4l2_format(type=_CAPTURE)
        wanted.fmt.pix.width, wanted.fmt.pix.height = width, height
        wanted.fmt.pix.pixelformat = _number(fourcc)
        wanted.fmt.pix.field = 1  # none: whole frames
        self.call("S_FMT", wanted)
        got = wanted.fmt.pix
        full = got.quantization == _FULL_RANGE if got.quantization else None
        if full is None and got.colorspace == _JPEG_COLORSPACE:
            full = True
        encoding = got.ycbcr_enc or (_BT709_ENCODING if got.colorspace in _BT709_COLORSPACES else 0)
        return PixelFormat(
            _fourcc(got.pixelformat),
            got.width,
            got.height,
            got.bytesperline,
            self._set_rate(rate),
            full,
            encoding in (_BT709_ENCODING, _XV709_ENCODING),
        )

    def _set_rate(self, rate: float) -> float:
        parameters = self._v.v4l2_streamparm(type=_CAPTURE)
        period = parameters.parm.capture.timeperframe
        period.numerator, period.denominator = 1000, max(1, round(rate * 1000))
        try:
            self.call("S_PARM", parameters)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTTY):
                return 0.0  # its rate is fixed, and not reported
            raise
        return round(period.denominator / period.numerator, 2) if period.numerator else 0.0

    def start(self, buffers: int) -> None:
        """Map the buffers, queue all of them, and start the stream."""
        request = self._v.v4l2_requestbuffers(count=buffers, type=_CAPTURE, memory=_MMAP)
        self.call("REQBUFS", request)
        for index in range(request.count):
            buffer = self._v.v4l2_buffer(index=index, type=_CAPTURE, memory=_MMAP)
            self.call("QUERYBUF", buffer)
            memory = mmap.mmap(
                self._fd, buffer.length, mmap.MAP_SHARED, mmap.PROT_READ, offset=buffer.m.offset
            )
            self._maps.append(np.frombuffer(memory, np.uint8))
            self.call("QBUF", buffer)
        self._stream(self._v.VIDIOC_STREAMON)

    def restart(self) -> None:
        """Stop the stream, which empties the queue, and start it with the same buffers."""
        self._stream(self._v.VIDIOC_STREAMOFF)
        for index in range(len(self._maps)):
            self.call("QBUF", self._v.v4l2_buffer(index=index, type=_CAPTURE, memory=_MMAP))
        self._stream(self._v.VIDIOC_STREAMON)

    def _stream(self, request: int) -> None:
        fcntl.ioctl(self._fd, request, _CAPTURE.to_bytes(4, "little"))

    def wait(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds for a frame; return whether there is one.

        Raises:
            OSError: with ENODEV if the device is gone.
        """
        events = self._poll.poll(max(0, round(timeout * 1000)))
        if events and events[0][1] & (select.POLLHUP | select.POLLNVAL):
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return bool(events)

    def newest(self) -> Buffer | None:
        """Return the newest filled buffer, and give older ones back; `None` if no buffer is filled."""
        newest: Buffer | None = None
        while (buffer := self.next()) is not None:
            if newest is not None:
                self.give_back(newest)
            newest = buffer
        return newest

    def give_back(self, buffer: Buffer) -> None:
        """Let the device fill it again."""
        self.call("QBUF", self._v.v4l2_buffer(index=buffer.index, type=_CAPTURE, memory=_MMAP))

    def request_keyframe(self) -> None:
        """Make the next frame of an encoded format a keyframe, if the device can do that."""
        with contextlib.suppress(OSError):
            self.call("S_CTRL", self._v.v4l2_control(id=_FORCE_KEYFRAME, value=1))

    def next(self) -> Buffer | None:
        """Return the oldest filled buffer; `None` if no buffer is filled."""
        buffer = self._v.v4l2_buffer(type=_CAPTURE, memory=_MMAP)
        try:
            self.call("DQBUF", buffer)
        except BlockingIOError:
            return None
        is_monotonic = (
            buffer.flags & self._v.V4L2_BUF_FLAG_TIMESTAMP_MASK == self._v.V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC
        )
        stamp = (
            buffer.timestamp.tv_sec * 1_000_000_000 + buffer.timestamp.tv_usec * 1000 if is_monotonic else 0
        )
        is_broken = bool(buffer.flags & self._v.V4L2_BUF_FLAG_ERROR)
        data = self._maps[buffer.index][: buffer.bytesused]
        return Buffer(buffer.index, data, stamp, is_broken, buffer.sequence)


@contextlib.contextmanager
def opened(path: str) -> Iterator[Device]:
    """Open a device for the duration of the block."""
    device = Device(path)
    try:
        yield device
    finally:
        device.close()


def _text(field: Any) -> str:
    return bytes(field).split(b"\0", 1)[0].decode("utf-8", "replace").strip()


def _fourcc(number: int) -> str:
    return (number & 0x7FFFFFFF).to_bytes(4, "little").decode("latin-1")


def _number(fourcc: str) -> int:
    return int.from_bytes(fourcc.encode("latin-1"), "little")
