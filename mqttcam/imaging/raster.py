"""Pixels in the two shapes that libjpeg-turbo reads and writes: Y, U and V planes of a 4:2:0 picture, or RGB."""

from __future__ import annotations

import threading
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import numpy as np
import simplejpeg
from numpy.typing import NDArray

from mqttcam.imaging.limits import MAX_PIXELS, MAX_SCANS

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]
"""Y, U and V of a 4:2:0 picture, full range: (height, width) and twice half of both, rounded up.

Each row is contiguous; between rows there may be a gap, and the rows may run backwards.
"""
Pixels = NDArray[np.uint8]
"""(height, width, 4): red, green, blue, and a byte of no meaning, which makes a pixel one word to copy."""
Raster = Planes | Pixels
Item = TypeVar("Item", bound=np.generic)

_START, _END, _SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda"
_USUAL_TAIL = 64
"""Bytes that may follow a JPEG's end without a closer look."""
_LARGE = 1 << 24
"""Pixels; larger JPEGs are decoded one at a time, so that several cameras need no more memory than one."""
_decoding_large = threading.Lock()


def size_of(raster: Raster) -> tuple[int, int]:
    """Width and height in pixels."""
    height, width = (raster[0] if isinstance(raster, tuple) else raster).shape[:2]
    return width, height


def encode(raster: Raster, quality: int) -> bytes:
    """A 4:2:0 JPEG, `quality` 1 to 100; the GIL is released meanwhile."""
    if isinstance(raster, tuple):
        y, u, v = raster
        data: bytes = simplejpeg.encode_jpeg_yuv_planes(y, u, v, quality)
    else:
        data = simplejpeg.encode_jpeg(raster, quality, "RGBX", "420")
    return data


def decode(jpeg: bytes, min_width: int = 0, min_height: int = 0, max_pixels: int = MAX_PIXELS) -> Pixels:
    """A JPEG's pixels as they are stored, whatever orientation is noted in it.

    With a least size it is made smaller while it is decoded, as long as it stays that large: that saves most of the
    work. Damage inside the picture is left in it, as every viewer does.

    Raises:
        ValueError: it cannot be decoded at all, or has more than `max_pixels` as it is stored, or too many scans.
    """
    width, height = _checked_size(jpeg, max_pixels)
    with _memory_for(width * height):
        pixels: Pixels = simplejpeg.decode_jpeg(
            jpeg, "RGBX", min_width=min_width, min_height=min_height, strict=False
        )
    return pixels


def decode_luma(jpeg: bytes, min_width: int, max_pixels: int = MAX_PIXELS) -> Plane:
    """The luma of a JPEG as it is stored, as small as it can be decoded while it stays that wide.

    Raises:
        ValueError: as `decode`.
    """
    width, height = _checked_size(jpeg, max_pixels)
    with _memory_for(width * height):
        luma: Plane = simplejpeg.decode_jpeg(jpeg, "GRAY", min_width=min_width, strict=False)[..., 0]
    return luma


def jpeg_size(jpeg: bytes, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Width and height of a whole JPEG, as its header has them. Every JPEG from elsewhere passes through here first.

    One with something behind its end (phones append videos, drivers zeros) is looked at more closely.

    Raises:
        ValueError: it is not a JPEG, was cut off, has more than `max_pixels`, or too many scans.
    """
    if not jpeg.startswith(_START):
        raise ValueError("not a JPEG")
    size = _checked_size(jpeg, max_pixels)
    if _END not in jpeg[-_USUAL_TAIL:] and not _ends_before_zeros(jpeg):
        try:
            with _memory_for(size[0] * size[1]):
                simplejpeg.decode_jpeg(jpeg, "GRAY", min_factor=8, min_width=1)
        except ValueError as error:
            raise ValueError(f"the end of the JPEG is missing ({error})") from None
    return size


def complete_jpeg(jpeg: bytes, max_pixels: int = MAX_PIXELS) -> bytes:
    """Return a JPEG with the end marker that some cameras leave out; one that has it is returned unchanged.

    Raises:
        ValueError: more than the end marker is missing, or as `jpeg_size`.
    """
    if jpeg.rfind(_END) > jpeg.rfind(_SCAN):
        return jpeg
    width, height = _checked_size(jpeg, max_pixels)
    completed = jpeg + _END
    with _memory_for(width * height):
        simplejpeg.decode_jpeg(completed, "GRAY", min_factor=8, min_width=1)
    return completed


def _checked_size(jpeg: bytes, max_pixels: int) -> tuple[int, int]:
    """Return width and height as the header has them.

    They are checked unscaled: a decoder needs memory for all coefficients of a progressive JPEG, however small the
    result is.
    """
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(jpeg, strict=False)
    except KeyError:  # how the library says that it knows no such kind of JPEG
        raise ValueError("not a JPEG that can be decoded") from None
    if width * height > max_pixels:
        raise ValueError(f"{width}x{height} pixels are more than max_pixels, {max_pixels}")
    if (scans := jpeg.count(_SCAN)) * width * height > MAX_SCANS * max_pixels:
        raise ValueError(f"{scans} scans of {width}x{height} pixels are too many")
    return int(width), int(height)


def _memory_for(pixels: int) -> AbstractContextManager[object]:
    """Return what to hold while that many pixels are decoded."""
    return _decoding_large if pixels > _LARGE else nullcontext()


def _ends_before_zeros(jpeg: bytes) -> bool:
    end = jpeg.rfind(_END)
    return end > 0 and not jpeg[end + len(_END) :].strip(b"\x00")


def fit_within(width: int, height: int, max_width: int, max_height: int) -> tuple[int, int]:
    """The largest size of the same shape that fits: even, as 4:2:0 wants it; never larger than it is."""
    scale = min(max_width / width, max_height / height)
    if scale >= 1:
        return width, height
    return max(2, round(width * scale) // 2 * 2), max(2, round(height * scale) // 2 * 2)


def flip(raster: Raster, *, horizontal: bool, vertical: bool) -> Raster:
    """Mirrored left and right, top and bottom; both is a rotation by 180 degrees."""
    if isinstance(raster, tuple):
        return flip_planes(raster, horizontal=horizontal, vertical=vertical)
    return _bytes(_mirrored(_words(raster), horizontal=horizontal, vertical=vertical, views=False))


def flip_planes(planes: Planes, *, horizontal: bool, vertical: bool) -> Planes:
    """The same for planes alone; nothing is copied where a view will do."""
    y, u, v = (_mirrored(plane, horizontal=horizontal, vertical=vertical, views=True) for plane in planes)
    return y, u, v


def quarter_turn(pixels: Pixels) -> Pixels:
    """Turned by 90 degrees clockwise."""
    return _bytes(np.ascontiguousarray(_words(pixels).T[:, ::-1]))


def _mirrored(rows: NDArray[Item], *, horizontal: bool, vertical: bool, views: bool) -> NDArray[Item]:
    if vertical:
        rows = rows[::-1]
    if horizontal:
        rows = rows[:, ::-1]
    return rows if views and not horizontal else np.ascontiguousarray(rows)


def _words(pixels: Pixels) -> NDArray[np.uint32]:
    """A pixel as one item: ten times as fast to move around as four bytes."""
    return pixels.view(np.uint32)[..., 0]


def _bytes(words: NDArray[np.uint32]) -> Pixels:
    return words.view(np.uint8).reshape(*words.shape, 4)
