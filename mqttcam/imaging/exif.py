"""The Exif orientation of a JPEG: how to turn and mirror its pixels before they are shown."""

from __future__ import annotations

import struct

from mqttcam.imaging.jpeg import segments
from mqttcam.imaging.raster import Pixels, flip, quarter_turn

UPRIGHT = 1
"""The orientation of pixels that are shown as they are."""

_ORIENTATION = 0x0112
_SHORT = 3
_APP1 = 0xE1
_EXIF = b"Exif\x00\x00"


def orientation(jpeg: bytes) -> int:
    """Return the orientation, 1 to 8 (Exif 2.32, tag 0x0112); `UPRIGHT` if it is missing or invalid."""
    try:
        for marker, start, end in segments(jpeg):
            if marker == _APP1 and jpeg.startswith(_EXIF, start):
                return _in_tiff(jpeg[start + len(_EXIF) : end])
    except (ValueError, struct.error):
        return UPRIGHT
    return UPRIGHT


def is_sideways(orientation: int) -> bool:
    """Return whether an orientation swaps width and height."""
    return orientation >= 5


def mirrors(orientation: int) -> tuple[bool, bool]:
    """Return whether to mirror horizontally and vertically, after a quarter turn if the orientation is sideways."""
    return orientation in (2, 3, 5, 8), orientation in (3, 4, 7, 8)


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Return the pixels turned and mirrored as their orientation requires (Exif 2.32, 4.6.4, Orientation)."""
    if is_sideways(orientation):
        pixels = quarter_turn(pixels)
    horizontal, vertical = mirrors(orientation)
    if not horizontal and not vertical:
        return pixels
    turned = flip(pixels, horizontal=horizontal, vertical=vertical)
    assert not isinstance(turned, tuple)
    return turned


def _in_tiff(data: bytes) -> int:
    order = "<" if data[:2] == b"II" else ">"
    (directory,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, directory)
    for index in range(count):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", data, directory + 2 + 12 * index)
        if tag == _ORIENTATION and kind == _SHORT:
            return int(value) if UPRIGHT <= value <= 8 else UPRIGHT
    return UPRIGHT
