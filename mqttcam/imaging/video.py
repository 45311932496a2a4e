"""Decoded video as planes. What is decoded comes from PyAV, which is not loaded here."""

from __future__ import annotations

from typing import Any

import numpy as np

from mqttcam.imaging.raster import Plane, Planes

_FULL_RANGE = "yuvj420p"
_JFIF = "ITU601"
"""JPEGs have the colours of ITU-R BT.601 (JFIF 1.02)."""
_UNSPECIFIED = 2
_HD_WIDTH, _HD_HEIGHT = 1280, 576
"""A video that does not name its colours and is so wide, or higher, has those of BT.709: so players take it."""


def planes_of(decoded: Any) -> Planes:
    """A `VideoFrame` in full range with the colours of a JPEG, and upright, whatever it has itself.

    Odd sides lose a pixel. The planes are those of the frame itself where nothing had to be done to it.
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
