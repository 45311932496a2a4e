"""PUBLISH packets packed by hand, for what is sent with every frame (MQTT 3.1.1 section 3.3, MQTT 5 section 3.3).

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
"""Bytes of the longest fixed header: the packet type and four bytes of length."""


def varint(number: int) -> bytes:
    """Return a Variable Byte Integer (MQTT 5, 1.5.5) of a number from 0 to 268,435,455."""
    if number < 128:
        return bytes((number,))
    packed = bytearray()
    while number > 127:
        packed.append(number & 127 | 128)
        number >>= 7
    packed.append(number)
    return bytes(packed)


def prefixed(data: bytes) -> bytes:
    """Return text (UTF-8) or binary data after its length in two bytes (MQTT 5, 1.5.4 and 1.5.6)."""
    return len(data).to_bytes(2, "big") + data


def publish_head(
    first: int, topic: bytes, mid: int | None, properties: bytes | None, payload_size: int
) -> bytes:
    """Return a PUBLISH packet up to its payload.

    Args:
        first: `PUBLISH`, with `RETAIN` and `QOS_1` where wanted.
        topic: as `prefixed` returns it.
        mid: the packet identifier; None at QoS 0.
        properties: packed, without their length; None in MQTT 3.1.1.
    """
    variable = topic if mid is None else topic + mid.to_bytes(2, "big")
    if properties is not None:
        variable += varint(len(properties)) + properties
    return bytes((first,)) + varint(len(variable) + payload_size) + variable


class PackedProperties:
    """Properties that are already packed, with the one method of `Properties` that paho calls."""

    __slots__ = ("_packed",)

    def __init__(self, properties: bytes) -> None:
        """`properties` are without their length."""
        self._packed = varint(len(properties)) + properties

    def pack(self) -> bytes:
        """Return them after their length."""
        return self._packed


def correlation(data: bytes) -> bytes:
    """Return the Correlation Data of a response as a property (MQTT 5, 3.3.2.3.6)."""
    return bytes((CORRELATION_DATA,)) + prefixed(data)


def user_property(name: str, value: str) -> bytes:
    """Return a User Property (MQTT 5, 3.3.2.3.7)."""
    return bytes((USER_PROPERTY,)) + prefixed(name.encode()) + prefixed(value.encode())
