"""MQTT packets on asyncio streams, as far as the proxy before rumqttd reads them."""

from __future__ import annotations

import asyncio
from enum import IntEnum

from mqttcam.mqtt.packets import varint

LARGEST_PACKET = 16 * 1024 * 1024
"""Bytes."""
LARGEST_CONNECT = 64 * 1024
"""Bytes: anybody may send this much before the broker knows who it is. With a token as its password and a JSON will, a
CONNECT has some kB."""
LARGEST_SUBSCRIBE = 1024 * 1024
"""Bytes; Home Assistant subscribes to 500 topics at a time."""
CHUNK = 64 * 1024
"""Bytes of a packet that are passed on at a time."""
QOS = 0x06
"""The bits of the quality of service in the first byte of a PUBLISH."""
_TYPE = 0xF0
_WILL = 0x04
"""The flag of a CONNECT with a will."""


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


FROM_CLIENT = frozenset(
    {
        *(PacketType.PUBLISH | flags for flags in range(16)),
        PacketType.PUBACK,
        PacketType.PUBREC,
        PacketType.PUBREL | 2,
        PacketType.PUBCOMP,
        PacketType.SUBSCRIBE | 2,
        PacketType.UNSUBSCRIBE | 2,
        PacketType.PINGREQ,
        PacketType.DISCONNECT,
    }
)
"""The first bytes that a client may send after CONNECT (MQTT 5, 2.1.3). A thread of rumqttd ends at others."""


class PacketError(Exception):
    """The data is not MQTT, or the packet is too large or one that rumqttd cannot take."""


def packet_type(first: int) -> PacketType:
    """Return the type of a packet with this first byte.

    Raises:
        PacketError: there is no such type.
    """
    try:
        return PacketType(first & _TYPE)
    except ValueError:
        raise PacketError("packet type 0") from None


async def read_head(
    reader: asyncio.StreamReader, only: PacketType | None = None, largest: int = LARGEST_PACKET
) -> tuple[int, int]:
    """Return the first byte of the next packet, and the number of bytes after its length.

    Raises:
        EOFError: the connection ended.
        PacketError: the length is malformed or more than `largest`, or the first byte is not `only`.
    """
    first = (await reader.readexactly(1))[0]
    if only is not None and first != only:
        raise PacketError("unexpected packet")
    size, _ = await _read_varint(reader)
    if size > largest:
        raise PacketError("too large")
    return first, size


async def read_packet(
    reader: asyncio.StreamReader, only: PacketType | None = None, largest: int = LARGEST_PACKET
) -> tuple[int, bytes]:
    """Return the first byte of the next packet, and everything after its length.

    Raises:
        EOFError: the connection ended.
        PacketError: the length is malformed or more than `largest`, or the first byte is not `only`.
    """
    first, size = await read_head(reader, only, largest)
    return first, await reader.readexactly(size)


async def read_publish_head(reader: asyncio.StreamReader, first: int, size: int) -> bytes:
    """Return the beginning of a PUBLISH up to where the payload starts in MQTT 3.1.1, and the properties in MQTT 5.

    Raises:
        EOFError: the connection ended.
        PacketError: it is longer than the packet, of `size` bytes.
    """
    topic_size = await reader.readexactly(2)
    head = topic_size + await reader.readexactly(
        int.from_bytes(topic_size, "big") + (2 if first & QOS else 0)
    )
    if len(head) > size:
        raise PacketError("truncated PUBLISH")
    check_topic(take_field(head, 0)[0])
    return head


def check_will(body: bytes, version: int) -> None:
    """Check the topic of the will in the body of a CONNECT, in a version of MQTT.

    Raises:
        PacketError: the packet is cut off, or as for `check_topic`.
    """
    _, at = take_field(body, 0)
    if len(body) < at + 4:
        raise PacketError("truncated CONNECT")
    if not body[at + 1] & _WILL:
        return
    at += 4
    if version == 5:
        at = skip_properties(body, at)
    _, at = take_field(body, at)
    if version == 5:
        at = skip_properties(body, at)
    check_topic(take_field(body, at)[0])


def check_topic(topic: bytes) -> None:
    """Check a topic or filter, of which the beginning is enough.

    Raises:
        PacketError: it begins with a character beyond ASCII, at which rumqttd's router ends.
    """
    if topic[:1] > b"\x7f":
        raise PacketError("topic that begins with a character beyond ASCII")


async def read_filters(reader: asyncio.StreamReader, first: int, size: int, version: int) -> bytes:
    """Return the body of a SUBSCRIBE or UNSUBSCRIBE, of `size` bytes, in a version of MQTT.

    Raises:
        EOFError: the connection ended.
        PacketError: it is too large, there is no filter, one is cut off, or as for `check_topic`.
    """
    if size > LARGEST_SUBSCRIBE:
        raise PacketError("too large")
    body = await reader.readexactly(size)
    options = 1 if packet_type(first) is PacketType.SUBSCRIBE else 0
    at = skip_properties(body, 2) if version == 5 else 2
    if len(body) <= at:
        raise PacketError("no filter")
    while at < len(body):
        topic_filter, at = take_field(body, at)
        check_topic(topic_filter)
        at += options
    if at > len(body):
        raise PacketError("truncated filter")
    return body


async def skip_properties_of(reader: asyncio.StreamReader, size: int) -> int:
    """Read the MQTT 5 properties at the beginning of the `size` bytes left of a packet; return what is left then.

    Raises:
        EOFError: the connection ended.
        PacketError: they are longer than the packet.
    """
    properties, length = await _read_varint(reader)
    left = size - length - properties
    if left < 0:
        raise PacketError("truncated properties")
    while properties:
        properties -= len(await reader.readexactly(min(properties, CHUNK)))
    return left


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, size: int) -> None:
    """Pass on `size` bytes in chunks: however large a packet is, little of it is held here.

    Raises:
        EOFError: the connection ended before.
    """
    while size:
        data = await reader.read(min(size, CHUNK))
        if not data:
            raise EOFError
        size -= len(data)
        writer.write(data)
        await writer.drain()


async def _read_varint(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Return a Variable Byte Integer, and its length in bytes."""
    number = 0
    for index in range(4):
        byte = (await reader.readexactly(1))[0]
        number |= (byte & 127) << 7 * index
        if byte < 128:
            return number, index + 1
    raise PacketError("malformed length")


def head_of(first: int, size: int) -> bytes:
    """Return the first byte and the length of a packet with `size` bytes after them."""
    return bytes((first,)) + varint(size)


def write_packet(writer: asyncio.StreamWriter, first: int, *parts: bytes) -> None:
    """Write a packet whose body is `parts`."""
    # From Python 3.12 on, an empty part is never removed from the transport's buffer, and `close` would wait for it.
    writer.writelines((head_of(first, sum(map(len, parts))), *filter(None, parts)))


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
