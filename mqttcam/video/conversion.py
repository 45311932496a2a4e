"""Pixels of a frame as the encoder takes them. PyAV is loaded at the first use."""

from __future__ import annotations

from typing import Any

import numpy as np

from mqttcam.imaging.i420 import I420, even_size, i420_of
from mqttcam.imaging.raster import Pixels, Planes, Raster, size_of


def raster_to_i420(raster: Raster) -> I420:
    """Return the pixels as I420 in the colours of a JPEG; an odd last column and row are cut off.

    Raises:
        ValueError: nothing is left.
    """
    return i420_of(raster if isinstance(raster, tuple) else _planes_of_pixels(raster))


def _planes_of_pixels(pixels: Pixels) -> Planes:
    import av

    width, height = even_size(*size_of(pixels))
    frame: Any = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]), "rgba")
    converted = frame.reformat(
        width, height, "yuvj420p", dst_colorspace="ITU601", dst_color_range="JPEG", threads=1
    )
    luma, blue, red = (
        np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in converted.planes
    )
    return luma, blue, red
