"""Pixels in the two shapes that libjpeg-turbo reads: Y, U and V planes of a 4:2:0 picture, or one RGB array."""

from __future__ import annotations

from typing import Any

import numpy as np
import simplejpeg
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]
"""Y, U and V of a 4:2:0 picture, full range: (height, width) and twice (height/2, width/2); strided rows will do."""
Raster = Planes | Plane
"""Planes, or RGB as one array (height, width, 3)."""


def size_of(raster: Raster) -> tuple[int, int]:
    """Width and height in pixels."""
    height, width = (raster[0] if isinstance(raster, tuple) else raster).shape[:2]
    return width, height


def encode(raster: Raster, quality: int) -> bytes:
    """A 4:2:0 JPEG; the GIL is released meanwhile."""
    if isinstance(raster, tuple):
        data: bytes = simplejpeg.encode_jpeg_yuv_planes(*raster, quality=quality)
    else:
        data = simplejpeg.encode_jpeg(raster, quality=quality, colorspace="RGB", colorsubsampling="420")
    return data


def decode(jpeg: bytes, min_width: int = 0) -> Plane:
    """A JPEG as RGB; with `min_width`, made smaller while it is decoded as long as it stays that wide.

    Raises:
        ValueError: it is no JPEG, or a broken one.
    """
    rgb: Plane = simplejpeg.decode_jpeg(jpeg, colorspace="RGB", min_width=min_width)
    return rgb


def jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height from a JPEG's header.

    Raises:
        ValueError: it is no JPEG, or its end is missing.
    """
    height, width, _colorspace, _subsampling = simplejpeg.decode_jpeg_header(jpeg)
    if b"\xff\xd9" not in jpeg[-64:]:
        raise ValueError("the end of the JPEG is missing")
    return width, height


def flip(raster: Raster, *, horizontal: bool, vertical: bool) -> Raster:
    """Mirrored; both is a rotation by 180 degrees."""
    rows = slice(None, None, -1 if vertical else 1)
    columns = slice(None, None, -1 if horizontal else 1)
    if isinstance(raster, tuple):
        y, u, v = (np.ascontiguousarray(plane[rows, columns]) for plane in raster)
        return y, u, v
    return np.ascontiguousarray(raster[rows, columns])


def fit_within(width: int, height: int, max_width: int, max_height: int) -> tuple[int, int]:
    """The largest even size of the same shape that fits; never larger than it is."""
    scale = min(1.0, max_width / width, max_height / height)
    return max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)


def resize(raster: Raster, width: int, height: int) -> Raster:
    """Made to `width` x `height`, both even, by averaging and interpolation."""
    if isinstance(raster, tuple):
        y, u, v = raster
        half = (height // 2, width // 2)
        return _resize(y, height, width), _resize(u, *half), _resize(v, *half)
    return _resize(raster, height, width)


def _resize(plane: Plane, height: int, width: int) -> Plane:
    """First whole blocks are averaged, then what is left is interpolated: no aliasing, and no library for it."""
    rows, columns = plane.shape[0] // height, plane.shape[1] // width
    if rows > 1 or columns > 1:
        rows, columns = max(rows, 1), max(columns, 1)
        cut = plane[: plane.shape[0] // rows * rows, : plane.shape[1] // columns * columns]
        blocks = cut.reshape(cut.shape[0] // rows, rows, cut.shape[1] // columns, columns, *plane.shape[2:])
        plane = blocks.mean(axis=(1, 3), dtype=np.float32).round().astype(np.uint8)
    if plane.shape[:2] == (height, width):
        return np.ascontiguousarray(plane)
    across = _interpolate(plane.astype(np.float32), width, axis=1)
    return np.ascontiguousarray(_interpolate(across, height, axis=0).round().astype(np.uint8))


def _interpolate(data: NDArray[np.float32], size: int, axis: int) -> NDArray[np.float32]:
    """Linear along one axis, pixel centres on pixel centres."""
    length = data.shape[axis]
    at = np.clip((np.arange(size, dtype=np.float32) + 0.5) * (length / size) - 0.5, 0, length - 1)
    low = at.astype(np.intp)
    high = np.minimum(low + 1, length - 1)
    shape: list[Any] = [1] * data.ndim
    shape[axis] = size
    weight = (at - low).reshape(shape)
    below = data.take(low, axis)
    return np.asarray(below + (data.take(high, axis) - below) * weight, np.float32)
