"""Decodes pictures that are not JPEGs. Pillow is loaded at the first one, as it takes memory."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from mqttcam.imaging.large import memory_for
from mqttcam.imaging.limits import LARGEST_MAX_PIXELS
from mqttcam.imaging.raster import Plane, Planes

# Pillow's own limit, which would print a warning below ours. Sizes are compared with `max_pixels` before it is used.
Image.MAX_IMAGE_PIXELS = LARGEST_MAX_PIXELS
# About damaged metadata, for example; a sender must not be able to fill the log.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\b")


def decode_planes(data: bytes, kind: str, max_pixels: int, min_width: int = 0) -> Planes:
    """Return the planes of a picture, turned upright; of an animation, those of its first picture.

    Samples of 16 bits are reduced to 8, and transparency is ignored, as OpenCV and ffmpeg do.

    Args:
        kind: its format, as Pillow names it.
        min_width: scale the picture down as soon as possible, as long as it stays at least that wide; 0 for the full
            size.

    Raises:
        ValueError: it is broken, incomplete, or has more than `max_pixels`.
    """
    try:
        _check_pixels(_claimed_size(data, kind), max_pixels)
        with Image.open(io.BytesIO(data), formats=[kind]) as image:
            _check_pixels(image.size, max_pixels)
            with memory_for(image.width * image.height):
                return _planes(image, min_width)
    except _TooManyPixels as error:
        raise ValueError(str(error)) from None
    except struct.error:
        raise ValueError(f"the {kind} is cut off in its header") from None
    except UnidentifiedImageError as error:  # its text has the address of an object
        raise ValueError(f"the {kind} cannot be decoded: its header is broken") from error
    except Exception as error:
        why = str(error) or type(error).__name__
        raise ValueError(f"the {kind} cannot be decoded: {why}") from error


class _TooManyPixels(Exception):
    """The message is for people."""


def _check_pixels(size: tuple[int, int], max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise _TooManyPixels(f"{width}x{height} pixels are more than max_pixels, {max_pixels}")


def _claimed_size(data: bytes, kind: str) -> tuple[int, int]:
    """Return width and height as the header has them: opening a WebP takes memory for its pixels.

    Raises:
        struct.error: it is cut off.
    """
    width = height = 0
    if kind == "PNG":
        width, height = struct.unpack_from(">II", data, 16)
    elif kind == "GIF":
        width, height = struct.unpack_from("<HH", data, 6)
    elif kind == "BMP":
        (header,) = struct.unpack_from("<I", data, 14)
        width, height = struct.unpack_from("<HH" if header == 12 else "<ii", data, 18)
    elif kind == "WEBP":
        width, height = _webp_size(data)
    return abs(width), abs(height)


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return the size of the canvas (RFC 9649, 2.5 to 2.7)."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        low_width, high_width, low_height, high_height = struct.unpack_from("<HBHB", data, 24)
        return (high_width << 16 | low_width) + 1, (high_height << 16 | low_height) + 1
    if chunk == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _planes(image: Image.Image, min_width: int) -> Planes:
    image.load()
    if image.mode in ("L", "RGB") and min_width and (factor := min(image.size) // min_width) > 1:
        image = image.reduce(factor)
    with contextlib.suppress(Exception):  # damaged metadata
        ImageOps.exif_transpose(image, in_place=True)
    image.info.pop("transparency", None)
    if image.mode.startswith("I"):  # 16 bits, which Pillow would clip instead of scaling them
        samples = np.asarray(image).astype(np.int32) >> 8
        image = Image.fromarray(samples.clip(0, 255).astype(np.uint8))
    if image.mode in ("1", "L", "LA"):
        y = _plane(image.convert("L"))
        grey = np.full(((y.shape[0] + 1) // 2, (y.shape[1] + 1) // 2), 128, np.uint8)
        return y, grey, grey
    luma, blue, red = image.convert("RGB").convert("YCbCr").split()
    return _plane(luma), _plane(blue.reduce(2)), _plane(red.reduce(2))


def _plane(image: Image.Image) -> Plane:
    return np.asarray(image, np.uint8)
