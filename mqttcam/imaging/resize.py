"""Resizing without aliasing: boxes of pixels are averaged first, then the remaining factor is interpolated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.raster import Plane, Raster

_LARGEST_BOX = 16
"""Pixels along a side; the sum of a larger box would not fit into 16 bits."""

Wide = NDArray[np.uint16]


def resize(raster: Raster, width: int, height: int) -> Raster:
    """Return the picture in `width` x `height` pixels, which must be even for planes."""
    if isinstance(raster, tuple):
        y, u, v = raster
        half = ((width + 1) // 2, (height + 1) // 2)
        return _resize(y, width, height), _resize(u, *half), _resize(v, *half)
    return _resize(raster, width, height)


def _resize(plane: Plane, width: int, height: int) -> Plane:
    """Resize one plane, or interleaved pixels: a third axis is left unchanged."""
    tall, wide = float(plane.shape[0]), float(plane.shape[1])
    while plane.shape[0] >= 2 * height or plane.shape[1] >= 2 * width:
        rows, columns = _box(plane.shape[0] / height), _box(plane.shape[1] / width)
        plane = averaged(plane, rows, columns)
        tall, wide = tall / rows, wide / columns
    if plane.shape[0] != height:
        plane = _interpolated(plane, height, tall, axis=0)
    if plane.shape[1] != width:
        plane = _interpolated(plane, width, wide, axis=1)
    return np.ascontiguousarray(plane)


def _box(factor: float) -> int:
    """Return the side of the boxes to average next in order to reduce a picture by `factor`."""
    steps = 1
    while factor ** (1 / steps) > _LARGEST_BOX:
        steps += 1
    return max(1, int(factor ** (1 / steps) + 1e-9))


def averaged(plane: Plane, rows: int, columns: int) -> Plane:
    """Return the mean of each box of `rows` x `columns` pixels; incomplete boxes at the edges are cut off.

    Adding up whole rows, then columns, in 16 bits is many times faster than NumPy's mean over an axis.
    """
    height, width = plane.shape[0] // rows, plane.shape[1] // columns
    plane = plane[: height * rows, : width * columns]
    lines: Wide = plane[::rows].astype(np.uint16)
    for row in range(1, rows):
        lines += plane[row::rows]
    total: Wide = lines[:, ::columns].copy()
    for column in range(1, columns):
        total += lines[:, column::columns]
    count = rows * columns
    total += count // 2
    if count & (count - 1):
        total //= count
    else:
        total >>= count.bit_length() - 1
    return total.astype(np.uint8)


def _interpolated(plane: Plane, size: int, length: float, axis: int) -> Plane:
    """Interpolate linearly along one axis, aligned at the centres of pixels, in steps of 1/256.

    Args:
        length: of the axis in pixels, including the fraction of a pixel that averaging has cut off.
    """
    last = plane.shape[axis] - 1
    at = np.clip((np.arange(size) + 0.5) * (length / size) - 0.5, 0, last)
    below = at.astype(np.intp)
    above = np.minimum(below + 1, last)
    share: Wide = np.rint((at - below) * 256).astype(np.uint16)
    if axis == 0:
        share = share.reshape(size, *[1] * (plane.ndim - 1))
        mixed: Wide = plane[below] * (256 - share)
        mixed += plane[above] * share
    else:
        share = np.repeat(share, plane[0, 0].size)
        flat = (plane.shape[0], -1)
        mixed = plane.take(below, 1).reshape(flat) * (256 - share)
        mixed += plane.take(above, 1).reshape(flat) * share
        mixed = mixed.reshape(plane.shape[0], size, *plane.shape[2:])
    mixed += 128
    mixed >>= 8
    return mixed.astype(np.uint8)
