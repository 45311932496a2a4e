"""SINETStream's message format: the value of each Kafka record.

This file needs nothing but Python's standard library, so a consumer can import it or have a copy of it. docs/kafka.md
describes the format byte by byte; it is from SINETStream's developer guide, and the fingerprint is that of its Avro
schema (the guide misprints it).
"""

from __future__ import annotations

from msgspec import Struct

_MARKER, _PLAIN_KEY, _AVRO = b"\xdf\x03\x00\x00", b"\x00\x00", b"\xc3\x01"
_FINGERPRINT = b"\x1f\x9c\x0c\x91\xeb\x33\x66\x4f"
_HEAD = _MARKER + _PLAIN_KEY + _AVRO + _FINGERPRINT
_JPEG = b"\xff\xd8"
_LONGEST_LONG = 10
"""Bytes of the longest 64-bit number in Avro's coding."""
LONGEST = len(_HEAD) + 2 * _LONGEST_LONG
"""The most bytes that the envelope adds."""


class InvalidMessage(ValueError):
    """A value in another format, or one that is encrypted or incomplete; the text says which."""


class Message(Struct, frozen=True):
    """The contents of an envelope.

    Attributes:
        payload: the JPEG; with `data_compression`, compressed data.
        timestamp_us: the time of capture in Unix microseconds; None in a bare JPEG (`user_data_only`).
    """

    payload: bytes
    timestamp_us: int | None


def pack(payload: bytes, timestamp_us: int) -> bytes:
    """Return a payload in its envelope; the timestamp is in Unix microseconds."""
    return b"".join((_HEAD, _avro_long(timestamp_us), _avro_long(len(payload)), payload))


def unpack(value: bytes) -> Message:
    """Return what is in the value of a Kafka record.

    Reads message formats 3 and 2, and bare JPEGs.

    Raises:
        InvalidMessage: the value is something else.
    """
    if value[:2] == _JPEG:
        return Message(value, None)
    start = 0
    if value[:4] == _MARKER:
        start = 6
        if value[4:6] != _PLAIN_KEY:
            raise InvalidMessage("encrypted" if len(value) >= start else "incomplete")
    head = _AVRO + _FINGERPRINT
    if value[start : start + len(head)] != head:
        incomplete = head.startswith(value[start:])
        raise InvalidMessage("incomplete" if incomplete else "not a message of SINETStream")
    timestamp_us, position = _read_long(value, start + len(head))
    size, position = _read_long(value, position)
    payload = value[position:]
    if len(payload) != size:
        raise InvalidMessage("incomplete" if len(payload) < size else "longer than its length says")
    return Message(payload, timestamp_us)


def _avro_long(number: int) -> bytes:
    """Return a long in zig-zag coding, seven bits per byte, lowest first (Avro 1.11, binary encoding)."""
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number & ~0x7F:
        out.append((number & 0x7F) | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_long(data: bytes, position: int) -> tuple[int, int]:
    """Return the long at a position, and the position after it."""
    number = 0
    for index, byte in enumerate(data[position : position + _LONGEST_LONG]):
        number |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), position + index + 1
    raise InvalidMessage(
        "incomplete" if len(data) - position < _LONGEST_LONG else "a number that is too long"
    )
