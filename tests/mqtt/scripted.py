"""A broker controlled by the test: it sends the given CONNACK properties, and PUBACKs only on request."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from mqttcam.mqtt.broker.packets import (
    PacketError,
    PacketType,
    packet_type,
    read_packet,
    take_field,
    write_packet,
)
from mqttcam.mqtt.packets import varint
from tests.support.broker import Endpoint
from tests.support.transports import abort_closing
from tests.support.waiting import HOST

RECEIVE_MAXIMUM, SERVER_KEEP_ALIVE = 0x21, 0x13
"""Properties of a CONNACK (MQTT 5, 3.2.2.3)."""
NO_LOCAL = 0x04
"""Bit of the subscription options (MQTT 5, 3.8.3.1)."""


class ScriptedBroker(Endpoint):
    """Accepts MQTT 5 connections, one client after the other.

    Attributes:
        properties: of each CONNACK.
        received: the types of the received packets, PUBLISH excepted.
        subscriptions: topic filters and subscription options.
        unacknowledged: topics and packet identifiers of QoS 1 messages that wait for `acknowledge`.
    """

    def __init__(self) -> None:
        super().__init__(0)
        self.properties = b""
        self.received: list[PacketType] = []
        self.subscriptions: list[tuple[str, int]] = []
        self.unacknowledged: list[tuple[str, int]] = []
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, HOST, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await abort_closing()

    def acknowledge(self, reason: int = 0) -> None:
        """Send the PUBACK of the oldest message that waits for one."""
        assert self._writer is not None
        _, mid = self.unacknowledged.pop(0)
        write_packet(self._writer, PacketType.PUBACK, mid.to_bytes(2, "big"), bytes((reason,)))

    def say(self, first: int, body: bytes) -> None:
        """Send any packet."""
        assert self._writer is not None
        write_packet(self._writer, first, body)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        try:
            while True:
                first, body = await read_packet(reader)
                self._answer(first, body)
        except (OSError, EOFError, PacketError):
            return
        finally:
            writer.close()

    def _answer(self, first: int, body: bytes) -> None:
        assert self._writer is not None
        kind = packet_type(first)
        if kind is PacketType.PUBLISH:
            if first & 0x06:
                topic, at = take_field(body, 0)
                self.unacknowledged.append((topic.decode(), int.from_bytes(body[at : at + 2], "big")))
            return
        self.received.append(kind)
        if kind is PacketType.CONNECT:
            self.say(PacketType.CONNACK, b"\0\0" + varint(len(self.properties)) + self.properties)
        elif kind is PacketType.SUBSCRIBE:
            topic_filter, at = take_field(body, 3)
            self.subscriptions.append((topic_filter.decode(), body[at]))
            self.say(PacketType.SUBACK, body[:2] + b"\0\1")
        elif kind is PacketType.PINGREQ:
            self.say(PacketType.PINGRESP, b"")
