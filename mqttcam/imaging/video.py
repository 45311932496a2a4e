"""The planes of video frames that PyAV has decoded; PyAV itself is not loaded here."""

from __future__ import annotations

from typing import Any

import numpy as np

from mqttcam.imaging.raster import Plane, Planes

_FULL_RANGE = "yuvj420p"
_JFIF = "ITU601"
"""The colour space of JPEGs: ITU-R BT.601 (JFIF 1.02)."""
_UNSPECIFIED = 2
_HD_WIDTH, _HD_HEIGHT = 1280, 576
"""Video without a colour space is taken for BT.709 from this width on, or above this height, as players do."""


def planes_of(decoded: Any) -> Planes:
    """Return the planes of an `av.VideoFrame`, upright, in the colour space and full range of a JPEG.

    An odd width or height loses a pixel. If nothing has to be converted, the planes are views of the frame.
    """
    width, height = decoded.width // 2 * 2, decoded.height // 2 * 2
    colours = decoded.colorspace
    if colours == _UNSPECIFIED:
        colours = "ITU709" if width >= _HD_WIDTH or height > _HD_HEIGHT else _JFIF
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
    turns = round(decoded.rotation / 90) % 4
    if turns:
        y, u, v = (np.ascontiguousarray(np.rot90(plane, turns)) for plane in (y, u, v))
    return y, u, v


def _plane(plane: Any, width: int, height: int) -> Plane:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[:height, :width]
