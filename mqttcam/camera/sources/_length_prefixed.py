"""The protocol of the source `tcp`: messages with 4 bytes of length in front, big-endian; and what is sent instead."""

from __future__ import annotations

import re
import struct

from mqttcam.imaging.jpeg import END
from mqttcam.imaging.signatures import is_picture

_HEAD = struct.Struct(">I")
_EXPECTED = "4 bytes of length, big-endian, have to precede each picture"
OTHER_BYTE_ORDER = f"its lengths are in the other byte order (little-endian); {_EXPECTED}"
_START_BYTES = 64
"""Bytes of a message that tell which protocol a sender speaks instead."""
_CONTROL_CHARACTERS = frozenset(range(32)) - frozenset(b"\t\n\r")
_REQUEST = re.compile(rb"(GET|POST|PUT|HEAD|OPTI|DESC|HTTP|RTSP)")


class MessageTooLong(Exception):
    """The length of a message is more than any picture has; the text says what the sender seems to do instead."""


def explain_start(start: bytes, max_bytes: int) -> str:
    """Return what a sender does whose message starts like this, if its length is too large."""
    if is_picture(start):
        return f"it sends pictures without their lengths; {_EXPECTED}"
    if _REQUEST.match(start):
        return f"it speaks HTTP or RTSP; {_EXPECTED}"
    if start.startswith(b"--"):
        return f"it sends a multipart stream; {_EXPECTED}"
    if start.startswith(b"\x16\x03"):
        return f"it speaks TLS; {_EXPECTED}"
    if 0 < int.from_bytes(start[: _HEAD.size], "little") <= max_bytes:
        return OTHER_BYTE_ORDER
    if start.isascii() and not set(start) & _CONTROL_CHARACTERS:
        return f"it sends text; {_EXPECTED}"
    length = int.from_bytes(start[: _HEAD.size], "big")
    return f"a length of {length} bytes is more than max_bytes, {max_bytes}; {_EXPECTED}"


def is_other_byte_order(message: bytes) -> bool:
    """Return whether a picture ends within a message where it would if its length was little-endian."""
    length = int.from_bytes(len(message).to_bytes(_HEAD.size, "big"), "little")
    return is_picture(message) and 2 < length < len(message) and message[length - 2 : length] == END


class LengthPrefixedParser:
    """Splits a stream into messages.

    Raises (from `feed`):
        MessageTooLong: a message is larger than `max_bytes`; the stream cannot be used any further.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that `data` completes."""
        buffer = self._buffer
        buffer += data
        found: list[bytes] = []
        start = 0
        while len(buffer) - start >= _HEAD.size:
            (length,) = _HEAD.unpack_from(buffer, start)
            if length > self._max_bytes and found:
                break  # what came before it counts; the next call raises
            if length > self._max_bytes:
                raise MessageTooLong(
                    explain_start(bytes(buffer[start : start + _START_BYTES]), self._max_bytes)
                )
            end = start + _HEAD.size + length
            if len(buffer) < end:
                break
            found.append(bytes(buffer[start + _HEAD.size : end]))
            start = end
        del buffer[:start]
        return found
