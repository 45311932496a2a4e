"""The structure of a JPEG (ITU-T T.81, annex B): the segments before its first scan, and where it ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from msgspec import Struct

from mqttcam.imaging.huffman import STANDARD_TABLES
from mqttcam.imaging.limits import MAX_PIXELS, MAX_SCANS

START, END = b"\xff\xd8", b"\xff\xd9"
_DHT, _SOI, _EOI, _SOS, _DQT = 0xC4, 0xD8, 0xD9, 0xDA, 0xDB
_JPG, _DAC = 0xC8, 0xCC
_RESTARTS = range(0xD0, 0xD8)
_TEM = 0x01
"""A marker without a length, as are those of restarts, which are skipped like data."""
_FRAMES = frozenset(range(0xC0, 0xD0)) - {_DHT, _JPG, _DAC}
_BASELINE, _EXTENDED, _PROGRESSIVE = 0xC0, 0xC1, 0xC2
_FIRST_ARITHMETIC = 0xC9
_NOT_SHOWN = "which neither browsers nor ffmpeg show"
_FIRST, _FILL = 0xC0, 0xFF
"""Of the markers with a segment, and what may be repeated in front of one."""
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")


class JpegHeader(Struct, frozen=True):
    """What stands before the first scan of a JPEG, and where the picture ends.

    Attributes:
        width, height: in pixels, as they are stored; neither is 0.
        scan: position of the marker of the first scan.
        end: position behind the end marker. None if the data ends before it, or if another picture begins: a driver's
            buffer may have the rest of an older picture behind a short one.
        has_garbage: whether there are bytes between two segments, which not every decoder skips.
        missing_tables: the Huffman tables that the first scan needs and that are not in the file, by class and id
            (`0x10`: AC, 0). Motion JPEG may leave out the standard ones.
    """

    width: int
    height: int
    scan: int
    end: int | None
    has_garbage: bool
    missing_tables: tuple[int, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.width, self.height


def read_header(jpeg: bytes, max_pixels: int = MAX_PIXELS) -> JpegHeader:
    """Return the header of a JPEG that browsers show. Nothing is decoded.

    Pixels are counted unscaled: a decoder needs memory for all coefficients of a progressive JPEG, however small the
    result is.

    Raises:
        ValueError: it is not a JPEG, was cut off before its first scan, is of a kind that browsers do not show, has no
            or more than `max_pixels` pixels, or too many scans.
    """
    frame = b""
    expected, has_garbage = len(START), False
    quantization: set[int] = set()
    huffman: set[int] = set()
    for marker, start, end in segments(jpeg):
        has_garbage |= bool(jpeg[expected : start - 4].strip(b"\xff"))
        expected = end
        content = jpeg[start:end] if marker in (_DQT, _DHT, _SOS) or marker in _FRAMES else b""
        if marker in _FRAMES:
            if frame:
                raise ValueError("it has two frame headers")
            frame = content
            _check_kind(marker, content)
        elif marker == _DQT:
            quantization |= _quantization_ids(content)
        elif marker == _DHT:
            huffman |= _huffman_ids(content)
        elif marker == _SOS:
            width, height = _checked_size(frame, max_pixels)
            if not {frame[at + 2] for at in range(6, 6 + 3 * frame[5], 3)} <= quantization:
                raise ValueError("a quantization table is missing")
            position = _end_of_picture(jpeg, end, MAX_SCANS * max_pixels // (width * height))
            missing = tuple(sorted(_needed_ids(content) - huffman))
            return JpegHeader(width, height, start - 4, position, has_garbage, missing)
    raise ValueError("the JPEG is cut off before its picture begins")


def segments(jpeg: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield each segment up to the first scan's header: marker, and start and end of its content.

    Bytes between two segments are skipped, as libjpeg does. The end of the data ends it early.

    Raises:
        ValueError: it does not start as a JPEG does.
    """
    if not jpeg.startswith(START):
        raise ValueError("not a JPEG")
    position = len(START)
    while (match := _MARKER.search(jpeg, position)) is not None:
        marker, start = match[1][0], match.end()
        if marker == _TEM:
            position = start
            continue
        length = int.from_bytes(jpeg[start : start + 2], "big")
        end = start + length
        if marker in (_SOI, _EOI) or length < 2 or end > len(jpeg):
            return
        yield marker, start + 2, end
        if marker == _SOS:
            return
        position = end


