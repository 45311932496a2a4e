"""Packets at the embedded broker's port, and their translation between MQTT 3.1.1 and 5."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mqttcam.mqtt.broker.limits import SharedLimit
from mqttcam.mqtt.broker.mqtt311 import broker_to_client, client_to_broker, connect_as_5
from mqttcam.mqtt.broker.packets import (
    LARGEST_CONNECT,
    PacketError,
    PacketType,
    protocol_level,
    read_packet,
)
from mqttcam.mqtt.packets import prefixed, varint
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import mutated
from tests.fuzz.profile import fuzz

CONNECT = prefixed(b"MQTT") + b"\x04\x02\0\x3c" + prefixed(b"me")
CONNECT_5 = prefixed(b"MQTT") + b"\x05\x02\0\x3c\x05\x11\0\0\0\x0a" + prefixed(b"me")
WILL = (
    prefixed(b"MQTT") + b"\x04\xc6\0\x3c" + b"".join(map(prefixed, (b"me", b"t", b"off", b"user", b"pass")))
)


def packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + varint(len(body)) + body


FROM_CLIENT = [
    packet(0x30, prefixed(b"a/b") + b"payload"),
    packet(0x32, prefixed(b"a/b") + b"\0\1payload"),
    packet(0x82, b"\0\1" + prefixed(b"a/#") + b"\1"),
    packet(0xA2, b"\0\2" + prefixed(b"a/#")),
    b"\xc0\0",
    b"\x40\2\0\1",
    b"\xe0\0",
]
FROM_BROKER = [
    packet(0x30, prefixed(b"a/b") + b"\0payload"),
    packet(0x32, prefixed(b"a/b") + b"\0\1\5\3" + prefixed(b"x") + b"\1payload"),
    b"\x20\3\0\0\0",
    b"\x20\3\0\x86\0",
    b"\x90\4\0\1\0\1",
    b"\x40\4\0\1\x10\0",
    b"\xd0\0",
    b"\xe0\2\x8e\0",
]
_WORDS = [b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0\0", b"\xff\xff", b"\x30", b"\x82", b"\x20", b"\x90"]


class Sink:
    """The part of a StreamWriter that is used."""

    def __init__(self) -> None:
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def writelines(self, parts: tuple[bytes, ...]) -> None:
        self.data += b"".join(parts)

    async def drain(self) -> None:
        return


def translated(
    data: bytes, translate: Callable[[asyncio.StreamReader, Any], Coroutine[Any, Any, None]]
) -> bytes:
    """What comes out until the stream ends or is refused."""

    async def run() -> bytes:
        reader, sink = asyncio.StreamReader(), Sink()
        reader.feed_data(data)
        reader.feed_eof()
        with contextlib.suppress(EOFError, PacketError):
            await translate(reader, sink)
        return sink.data

    with bounded():
        return asyncio.run(run())


def as_5(data: bytes) -> bytes:
    return translated(data, lambda reader, sink: client_to_broker(reader, sink, SharedLimit(1 << 20)))


def as_311(data: bytes) -> bytes:
    return translated(data, broker_to_client)


@fuzz
@given(mutated([b"".join(FROM_CLIENT), *FROM_CLIENT], _WORDS) | st.binary(max_size=60))
def test_any_bytes_of_a_client_are_translated_or_refused(data: bytes) -> None:
    assert len(as_5(data)) <= 2 * len(data)


@fuzz
@given(mutated([b"".join(FROM_BROKER), *FROM_BROKER], _WORDS) | st.binary(max_size=60))
def test_any_bytes_of_the_broker_are_translated_or_refused(data: bytes) -> None:
    assert len(as_311(data)) <= len(data)


@fuzz
@given(
    st.binary(min_size=1, max_size=30).filter(
        lambda topic: topic[0] < 0x80
    ),  # others end rumqttd and are refused
    st.binary(max_size=300),
    st.integers(0, 2),
    st.booleans(),
)
def test_a_message_comes_back_from_both_translations(
    topic: bytes, payload: bytes, qos: int, retain: bool
) -> None:
    sent = packet(0x30 | qos << 1 | retain, prefixed(topic) + (b"\0\1" if qos else b"") + payload)
    assert as_311(as_5(sent)) == sent


@fuzz
@given(mutated([packet(0x10, CONNECT), packet(0x10, CONNECT_5), packet(0x10, WILL)], _WORDS))
def test_any_connect_is_read_or_refused(data: bytes) -> None:
    async def run() -> bytes | None:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        try:
            _first, body = await read_packet(reader, PacketType.CONNECT, LARGEST_CONNECT)
            return connect_as_5(body) if protocol_level(body) in (3, 4) else None
        except (EOFError, PacketError):
            return None

    with bounded():
        body = asyncio.run(run())
    assert body is None or protocol_level(body) == 5
