"""The proxy between clients and rumqttd: it knows both versions of MQTT, and how much a client may hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

from msgspec import Struct

from mqttcam import descriptors
from mqttcam.mqtt.broker.limits import SharedLimit
from mqttcam.mqtt.broker.mqtt311 import broker_to_client, client_to_broker, connect_as_5
from mqttcam.mqtt.broker.packets import (
    CHUNK,
    FROM_CLIENT,
    LARGEST_CONNECT,
    PacketError,
    PacketType,
    check_will,
    copy,
    head_of,
    packet_type,
    protocol_level,
    read_filters,
    read_head,
    read_packet,
    read_publish_head,
    write_packet,
)
from mqttcam.mqtt.packets import prefixed

LOOPBACK = "127.0.0.1"
_RUMQTTD_TIMEOUT = 10.0
"""Seconds for rumqttd to listen."""
_UNACCEPTABLE_VERSION = b"\x20\x02\x00\x01"
"""A CONNACK with return code 1 (3.1.1, table 3.1), which clients of every version understand."""
_TEST_CONNECT = prefixed(b"MQTT") + b"\5\2\0\x3c\0" + prefixed(b"mqttcam-broker-check")


class ProxyLimits(Struct, frozen=True):
    """How much clients may hold.

    Attributes:
        connect_timeout: seconds for a client to send CONNECT.
        before_connect: clients that have not sent it yet; for another one, the oldest is disconnected.
        per_address: clients; by default a quarter of what rumqttd accepts.
        incomplete: bytes of all packets that clients are sending at the same time; those of one chunk do not count.
    """

    connect_timeout: float = 10.0
    before_connect: int = 64
    per_address: int = 250
    incomplete: int = 64 * 1024 * 1024


class ClientProtocol(asyncio.StreamReaderProtocol):
    """The connection of a client.

    Attributes:
        host: its address.
        stalled_since: when it stopped taking what is sent to it, in seconds of the monotonic clock; None while it does.
    """

    def __init__(self, proxy: ProtocolProxy) -> None:
        super().__init__(asyncio.StreamReader(), proxy.accept)
        self.host = ""
        self.stalled_since: float | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.host = str((transport.get_extra_info("peername") or [""])[0])
        super().connection_made(transport)

    def pause_writing(self) -> None:
        self.stalled_since = time.monotonic()
        super().pause_writing()

    def resume_writing(self) -> None:
        self.stalled_since = None
        super().resume_writing()


class ProtocolProxy:
    """Accepts connections, and connects each to rumqttd on `rumqttd_port`."""

    def __init__(self, limits: ProxyLimits | None = None) -> None:
        self.rumqttd_port = 0
        self._limits = limits or ProxyLimits()
        self._clients: dict[asyncio.Task[None], tuple[ClientProtocol, asyncio.WriteTransport]] = {}
        self._before_connect = SharedLimit(self._limits.before_connect)
        self._incomplete = SharedLimit(self._limits.incomplete, uncounted=CHUNK)

    async def wait_for_rumqttd(self) -> None:
        """Return once rumqttd listens.

        Raises:
            TimeoutError: it does not.
        """
        async with asyncio.timeout(_RUMQTTD_TIMEOUT):
            while True:
                try:
                    _, writer = await asyncio.open_connection(LOOPBACK, self.rumqttd_port)
                except OSError:
                    await asyncio.sleep(0.01)
                else:
                    writer.close()
                    return

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a client in a task; the callback of `ClientProtocol`."""
        protocol = writer.transport.get_protocol()
        assert isinstance(protocol, ClientProtocol)
        if descriptors.are_scarce() or self._clients_at(protocol.host) >= self._limits.per_address:
            writer.close()  # rumqttd, in this process, needs the rest for the clients that it has
            return
        client = asyncio.create_task(self._serve(reader, writer))
        self._clients[client] = protocol, writer.transport
        client.add_done_callback(self._clients.pop)

    async def rumqttd_answers(self, timeout: float) -> bool:  # noqa: ASYNC109 - its caller knows no other
        """Return whether rumqttd accepts a client within `timeout` seconds: its threads may have ended."""
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(timeout):
                reader, writer = await asyncio.open_connection(LOOPBACK, self.rumqttd_port)
                write_packet(writer, PacketType.CONNECT, _TEST_CONNECT)
                await read_packet(reader, PacketType.CONNACK)
        except (OSError, EOFError, PacketError, TimeoutError):
            return False
        finally:
            if writer is not None:
                writer.close()
        return True

    def drop_stalled(self, longest: float) -> None:
        """Disconnect the clients that have taken nothing for more than `longest` seconds."""
        latest = time.monotonic() - longest
        for protocol, transport in self._clients.values():
            if protocol.stalled_since is not None and protocol.stalled_since < latest:
                transport.abort()

    def _clients_at(self, host: str) -> int:
        return sum(1 for protocol, _ in self._clients.values() if protocol.host == host)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client, from its CONNECT to the end of its connection."""
        rumqttd: asyncio.StreamWriter | None = None
        try:
            with self._before_connect.hold(1):
                async with asyncio.timeout(self._limits.connect_timeout):
                    first, body = await read_packet(reader, PacketType.CONNECT, LARGEST_CONNECT)
            level = protocol_level(body)
            if level not in (3, 4, 5):
                writer.write(_UNACCEPTABLE_VERSION)
                return
            check_will(body, level)
            answers, rumqttd = await asyncio.open_connection(LOOPBACK, self.rumqttd_port)
            if level == 5:
                write_packet(rumqttd, first, body)
                await _join(self._packets(reader, rumqttd), _pass(answers, writer))
            else:
                write_packet(rumqttd, first, connect_as_5(body))
                await _join(
                    client_to_broker(reader, rumqttd, self._incomplete), broker_to_client(answers, writer)
                )
        except (OSError, EOFError, PacketError, TimeoutError):
            return  # the client has disconnected, or sent something that is not MQTT
        finally:
            for end in (writer, rumqttd):
                if end is not None:
                    end.close()

    async def _packets(self, client: asyncio.StreamReader, broker: asyncio.StreamWriter) -> None:
        """Pass on the packets of a client of MQTT 5, until the connection ends.

        Raises:
            EOFError: the connection has ended.
            PacketError: a packet is malformed.
        """
        while True:
            first, size = await read_head(client)
            if first not in FROM_CLIENT:
                raise PacketError("unexpected packet")
            with self._incomplete.hold(size):
                match packet_type(first):
                    case PacketType.PUBLISH:
                        begin = await read_publish_head(client, first, size)
                    case PacketType.SUBSCRIBE | PacketType.UNSUBSCRIBE:
                        begin = await read_filters(client, first, size, 5)
                    case _:
                        begin = b""
                broker.write(head_of(first, size) + begin)
                await copy(client, broker, size - len(begin))


async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(CHUNK):
        sink.write(data)
        await sink.drain()


async def _join(*ways: Coroutine[Any, Any, None]) -> None:
    """Run both directions until either ends."""
    tasks = [asyncio.create_task(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
