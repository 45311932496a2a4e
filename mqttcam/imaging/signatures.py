"""What data is, judged by its first bytes."""

from __future__ import annotations

import re

IN_PILLOW = frozenset({"PNG", "WEBP", "BMP", "GIF"})
"""Formats that Pillow decodes here, by its names. Its other decoders are not needed, and not all are as safe."""

_SIGNATURES = (
    (rb"\xff\xd8", "JPEG"),
    (rb"\x89PNG\r\n\x1a\n", "PNG"),
    (rb"RIFF....WEBP", "WEBP"),
    (rb"BM.{4}\0\0\0\0", "BMP"),
    (rb"GIF8[79]a", "GIF"),
    (rb"II\*\0|MM\0\*", "a TIFF picture"),
    (rb"....ftypavi[fs]", "an AVIF picture"),
    (rb"....ftyp(?:hei|mif|msf)", "a HEIF picture"),
    (rb"....ftyp|\x1a\x45\xdf\xa3", "a video file"),
    (rb"\xff\x4f\xff\x51|\0\0\0\x0cjP", "a JPEG 2000 picture"),
    (rb"\xff\x0a|\0\0\0\x0cJXL", "a JPEG XL picture"),
    (rb"\0\0\0\x01|\0\0\x01", "H.264 or other video"),
    (rb"\x1f\x8b|\x78[\x01\x5e\x9c\xda]", "compressed (gzip)"),
    (rb"\x28\xb5\x2f\xfd", "compressed (zstd)"),
    (rb"\xdf\x03\0\0\0\0", "a message of SINETStream"),
    (rb"\xdf\x03\0\0", "an encrypted message of SINETStream"),
    (rb"\xc3\x01", "an Avro object"),
    (rb"\x80[\x02-\x05]", "a pickled Python object"),
    (rb"\x93NUMPY", "a NumPy array"),
    (rb"\s*[\[{]", "JSON"),
    (rb"\s*<", "HTML or XML"),
    (rb"[\x09\x0a\x0d\x20-\x7e\x80-\xff]+\Z", "text"),
)
_FORMATS = tuple((re.compile(pattern, re.DOTALL), name) for pattern, name in _SIGNATURES)
_HEAD = 64


def is_picture(data: bytes) -> bool:
    """Return whether data begins as a picture in a known format does."""
    return (kind := format_of(data)) == "JPEG" or kind in IN_PILLOW


def format_of(data: bytes) -> str:
    """Return the format as Pillow names it (`JPEG`, `PNG`, `WEBP`, `BMP`, `GIF`), or in words what else it is."""
    head = data[:_HEAD]
    return next((name for pattern, name in _FORMATS if pattern.match(head)), "data of an unknown kind")
