"""The planes of video frames that PyAV has decoded; PyAV itself is not loaded here."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

import numpy as np

from mqttcam.imaging.limits import MAX_PIXELS
from mqttcam.imaging.raster import Plane, Planes

_FULL_RANGE = "yuvj420p"
_JFIF = "ITU601"
"""The colour space of JPEGs: ITU-R BT.601 (JFIF 1.02)."""
_UNSPECIFIED = 2
_MAX_ASPECT = 4
"""Wider and narrower pixels are a mistake; those of 352x576 for 16:9 are the widest, 2.8."""
_HD_WIDTH, _HD_HEIGHT = 1280, 576
"""Video without a colour space is taken for BT.709 from this width on, or above this height, as players do."""


def planes_of(decoded: Any, pixel_aspect: Fraction = Fraction(1), max_pixels: int = MAX_PIXELS) -> Planes:
    """Return the planes of an `av.VideoFrame`, upright, in the colour space and full range of a JPEG.

    An odd width or height loses a pixel. If nothing has to be converted, the planes are read-only
    views of the frame: the decoder makes the next pictures of it.

    Args:
        pixel_aspect: width of its pixels divided by their height: its width is scaled, as players do. Ignored if it is
            beyond any that video has, or if the result had more than `max_pixels`.
    """
    height = max(2, decoded.height // 2 * 2)
    scaled = round(decoded.width * pixel_aspect)
    if not 1 / _MAX_ASPECT <= pixel_aspect <= _MAX_ASPECT or scaled * height > max_pixels:
        scaled = decoded.width
    width = max(2, scaled // 2 * 2)
    colours = decoded.colorspace
    if colours == _UNSPECIFIED:
        colours = "ITU709" if decoded.width >= _HD_WIDTH or decoded.height > _HD_HEIGHT else _JFIF
    picture = decoded.reformat(
        width,
        height,
        _FULL_RANGE,
        src_colorspace=colours,
        dst_colorspace=_JFIF,
        dst_color_range="JPEG",
        threads=1,
    )
    luma, blue, red = picture.planes
    y, u, v = (
        _plane(luma, width, height),
        _plane(blue, width // 2, height // 2),
        _plane(red, width // 2, height // 2),
    )
    if picture is decoded:
        for plane in (y, u, v):
            plane.flags.writeable = False
    matrix = decoded.side_data.get("DISPLAYMATRIX")
    if matrix is not None:
        y, u, v = (_displayed(plane, bytes(matrix)) for plane in (y, u, v))
    return y, u, v


def _displayed(plane: Plane, matrix: bytes) -> Plane:
    """Return a plane turned and mirrored as a display matrix (ISO 14496-12, 8.3.2) says, to the nearest quarter."""
    a, b, _, c, d = struct.unpack_from("=5i", matrix)  # x' = a x + c y; y' = b x + d y
    sideways = abs(b) > abs(a)
    turned = plane.T if sideways else plane
    right_to_left, upwards = (c < 0, b < 0) if sideways else (a < 0, d < 0)
    if not (sideways or right_to_left or upwards):
        return plane
    return np.ascontiguousarray(turned[:: -1 if upwards else 1, :: -1 if right_to_left else 1])


def _plane(plane: Any, width: int, height: int) -> Plane:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[:height, :width]
