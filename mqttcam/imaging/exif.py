"""The Exif orientation of a JPEG: how to turn and mirror its pixels before they are shown."""

from __future__ import annotations

import struct

from mqttcam.imaging.jpeg import segments
from mqttcam.imaging.orientation import UPRIGHT, Orientation

_ORIENTATIONS = {
    number: Orientation(number >= 5, number in (2, 3, 5, 8), number in (3, 4, 7, 8)) for number in range(1, 9)
}
"""By the number that stands for each (Exif 2.32, 4.6.4, Orientation)."""
_ORIENTATION = 0x0112
_SHORT = 3
_APP1 = 0xE1
_EXIF = b"Exif\x00\x00"


def orientation(jpeg: bytes) -> Orientation:
    """Return how the stored pixels are to be shown (Exif 2.32, tag 0x0112); `UPRIGHT` if that is missing or invalid."""
    try:
        for marker, start, end in segments(jpeg):
            if marker == _APP1 and jpeg.startswith(_EXIF, start):
                return _in_tiff(jpeg[start + len(_EXIF) : end])
    except (ValueError, struct.error):
        return UPRIGHT
    return UPRIGHT


def _in_tiff(data: bytes) -> Orientation:
    order = "<" if data[:2] == b"II" else ">"
    (directory,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, directory)
    for index in range(count):
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", data, directory + 2 + 12 * index)
        if tag == _ORIENTATION and kind == _SHORT:
            return _ORIENTATIONS.get(value, UPRIGHT)
    return UPRIGHT
