"""MQTT packets on asyncio streams, as far as the proxy before rumqttd reads them."""

from __future__ import annotations

import asyncio
from enum import IntEnum

from mqttcam.mqtt.packets import varint

LARGEST_PACKET = 16 * 1024 * 1024
"""Bytes."""
_TYPE = 0xF0


class PacketType(IntEnum):
    """The first byte of each type of packet, without its flags."""

    CONNECT = 0x10
    CONNACK = 0x20
    PUBLISH = 0x30
    PUBACK = 0x40
    PUBREC = 0x50
    PUBREL = 0x60
    PUBCOMP = 0x70
    SUBSCRIBE = 0x80
    SUBACK = 0x90
    UNSUBSCRIBE = 0xA0
    UNSUBACK = 0xB0
    PINGREQ = 0xC0
    PINGRESP = 0xD0
    DISCONNECT = 0xE0
    AUTH = 0xF0


class PacketError(Exception):
    """The data is not MQTT, or the packet is too large."""


def packet_type(first: int) -> PacketType:
    """Return the type of a packet with this first byte.

    Raises:
        PacketError: there is no such type.
    """
    try:
        return PacketType(first & _TYPE)
    except ValueError:
        raise PacketError("packet type 0") from None


async def read_packet(reader: asyncio.StreamReader, only: PacketType | None = None) -> tuple[int, bytes]:
    """Return the first byte of the next packet, and everything after its length.

    Raises:
        EOFError: the connection ended.
        PacketError: the length is malformed or too large, or the first byte is not `only`.
    """
    first = (await reader.readexactly(1))[0]
    if only is not None and first != only:
        raise PacketError("unexpected packet")
    size, shift = 0, 0
    while True:
        byte = (await reader.readexactly(1))[0]
        size |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
        if shift > 21:
            raise PacketError("malformed length")
    if size > LARGEST_PACKET:
        raise PacketError("too large")
    return first, await reader.readexactly(size)


def write_packet(writer: asyncio.StreamWriter, first: int, *parts: bytes) -> None:
    """Write a packet whose body is `parts`."""
    # From Python 3.12 on, an empty part is never removed from the transport's buffer, and `close` would wait for it.
    writer.writelines((bytes((first,)) + varint(sum(map(len, parts))), *filter(None, parts)))


def protocol_level(body: bytes) -> int | None:
    """Return the protocol level of a CONNECT: 5, 4 for MQTT 3.1.1, 3 for 3.1; None if it is not a CONNECT."""
    name, rest = take_field(body, 0)
    return body[rest] if name in (b"MQTT", b"MQIsdp") and len(body) > rest else None


def take_field(body: bytes, at: int) -> tuple[bytes, int]:
    """Return the length-prefixed field at `at`, and the index after it.

    Raises:
        PacketError: it extends beyond `body`.
    """
    start = at + 2
    end = start + int.from_bytes(body[at:start], "big")
    if end > len(body):
        raise PacketError("truncated field")
    return body[start:end], end


def skip_properties(body: bytes, at: int) -> int:
    """Return the index after the MQTT 5 properties at `at`.

    Raises:
        PacketError: they extend beyond `body`.
    """
    size, shift = 0, 0
    for index in range(at, min(at + 4, len(body))):
        size |= (body[index] & 127) << shift
        shift += 7
        if body[index] < 128:
            end = index + 1 + size
            if end <= len(body):
                return end
            break
    raise PacketError("truncated properties")
