"""PUBLISH packets packed by hand, for what is sent once a frame (MQTT 3.1.1 section 3.3, MQTT 5 section 3.3).

paho's `Properties` take 18 µs for two user properties; this takes less than one.
"""

from __future__ import annotations

PUBLISH = 0x30
PUBACK = 0x40
RETAIN = 0x01
QOS_1 = 0x02

CONTENT_TYPE = 0x03
CORRELATION_DATA = 0x09
USER_PROPERTY = 0x26

LONGEST_HEAD = 5
"""Bytes of a fixed header at most: the packet type and four bytes of length."""


def varint(number: int) -> bytes:
    """A variable byte integer (MQTT 5, 1.5.5), 0 to 268,435,455."""
    if number < 128:
        return bytes((number,))
    packed = bytearray()
    while number > 127:
        packed.append(number & 127 | 128)
        number >>= 7
    packed.append(number)
    return bytes(packed)


def prefixed(data: bytes) -> bytes:
    """Text or binary data with its length in two bytes before it."""
    return len(data).to_bytes(2, "big") + data


def publish_head(
    first: int, topic: bytes, mid: int | None, properties: bytes | None, payload_size: int
) -> bytes:
    """A PUBLISH packet up to its payload.

    Args:
        first: `PUBLISH` with `RETAIN` and `QOS_1` as wanted.
        topic: with its length before it (`prefixed`).
        mid: the packet identifier; None at QoS 0.
        properties: packed, without their length; None in MQTT 3.1.1.
    """
    variable = topic if mid is None else topic + mid.to_bytes(2, "big")
    if properties is not None:
        variable += varint(len(properties)) + properties
    return bytes((first,)) + varint(len(variable) + payload_size) + variable


_CONTENT_TYPE_JPEG = bytes((CONTENT_TYPE,)) + prefixed(b"image/jpeg")
_USER_TS = bytes((USER_PROPERTY,)) + prefixed(b"ts")
_USER_SEQ = bytes((USER_PROPERTY,)) + prefixed(b"seq")


def picture_properties(ts_ns: int, seq: int) -> bytes:
    """Content type `image/jpeg` and the user properties `ts` (Unix nanoseconds) and `seq`."""
    return _CONTENT_TYPE_JPEG + _USER_TS + prefixed(b"%d" % ts_ns) + _USER_SEQ + prefixed(b"%d" % seq)


class PackedProperties:
    """Properties that are packed already, as far as paho looks at them."""

    __slots__ = ("_packed",)

    def __init__(self, properties: bytes) -> None:
        self._packed = varint(len(properties)) + properties

    def pack(self) -> bytes:
        return self._packed


def correlation(data: bytes) -> bytes:
    """The correlation data of an answer, as a property (MQTT 5, 3.3.2.3.6)."""
    return bytes((CORRELATION_DATA,)) + prefixed(data)


def user_property(name: str, value: str) -> bytes:
    """A user property (MQTT 5, 3.3.2.3.7)."""
    return bytes((USER_PROPERTY,)) + prefixed(name.encode()) + prefixed(value.encode())