def without_garbage(jpeg: bytes) -> bytes:
    """Return a JPEG without the bytes between its segments."""
    parts, end = [START], 0
    for _, start, end in segments(jpeg):
        parts.append(jpeg[start - 4 : end])
    return b"".join((*parts, jpeg[end:]))


def with_huffman_tables(jpeg: bytes, header: JpegHeader) -> bytes:
    """Return a JPEG with the standard Huffman tables in front of its scan, as far as it lacks them."""
    if not header.missing_tables:
        return jpeg
    content = b"".join(STANDARD_TABLES.get(table, b"") for table in header.missing_tables)
    segment = bytes((0xFF, _DHT)) + (len(content) + 2).to_bytes(2, "big") + content
    return jpeg[: header.scan] + segment + jpeg[header.scan :]


def _end_of_picture(jpeg: bytes, data: int, most_scans: int) -> int | None:
    """Return the position behind the end marker of a picture whose coded data begins at `data`.

    A byte 0xFF of the data itself is followed by a zero, and a marker of a restart needs no attention. NumPy finds the
    others several times faster than the methods of bytes.

    Raises:
        ValueError: it has more than `most_scans` scans.
    """
    octets = np.frombuffer(jpeg, np.uint8, offset=data)
    after_fill = np.flatnonzero(octets[:-1] == _FILL) + 1
    codes = octets[after_fill]
    is_marker = (codes >= _FIRST) & (codes != _FILL) & ((codes < _RESTARTS.start) | (codes >= _RESTARTS.stop))
    position, scans = data, 1
    for at in (after_fill[is_marker] + data).tolist():
        if at < position:
            continue  # within the tables or the header of the next scan
        marker = jpeg[at]
        if marker == _EOI:
            return int(at) + 1
        if marker == _SOI:
            return None
        scans += marker == _SOS
        if scans > most_scans:
            raise ValueError(f"more than {most_scans} scans of its size are too many")
        position = at + 1 + int.from_bytes(jpeg[at + 1 : at + 3], "big")
    return None


def _check_kind(marker: int, frame: bytes) -> None:
    """Raise ValueError if browsers do not show such a frame."""
    if marker >= _FIRST_ARITHMETIC:
        raise ValueError(f"a JPEG with arithmetic coding, {_NOT_SHOWN}")
    if marker not in (_BASELINE, _EXTENDED, _PROGRESSIVE):
        raise ValueError(f"a lossless or hierarchical JPEG, {_NOT_SHOWN}")
    if len(frame) < 6 or len(frame) < 6 + 3 * frame[5]:
        raise ValueError("the frame header of the JPEG is broken")
    if frame[0] != 8:
        raise ValueError(f"a JPEG with {frame[0]} bits per sample, {_NOT_SHOWN}")
    if frame[5] not in (1, 3, 4):
        raise ValueError(f"a JPEG with {frame[5]} colour components, {_NOT_SHOWN}")


def _checked_size(frame: bytes, max_pixels: int) -> tuple[int, int]:
    if not frame:
        raise ValueError("the JPEG has no frame header")
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    if width * height == 0:
        raise ValueError(f"its size is {width}x{height} pixels")
    if width * height > max_pixels:
        raise ValueError(f"{width}x{height} pixels are more than max_pixels, {max_pixels}")
    return width, height


def _quantization_ids(content: bytes) -> set[int]:
    found, position = set(), 0
    while position < len(content):
        found.add(content[position] & 0x0F)
        position += 129 if content[position] >> 4 else 65
    return found


def _huffman_ids(content: bytes) -> set[int]:
    found, position = set(), 0
    while position < len(content):
        found.add(content[position])
        position += 17 + sum(content[position + 1 : position + 17])
    return found


def _needed_ids(scan: bytes) -> set[int]:
    """Return the Huffman tables that the header of a scan names, unless it is progressive."""
    count = scan[0] if scan else 0
    selectors = scan[2 : 1 + 2 * count : 2]
    if scan[1 + 2 * count : 3 + 2 * count] != b"\x00\x3f":  # all coefficients, from 0 to 63
        return set()
    return {one >> 4 for one in selectors} | {0x10 | one & 0x0F for one in selectors}
