"""Translates between a client of MQTT 3.1.1 (or 3.1) and a broker of MQTT 5, packet by packet."""

from __future__ import annotations

import asyncio

from mqttcam.mqtt.broker.limits import SharedLimit
from mqttcam.mqtt.broker.packets import (
    FROM_CLIENT,
    PacketError,
    PacketType,
    copy,
    head_of,
    packet_type,
    read_filters,
    read_head,
    read_publish_head,
    skip_properties,
    skip_properties_of,
    take_field,
    write_packet,
)
from mqttcam.mqtt.packets import prefixed

_NO_PROPERTIES = b"\0"
_NO_EXPIRY = b"\x05\x11\xff\xff\xff\xff"
"""A Session Expiry Interval for a session that does not expire, as with Clean Session 0 (MQTT 5, 3.1.2.11.2)."""
_CLEAN, _WILL = 0x02, 0x04
_RETURN_CODES = {0: 0, 0x84: 1, 0x85: 2, 0x86: 4, 0x87: 5, 0x88: 3, 0x89: 3}
"""Return codes of a CONNACK (3.1.1, table 3.1) by reason code of MQTT 5; `_NOT_AUTHORIZED` for all others."""
_NOT_AUTHORIZED = 5
_FAILURE = 0x80


def connect_as_5(body: bytes) -> bytes:
    """Return the body of a CONNECT as MQTT 5.

    Raises:
        PacketError: it is malformed.
    """
    _, at = take_field(body, 0)
    if len(body) < at + 4:
        raise PacketError("truncated CONNECT")
    flags = body[at + 1]
    keepalive = body[at + 2 : at + 4]
    client_id, rest = take_field(body, at + 4)
    parts = (
        prefixed(b"MQTT"),
        bytes((5, flags)),
        keepalive,
        _NO_PROPERTIES if flags & _CLEAN else _NO_EXPIRY,
        prefixed(client_id),
        _NO_PROPERTIES if flags & _WILL else b"",
        body[rest:],
    )
    return b"".join(parts)


async def client_to_broker(
    client: asyncio.StreamReader, broker: asyncio.StreamWriter, incomplete: SharedLimit
) -> None:
    """Translate the packets of the client, until the connection ends.

    Raises:
        EOFError: the connection has ended.
        PacketError: a packet is malformed or unexpected.
    """
    while True:
        first, size = await read_head(client)
        if first not in FROM_CLIENT:
            raise PacketError("unexpected packet")
        with incomplete.hold(size):
            match packet_type(first):
                case PacketType.PUBLISH:
                    begin = await read_publish_head(client, first, size)
                    broker.writelines((head_of(first, size + len(_NO_PROPERTIES)), begin, _NO_PROPERTIES))
                    await copy(client, broker, size - len(begin))
                case PacketType.SUBSCRIBE | PacketType.UNSUBSCRIBE:
                    body = await read_filters(client, first, size, 4)
                    write_packet(broker, first, body[:2], _NO_PROPERTIES, body[2:])
                    await broker.drain()
                case _:
                    broker.write(head_of(first, size))
                    await copy(client, broker, size)


async def broker_to_client(broker: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
    """Translate the packets of the broker, until it disconnects.

    Raises:
        EOFError: the connection has ended.
        PacketError: a packet is malformed.
    """
    while True:
        first, size = await read_head(broker)
        if packet_type(first) is PacketType.PUBLISH:
            begin = await read_publish_head(broker, first, size)
            left = await skip_properties_of(broker, size - len(begin))
            client.writelines((head_of(first, len(begin) + left), begin))
            await copy(broker, client, left)
        else:
            parts = _as_311(first, await broker.readexactly(size))
            if parts is None:
                return
            write_packet(client, first, *parts)
        await client.drain()


def _as_311(first: int, body: bytes) -> tuple[bytes, ...] | None:
    """Return the body of a packet other than PUBLISH as 3.1.1; None if the connection is to be closed.

    Raises:
        PacketError: it is malformed.
    """
    match packet_type(first):
        case PacketType.CONNACK:
            if len(body) < 2:
                raise PacketError("truncated CONNACK")
            return body[:1], bytes((_RETURN_CODES.get(body[1], _NOT_AUTHORIZED),))
        case (
            PacketType.PUBACK
            | PacketType.PUBREC
            | PacketType.PUBREL
            | PacketType.PUBCOMP
            | PacketType.UNSUBACK
        ):
            return (body[:2],)
        case PacketType.SUBACK:
            reasons = body[skip_properties(body, 2) :]
            return body[:2], bytes(min(reason, _FAILURE) for reason in reasons)
        case PacketType.DISCONNECT | PacketType.AUTH:
            return None
        case _:
            return (body,)
