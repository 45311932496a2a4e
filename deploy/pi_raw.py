"""The checks of `check-pi.py` for photos: raw and JPEG of one capture, and one for which the stream need not pause."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
from pi_subject import NotOffered, Subject, correlation, frames

from mqttcam.camera.still import Still
from mqttcam.settings import Size

_WIDTH, _HEIGHT, _BITS, _TILE_OFFSETS, _DNG_VERSION = 256, 257, 258, 324, 50706
_SIZES = {1: "B", 2: "c", 3: "H", 4: "I"}
"""The types of values in a TIFF file: bytes, characters, and numbers of 16 and 32 bits."""


def raw(subject: Subject) -> str:
    """Take a photo with the data of the sensor, and compare both pictures."""
    with subject.opened() as camera:
        frames(camera, 10)
        if not camera.gives_raw:
            raise NotOffered("the camera gives no raw data")
        still: Still = camera.take_still(raw=True)
        frames(camera, 5)
    assert still.dng is not None
    width, height, picture = dng_luma(still.dng)
    raster = still.frame.raster()
    assert isinstance(raster, tuple)
    same = correlation(picture, raster[0].astype(np.float32))
    assert same > 0.5, f"JPEG and DNG differ: correlation {same:.0%}"
    return f"{width}x{height}, {len(still.dng) / 1e6:.1f} MB, correlation with the JPEG {same:.0%}"


def dng_luma(dng: bytes) -> tuple[int, int, Any]:
    """Return width, height, and the mean of each four pixels of an uncompressed DNG.

    Raises:
        AssertionError: it is no DNG.
    """
    assert dng[:4] == b"II*\0", "the file is no DNG"
    (directory,) = struct.unpack_from("<I", dng, 4)
    (count,) = struct.unpack_from("<H", dng, directory)
    tags = {}
    for index in range(count):
        place = directory + 2 + 12 * index
        tag, kind, length = struct.unpack_from("<HHI", dng, place)
        if length == 1 and kind in _SIZES:
            (tags[tag],) = struct.unpack_from(f"<{_SIZES[kind]}", dng, place + 8)
        else:
            tags[tag] = None
    assert _DNG_VERSION in tags, "the file is a TIFF, but no DNG"
    width, height, bits = tags[_WIDTH], tags[_HEIGHT], tags[_BITS]
    row = width * bits // 8
    rows = np.frombuffer(dng, np.uint8, row * height, tags[_TILE_OFFSETS]).reshape(height, row)
    # Two rows at a time: the bits of all of them would not fit into the memory of a small Pi.
    pairs = [_high_bytes(rows[y : y + 2], bits, width) for y in range(0, height // 2 * 2, 2)]
    return width, height, np.array([pair.reshape(2, -1, 2).mean((0, 2)) for pair in pairs], np.float32)


def _high_bytes(rows: Any, bits: int, width: int) -> Any:
    """Return the upper 8 bits of each sample; these are packed with the highest bit first, those of 16 bits are not."""
    if bits == 16:
        return rows[:, 1::2]
    return np.packbits(np.unpackbits(rows, axis=1).reshape(len(rows), width, bits)[:, :, :8], axis=2)[:, :, 0]


def still_of_the_stream(subject: Subject) -> str:
    """Take a picture in full resolution where the stream has it already: it must not pause."""
    largest = max(subject.found.sizes)
    with subject.opened(Size(*largest)) as camera:
        frame = frames(camera, 5)
        if (frame.width, frame.height) != largest:
            raise NotOffered("camera memory for a stream in full resolution")
        still: Still = camera.take_still()
        assert not still.paused, "the stream paused"
        assert still.frame.ts_ns > frame.ts_ns
        frames(camera, 5)
    return f"{still.frame.width}x{still.frame.height}, the stream goes on"
