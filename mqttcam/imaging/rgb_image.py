"""Pictures in red, green and blue, for what JPEG is not: PNG files and histograms. Pillow is loaded with the first."""

from __future__ import annotations

import io
import math

import numpy as np
from PIL import Image

from mqttcam.imaging.large import memory_for
from mqttcam.imaging.raster import Plane, Raster, size_of

_PNG_LEVEL = 3
"""Of zlib: a third of the time of its default, 6, for a few percent more bytes."""
_COUNTED = 1 << 19
"""Pixels of a histogram; of larger pictures, every nth in both directions is counted."""


def png(raster: Raster, exif: bytes) -> bytes:
    """Return a PNG with Exif metadata (`exif_writer.exif_of`)."""
    width, height = size_of(raster)
    with memory_for(width * height):
        file = io.BytesIO()
        _image(raster, 1).save(file, "PNG", exif=exif, compress_level=_PNG_LEVEL)
        return file.getvalue()


def histogram(raster: Raster) -> dict[str, tuple[int, ...]]:
    """Return for `red`, `green` and `blue` how many of the pixels counted have each value from 0 to 255."""
    width, height = size_of(raster)
    step = 1 if width * height <= _COUNTED else 2 * math.ceil(math.sqrt(width * height / _COUNTED) / 2)
    counts = _image(raster, step).histogram()
    return {
        channel: tuple(counts[256 * i : 256 * (i + 1)]) for i, channel in enumerate(("red", "green", "blue"))
    }


def _image(raster: Raster, step: int) -> Image.Image:
    """Return every pixel, or every nth in both directions; `step` is 1 or even."""
    if not isinstance(raster, tuple):
        pixels = np.ascontiguousarray(raster[::step, ::step])
        size = size_of(pixels)
        return Image.frombuffer("RGBX", size, pixels, "raw", "RGBX", 0, 1).convert("RGB")
    y, u, v = raster
    luma = y[::step, ::step]
    if step == 1:
        colours = [_doubled(plane)[: luma.shape[0], : luma.shape[1]] for plane in (u, v)]
    else:
        colours = [plane[:: step // 2, :: step // 2] for plane in (u, v)]
    bands = [Image.fromarray(np.ascontiguousarray(plane)) for plane in (luma, *colours)]
    return Image.merge("YCbCr", bands).convert("RGB")


def _doubled(plane: Plane) -> Plane:
    return plane.repeat(2, 0).repeat(2, 1)
