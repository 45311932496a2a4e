"""Planar 4:2:0 pixels in one piece of memory, as video encoders take them."""

from __future__ import annotations

import threading

import numpy as np
from numpy.typing import NDArray

from mqttcam.imaging.raster import Plane, Planes, size_of

I420 = NDArray[np.uint8]
"""(height * 3 / 2, width): the Y plane, then U, then V, each row contiguous. Width and height are even."""


_last = threading.local()


def even_size(width: int, height: int) -> tuple[int, int]:
    """Return the size without an odd last column and row."""
    return width & ~1, height & ~1


def i420_of(planes: Planes) -> I420:
    """Return the planes in one piece of memory; an odd last column and row are cut off.

    Planes that `contiguous_copy` has made are returned without copying.

    Raises:
        ValueError: nothing is left.
    """
    width, height = even_size(*size_of(planes))
    if not width or not height:
        raise ValueError("a picture of one pixel has no video")
    y, u, v = planes
    base = y.base
    if (
        isinstance(base, np.ndarray)
        and base is u.base
        and base is v.base
        and base.nbytes == width * height * 3 // 2
    ):
        return base.reshape(height * 3 // 2, width)
    made = np.empty((height * 3 // 2, width), np.uint8)
    _fill(made, y, u, v, width, height)
    return made


def writable(planes: Planes) -> Planes:
    """Return planes that can be written to: the same, or a copy if one of them is read-only.

    The next copy in this thread takes the place of the last one: new memory would cost as much as copying.
    """
    y, u, v = planes
    if y.flags.writeable and u.flags.writeable and v.flags.writeable:
        return planes
    needed = y.size * 3 // 2
    memory = getattr(_last, "memory", None)
    if memory is None or memory.size != needed:
        memory = _last.memory = np.empty(needed, np.uint8)
    return contiguous_copy(planes, memory)


def contiguous_copy(planes: Planes, memory: NDArray[np.uint8] | None = None) -> Planes:
    """Return a copy of the planes; in one piece of memory if width and height are even.

    Args:
        memory: of the right size, to be used; `None` for new memory.
    """
    y, u, v = planes
    height, width = y.shape
    if width % 2 or height % 2:
        return y.copy(), u.copy(), v.copy()
    if memory is None:
        memory = np.empty(width * height * 3 // 2, np.uint8)
    _fill(memory.reshape(height * 3 // 2, width), y, u, v, width, height)
    luma, chroma = width * height, width * height // 4
    return (
        memory[:luma].reshape(height, width),
        memory[luma : luma + chroma].reshape(height // 2, width // 2),
        memory[luma + chroma :].reshape(height // 2, width // 2),
    )


def _fill(i420: I420, y: Plane, u: Plane, v: Plane, width: int, height: int) -> None:
    flat = i420.reshape(-1)
    luma, chroma = width * height, width * height // 4
    flat[:luma].reshape(height, width)[:] = y[:height, :width]
    flat[luma : luma + chroma].reshape(height // 2, width // 2)[:] = u[: height // 2, : width // 2]
    flat[luma + chroma :].reshape(height // 2, width // 2)[:] = v[: height // 2, : width // 2]
