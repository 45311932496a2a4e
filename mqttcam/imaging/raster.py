"""Pixels in the two layouts that libjpeg-turbo reads and writes: 4:2:0 planes (Y, U and V), or packed RGB."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from mqttcam.imaging.jpeg import read_header
from mqttcam.imaging.large import memory_for
from mqttcam.imaging.limits import MAX_PIXELS
from mqttcam.imaging.orientation import UPRIGHT, Orientation

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]
"""Y, U and V of a 4:2:0 picture in full range: (height, width), and for U and V half of both, rounded up.

Each row is contiguous; there may be gaps between rows, and rows may be stored bottom-up.
"""
Pixels = NDArray[np.uint8]
"""(height, width, 4): red, green, blue, and an unused byte, so that a pixel is copied as one word."""
Raster = Planes | Pixels
Item = TypeVar("Item", bound=np.generic)

_STRIP = 64
"""Columns that are copied at a time."""


def size_of(raster: Raster) -> tuple[int, int]:
    """Return width and height in pixels."""
    height, width = (raster[0] if isinstance(raster, tuple) else raster).shape[:2]
    return width, height


def encode(raster: Raster, quality: int) -> bytes:
    """Return a 4:2:0 JPEG of `quality` 1 to 100; the GIL is released meanwhile."""
    if isinstance(raster, tuple):
        y, u, v = raster
        data: bytes = simplejpeg.encode_jpeg_yuv_planes(y, u, v, quality)
    else:
        data = simplejpeg.encode_jpeg(raster, quality, "RGBX", "420")
    return data


def decode(jpeg: bytes, min_width: int = 0, min_height: int = 0, max_pixels: int = MAX_PIXELS) -> Pixels:
    """Return the pixels of a JPEG as they are stored, whatever its Exif orientation.

    Damage inside the picture stays visible, as in every viewer.

    Args:
        min_width, min_height: scale the picture down while decoding, which saves most of the work, as long as it
            stays at least this large; 0 for the full size.

    Raises:
        ValueError: it cannot be decoded at all, or `read_header` refuses it.
    """
    width, height = read_header(jpeg, max_pixels).size
    with memory_for(width * height):
        pixels: Pixels = simplejpeg.decode_jpeg(
            jpeg, "RGBX", min_width=min_width, min_height=min_height, strict=False
        )
    return pixels


def decode_luma(jpeg: bytes, min_width: int, max_pixels: int = MAX_PIXELS) -> Plane:
    """Return the luma of a JPEG as it is stored, scaled down while decoding to no less than `min_width`.

    Raises:
        ValueError: as `decode`.
    """
    width, height = read_header(jpeg, max_pixels).size
    with memory_for(width * height):
        luma: Plane = simplejpeg.decode_jpeg(jpeg, "GRAY", min_width=min_width, strict=False)[..., 0]
    return luma


def fit_within(width: int, height: int, max_width: int, max_height: int) -> tuple[int, int]:
    """Return the largest size that fits, with the same aspect ratio; even, as 4:2:0 requires; never enlarged."""
    scale = min(max_width / width, max_height / height)
    if scale >= 1:
        return width, height
    return max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)


def orient(raster: Raster, orientation: Orientation) -> Raster:
    """Return a raster turned and mirrored; planes are not copied if a view suffices."""
    if orientation == UPRIGHT:
        return raster
    if isinstance(raster, tuple):
        return orient_planes(raster, orientation)
    return _bytes(_contiguous(oriented_view(_words(raster), orientation)))


def orient_planes(planes: Planes, orientation: Orientation) -> Planes:
    """As `orient`, for planes."""
    if orientation == UPRIGHT:
        return planes
    y, u, v = (oriented_view(plane, orientation) for plane in planes)
    if not orientation.turned and not orientation.hflip:
        return y, u, v
    return _contiguous(y), _contiguous(u), _contiguous(v)


def oriented_view(rows: NDArray[Item], orientation: Orientation) -> NDArray[Item]:
    """Return a view of a plane, turned and mirrored."""
    if orientation.turned:
        rows = rows.T[:, ::-1]
    return rows[:: -1 if orientation.vflip else 1, :: -1 if orientation.hflip else 1]


def _contiguous(rows: NDArray[Item]) -> NDArray[Item]:
    """Return a copy. A turned picture is copied in strips, which stay in the cache: that is four times as fast."""
    copied = np.empty(rows.shape, rows.dtype)
    if abs(rows.strides[0]) < abs(rows.strides[1]):
        for left in range(0, rows.shape[1], _STRIP):
            copied[:, left : left + _STRIP] = rows[:, left : left + _STRIP]
    else:
        copied[:] = rows
    return copied


def _words(pixels: Pixels) -> NDArray[np.uint32]:
    """Return a view with one item per pixel: moving those is ten times as fast as moving four bytes."""
    return pixels.view(np.uint32)[..., 0]


def _bytes(words: NDArray[np.uint32]) -> Pixels:
    return words.view(np.uint8).reshape(*words.shape, 4)
