"""Smaller versions of stored pictures."""

from __future__ import annotations

from mqttcam.imaging.exif import orientation
from mqttcam.imaging.limits import MAX_PIXELS, MAX_STORED_PIXELS
from mqttcam.imaging.raster import Raster, decode, encode, fit_within, orient, size_of
from mqttcam.imaging.received import read_picture
from mqttcam.imaging.resize import resize
from mqttcam.imaging.signatures import IN_PILLOW, format_of

_QUALITY = 80
_ANY_HEIGHT = 1 << 20


def preview(data: bytes, width: int) -> bytes | None:
    """Return a picture as an upright JPEG `width` pixels wide; None if it is not wider than that.

    A JPEG is scaled down while it is decoded, which takes little memory.

    Raises:
        ValueError: it is broken, or has more than `MAX_STORED_PIXELS`, or `MAX_PIXELS` if it is no JPEG.
    """
    found = _decoded(data, width)
    if found is None:
        return None
    raster, size = found
    return encode(resize(raster, *fit_within(*size, width, _ANY_HEIGHT)), _QUALITY)


def _decoded(data: bytes, width: int) -> tuple[Raster, tuple[int, int]] | None:
    """Return an upright picture at least `width` pixels wide, and its full size; None if it is not wider."""
    if (kind := format_of(data)) in IN_PILLOW:
        from mqttcam.imaging.pillow import decode_planes

        planes = decode_planes(data, kind, MAX_PIXELS, min_width=width)
        size = size_of(planes)
        return (planes, size) if size[0] > width else None
    picture = read_picture(data, MAX_STORED_PIXELS)
    if picture.jpeg is None:  # of a kind that only Pillow decodes
        assert picture.planes is not None
        size = size_of(picture.planes)
        return (picture.planes, size) if size[0] > width else None
    shown = orientation(picture.jpeg)
    size = shown.size(picture.width, picture.height)
    if size[0] <= width:
        return None
    least = {"min_height" if shown.turned else "min_width": width}
    return orient(decode(picture.jpeg, **least, max_pixels=MAX_STORED_PIXELS), shown), size
