"""Pixels in the two shapes that libjpeg-turbo reads and writes: Y, U and V planes of a 4:2:0 picture, or RGB."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import simplejpeg
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]
"""Y, U and V of a 4:2:0 picture, full range: (height, width) and twice half of both, rounded up.

Each row is contiguous; between rows there may be a gap, and the rows may run backwards.
"""
Pixels = NDArray[np.uint8]
"""(height, width, 4): red, green, blue, and a byte of no meaning, which makes a pixel one word to copy."""
Raster = Planes | Pixels
Item = TypeVar("Item", bound=np.generic)

_START, _END = b"\xff\xd8", b"\xff\xd9"
_USUAL_TAIL = 64
"""Bytes that may follow a JPEG's end without a closer look."""
_MOST_PIXELS = 1 << 26
"""More than any sensor for these cameras has; a few bytes of a bad header must not take all memory."""


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


def decode(jpeg: bytes, min_width: int = 0, min_height: int = 0) -> Pixels:
    """A JPEG's pixels as they are stored, whatever orientation is noted in it.

    With a least size it is made smaller while it is decoded, as long as it stays that large: that saves most of the
    work. Damage inside the picture is left in it, as every viewer does.

    Raises:
        ValueError: it cannot be decoded at all, or has more than 67 million pixels.
    """
    _refuse_huge(jpeg, min_width, min_height)
    pixels: Pixels = simplejpeg.decode_jpeg(
        jpeg, "RGBX", min_width=min_width, min_height=min_height, strict=False
    )
    return pixels


def decode_luma(jpeg: bytes, min_width: int) -> Plane:
    """The luma of a JPEG as it is stored, as small as it can be decoded while it stays that wide.

    Raises:
        ValueError: as `decode`.
    """
    _refuse_huge(jpeg, min_width, 0)
    luma: Plane = simplejpeg.decode_jpeg(jpeg, "GRAY", min_width=min_width, strict=False)[..., 0]
    return luma


def jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a whole JPEG, as its header has them.

    One with something behind its end (phones append videos, drivers zeros) is looked at more closely.

    Raises:
        ValueError: it is no JPEG, or was cut off.
    """
    if not jpeg.startswith(_START):
        raise ValueError("not a JPEG")
    size = _header(jpeg)
    if _END not in jpeg[-_USUAL_TAIL:] and not _ends_before_zeros(jpeg):
        try:
            simplejpeg.decode_jpeg(jpeg, "GRAY", min_factor=8, min_width=1)
        except ValueError as error:
            raise ValueError(f"the end of the JPEG is missing ({error})") from None
    return size


def _refuse_huge(jpeg: bytes, min_width: int, min_height: int) -> None:
    width, height = _header(jpeg, min_width, min_height)
    if width * height > _MOST_PIXELS:
        raise ValueError(f"{width}x{height} pixels are too many")


def _header(jpeg: bytes, min_width: int = 0, min_height: int = 0) -> tuple[int, int]:
    """Width and height that it is decoded to."""
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(jpeg, min_height, min_width, strict=False)
    except KeyError:  # how the library says that it knows no such kind of JPEG
        raise ValueError("not a JPEG that can be decoded") from None
    return int(width), int(height)


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
