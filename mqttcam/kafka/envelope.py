"""SINETStream's message format, version 3, which its readers expect.

From SINETStream's developer guide; the fingerprint is that of its Avro schema (it is misprinted in the guide).
"""

from __future__ import annotations

_MARKER, _PLAIN_KEY, _AVRO = b"\xdf\x03\x00\x00", b"\x00\x00", b"\xc3\x01"
_FINGERPRINT = b"\x1f\x9c\x0c\x91\xeb\x33\x66\x4f"
_HEAD = _MARKER + _PLAIN_KEY + _AVRO + _FINGERPRINT
LONGEST = len(_HEAD) + 2 * 10
"""The most bytes that the envelope adds."""


def pack(payload: bytes, timestamp_us: int) -> bytes:
    """Return a payload in its envelope; the timestamp is in Unix microseconds."""
    return b"".join((_HEAD, _avro_long(timestamp_us), _avro_long(len(payload)), payload))


def _avro_long(number: int) -> bytes:
    """Return a long in zig-zag coding, seven bits per byte, lowest first (Avro 1.11, binary encoding)."""
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number & ~0x7F:
        out.append((number & 0x7F) | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
