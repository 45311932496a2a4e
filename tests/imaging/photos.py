"""JPEGs in which a test sees which way is up."""

from __future__ import annotations

import struct

import numpy as np
import simplejpeg

from mqttcam.imaging.raster import Planes


def quarters(width: int, height: int) -> tuple[bytes, Planes]:
    """A JPEG, and planes, of four quarters with greys of their own: 40, 90, 140 and 190, row by row."""
    grey = np.empty((height, width), np.uint8)
    grey[: height // 2, : width // 2], grey[: height // 2, width // 2 :] = 40, 90
    grey[height // 2 :, : width // 2], grey[height // 2 :, width // 2 :] = 140, 190
    half = np.full((height // 2, width // 2), 128, np.uint8)
    data = simplejpeg.encode_jpeg(np.repeat(grey[..., None], 3, axis=2), 90)
    return bytes(data), (grey, half, half.copy())


def noted(jpeg: bytes, orientation: int, *, order: str = "<", extra: bytes = b"") -> bytes:
    """The same JPEG with an orientation noted in it, as phones do."""
    entries = [(0x010F, 2, 4, 0), (0x0112, 3, 1, orientation), (0x0128, 3, 1, 2)]
    tiff = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(entries))
    for tag, kind, count, value in entries:
        field = struct.pack(f"{order}HH", value, 0) if kind == 3 else struct.pack(f"{order}I", value)
        tiff += struct.pack(f"{order}HHI", tag, kind, count) + field
    exif = b"Exif\0\0" + tiff + struct.pack(f"{order}I", 0)
    return jpeg[:2] + extra + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]
