"""Converts a device's buffer to a JPEG or to planes (Linux media documentation, part I, chapter 2)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from mqttcam.camera.sources.v4l2.formats import PixelFormat
from mqttcam.imaging.limited_range import expand_chroma, expand_luma
from mqttcam.imaging.limits import LARGEST_MAX_PIXELS
from mqttcam.imaging.raster import Plane, Planes
from mqttcam.imaging.received import ReceivedPicture, read_picture
from mqttcam.imaging.rgb import from_bt709, planes_of_rgb

JPEGS = ("MJPG", "JPEG")
_LEADING = 4096
"""Bytes that a driver may leave in front of a JPEG."""
_START = b"\xff\xd8\xff"

_PACKED = {"YUYV": (0, 1, 3), "UYVY": (1, 0, 2), "YVYU": (0, 3, 1), "VYUY": (1, 2, 0)}
"""4:2:2 in groups of four bytes for two pixels: positions of the first Y, and of U and V."""
_TWO_PLANES = {"NV12": (2, 0), "NV21": (2, 1), "NV16": (1, 0), "NV61": (1, 1)}
"""Luma, then U and V in turn: rows of luma per row of chroma, and which of a pair is U."""
_PLANAR = {"YU12": (2, 0), "YV12": (2, 1), "422P": (1, 0)}
"""Luma, U and V: rows of luma per row of chroma, and which of the two is U."""
_GREY = {"GREY": 0, "Y16 ": 8, "Y14 ": 6, "Y12 ": 4, "Y10 ": 2}
"""Luma alone: bits to shift a sample of 16 bits, in little-endian order; 0: it has 8."""
_RGB = {
    "RGB3": (3, 0, 1, 2), "BGR3": (3, 2, 1, 0), "XR24": (4, 2, 1, 0), "AR24": (4, 2, 1, 0), "BGR4": (4, 2, 1, 0),
    "XB24": (4, 0, 1, 2), "AB24": (4, 0, 1, 2), "BX24": (4, 1, 2, 3), "BA24": (4, 1, 2, 3), "RGB4": (4, 1, 2, 3),
}  # fmt: skip
"""Bytes per pixel, and the positions of red, green and blue."""
_USB_DRIVER = "uvcvideo"
RAW = (*_PACKED, *_TWO_PLANES, *_PLANAR, *_RGB, *_GREY)
"""The supported formats (fourccs) that are encoded here, in order of preference."""


class Converter(Struct, frozen=True):
    """Makes planes of the buffers of a format.

    Attributes:
        length: bytes that a buffer needs at least; a shorter one is incomplete.
        convert: returns the planes in a buffer, copied out of it.
    """

    length: int
    convert: Callable[[Plane], Planes]


def read_jpeg(data: bytes) -> ReceivedPicture:
    """Return a camera's JPEG without what drivers leave in front of it and behind it, with its Huffman tables.

    Raises:
        ValueError: it is incomplete, or not a JPEG.
    """
    if (start := data.find(_START, 0, _LEADING)) > 0:
        data = data[start:]
    return read_picture(data, LARGEST_MAX_PIXELS)


def converter(pixels: PixelFormat, driver: str = "") -> Converter | None:
    """Return the converter of a format; `None` if the format is not supported.

    Args:
        driver: of the device. Its range is the specified default if the device does not report one: full for RGB,
            limited for luma. USB Video Class has no limited range for luma alone.
    """
    fourcc, height = pixels.fourcc, pixels.height
    if pixels.full_range is None:
        is_full = fourcc in _RGB or (fourcc in _GREY and driver == _USB_DRIVER)
        pixels = replace(pixels, full_range=is_full)
    stride = max(pixels.stride, _row_bytes(fourcc, pixels.width))
    pixels = replace(pixels, stride=stride)
    luma = height * stride
    if fourcc in _PACKED:
        return Converter(luma, lambda data: _from_packed(data, pixels))
    if fourcc in _TWO_PLANES:
        return Converter(
            luma + height // _TWO_PLANES[fourcc][0] * stride, lambda data: _from_two(data, pixels)
        )
    if fourcc in _PLANAR:
        rows = height // _PLANAR[fourcc][0]
        return Converter(luma + 2 * rows * (stride // 2), lambda data: _from_planar(data, pixels))
    if fourcc in _RGB:
        return Converter(luma, lambda data: _from_rgb(data, pixels))
    if fourcc in _GREY:
        return Converter(luma, lambda data: _from_grey(data, pixels))
    return None


def _row_bytes(fourcc: str, width: int) -> int:
    """Return the bytes of a row without padding; of luma if it is separate."""
    if fourcc in _PACKED:
        return (width + 1) // 2 * 4
    if fourcc in _RGB:
        return width * _RGB[fourcc][0]
    return width * 2 if _GREY.get(fourcc) else width


def _rows(data: Plane, start: int, height: int, stride: int) -> Plane:
    return data[start : start + height * stride].reshape(height, stride)


def _from_packed(data: Plane, pixels: PixelFormat) -> Planes:
    rows = _rows(data, 0, pixels.height, pixels.stride)[:, : pixels.width * 2]
    y, u, v = _PACKED[pixels.fourcc]
    # 4:2:2 has chroma for every row, 4:2:0 for every second.
    return _full(rows[:, y::2], rows[0::2, u::4], rows[0::2, v::4], pixels)


def _from_two(data: Plane, pixels: PixelFormat) -> Planes:
    height, stride = pixels.height, pixels.stride
    per_row, u = _TWO_PLANES[pixels.fourcc]
    y = _rows(data, 0, height, stride)[:, : pixels.width]
    pairs = _rows(data, height * stride, height // per_row, stride)[:: 3 - per_row, : pixels.width]
    return _full(y, pairs[:, u::2], pairs[:, 1 - u :: 2], pixels)


def _from_planar(data: Plane, pixels: PixelFormat) -> Planes:
    height, stride, half = pixels.height, pixels.stride, pixels.stride // 2
    per_row, u = _PLANAR[pixels.fourcc]
    y = _rows(data, 0, height, stride)[:, : pixels.width]
    rows = height // per_row
    first, second = (
        _rows(data, height * stride + which * rows * half, rows, half)[
            :: 3 - per_row, : (pixels.width + 1) // 2
        ]
        for which in (0, 1)
    )
    return _full(y, *((second, first) if u else (first, second)), pixels)


def _from_grey(data: Plane, pixels: PixelFormat) -> Planes:
    rows = _rows(data, 0, pixels.height, pixels.stride)
    if shift := _GREY[pixels.fourcc]:
        samples = rows[:, : pixels.width * 2].copy().view("<u2")
        y = (samples >> shift).clip(0, 255).astype(np.uint8)
    else:
        y = rows[:, : pixels.width]
    grey = np.full(((pixels.height + 1) // 2, (pixels.width + 1) // 2), 128, np.uint8)
    return (np.ascontiguousarray(y) if pixels.full_range else expand_luma(y)), grey, grey


def _from_rgb(data: Plane, pixels: PixelFormat) -> Planes:
    size, *positions = _RGB[pixels.fourcc]
    rows = _rows(data, 0, pixels.height, pixels.stride)[:, : pixels.width * size]
    red, green, blue = (rows[:, position::size] for position in positions)
    if not pixels.full_range:
        red, green, blue = (expand_luma(channel) for channel in (red, green, blue))
    return planes_of_rgb(red, green, blue)


def _full(y: Plane, u: Plane, v: Plane, pixels: PixelFormat) -> Planes:
    """Return contiguous planes in full range."""
    if 2 * len(u) < pixels.height:  # a driver need not have chroma for the last one of an odd number of rows
        u, v = (np.concatenate((plane, plane[-1:])) for plane in (u, v))
    if pixels.full_range:
        planes = np.ascontiguousarray(y), np.ascontiguousarray(u), np.ascontiguousarray(v)
    else:
        planes = expand_luma(y), expand_chroma(u), expand_chroma(v)
    return from_bt709(*planes) if pixels.is_bt709 else planes
