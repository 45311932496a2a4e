"""What clients may hold of the embedded broker's memory and connections."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
import pytest

from mqttcam.backoff import Backoff
from mqttcam.mqtt.broker import embedded as module
from mqttcam.mqtt.broker.embedded import EmbeddedBroker
from mqttcam.mqtt.broker.packets import CHUNK
from mqttcam.mqtt.broker.proxy import ClientProtocol, ProtocolProxy, ProxyLimits
from mqttcam.mqtt.connection import Message
from mqttcam.mqtt.packets import prefixed, varint
from tests.mqtt.conftest import Connect
from tests.mqtt.tools import FRONT, Rig, picture
from tests.support.broker import Broker, Endpoint
from tests.support.processes import running_children
from tests.support.waiting import HOST, PATIENCE, free_port, until

MEGABYTE = 1_000_000
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + varint(len(body)) + body


def connect_packet(client_id: str, version: int) -> bytes:
    properties = b"\0" if version == 5 else b""
    return packet(
        0x10,
        prefixed(b"MQTT") + bytes((version, 2)) + b"\0\x3c" + properties + prefixed(client_id.encode()),
    )


class Clients:
    """Connections that are closed after the test."""

    def __init__(self) -> None:
        self._made: list[asyncio.StreamWriter] = []

    async def open(self, port: int) -> Streams:
        """Return a connection that has sent nothing yet."""
        reader, writer = await asyncio.open_connection(HOST, port)
        self._made.append(writer)
        return reader, writer

    async def log_in(self, port: int, client_id: str = "test", version: int = 5) -> Streams:
        """Return a connection after its CONNACK.

        Raises:
            OSError, AssertionError: it was closed.
        """
        reader, writer = await self.open(port)
        writer.write(connect_packet(client_id, version))
        async with asyncio.timeout(PATIENCE):
            assert (await reader.read(CHUNK)).startswith(b"\x20")
        return reader, writer

    async def close(self) -> None:
        for writer in self._made:
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


@pytest.fixture
async def clients() -> AsyncIterator[Clients]:
    made = Clients()
    yield made
    await made.close()


async def ended(reader: asyncio.StreamReader) -> None:
    """Return once the broker has closed the connection."""
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(PATIENCE):
            while await reader.read(CHUNK):
                pass


@pytest.fixture
async def embedded() -> AsyncIterator[Endpoint]:
    async with EmbeddedBroker(HOST, 0) as broker:
        yield Endpoint(broker.port)


def child() -> psutil.Process:
    return running_children(module._CHILD)[0]


@asynccontextmanager
async def proxy_before(broker: Broker, limits: ProxyLimits) -> AsyncIterator[tuple[ProtocolProxy, int]]:
    """The proxy, in this process, and its port."""
    proxy = ProtocolProxy(limits)
    proxy.rumqttd_port = broker.port
    server = await asyncio.get_running_loop().create_server(lambda: ClientProtocol(proxy), HOST, 0)
    try:
        yield proxy, server.sockets[0].getsockname()[1]
    finally:
        server.close()  # from Python 3.12 on, `wait_closed` waits for the clients, which end later


async def test_half_connects_take_no_memory(clients: Clients, embedded: Endpoint, connect: Connect) -> None:
    before = child().memory_info().rss
    readers = []
    for _ in range(30):
        reader, writer = await clients.open(embedded.port)
        readers.append(reader)
        writer.write(b"\x10" + varint(15 * MEGABYTE) + bytes(2 * MEGABYTE))
    for reader in readers:
        await ended(reader)
    assert child().memory_info().rss - before < 20 * MEGABYTE
    await connect(embedded)


@pytest.mark.parametrize("version", [5, 4])
async def test_half_pictures_take_bounded_memory(
    clients: Clients, embedded: Endpoint, connect: Connect, version: int
) -> None:
    before = child().memory_info().rss
    for index in range(30):
        _, writer = await clients.log_in(embedded.port, f"half-{index}", version)
        writer.write(b"\x30" + varint(15 * MEGABYTE) + prefixed(b"half") + bytes(14 * MEGABYTE))
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await writer.drain()
    assert child().memory_info().rss - before < 200 * MEGABYTE, "420 MB were sent"
    received: list[Message] = []
    connection = await connect(embedded, protocol=5 if version == 5 else "3.1.1")
    connection.subscribe(FRONT.image, received.append)
    await Rig.make(connection).send(picture(1_900_000))
    await until(lambda: received, "a whole picture gets through")


async def test_memory_for_what_it_keeps_is_freed_by_a_restart(clients: Clients, connect: Connect) -> None:
    restart = Backoff(0.2, 0.2, jitter=0)
    async with EmbeddedBroker(HOST, free_port(), restart=restart, memory=100 * MEGABYTE) as broker:
        _, writer = await clients.log_in(broker.port)
        with contextlib.suppress(ConnectionError):
            for index in range(200):
                writer.write(packet(0x31, prefixed(f"kept/{index}".encode()) + b"\0" + bytes(MEGABYTE)))
                await writer.drain()
        await until(lambda: broker.problem, "the broker has ended")
        assert "clients made it use" in str(broker.problem)
        await until(lambda: broker.problem is None, "it runs again")
        await connect(Endpoint(broker.port))


@pytest.mark.parametrize("version", [5, 4])
@pytest.mark.parametrize(
    "data",
    [
        packet(0xF0, b"\0\0"),
        packet(0x20, b"\0\0"),
        packet(0x80, b"\0\1\0" + prefixed(b"a") + b"\0"),
        packet(0x30, prefixed("ü".encode()) + b"\0x"),
        packet(0x82, b"\0\1\0" + prefixed("ü/#".encode()) + b"\0"),
        packet(0x82, b"\0\1\0"),
        packet(0xA2, b"\0\1\0\0\x50a"),
    ],
)
async def test_packet_that_ends_a_thread_of_rumqttd_does_not_reach_it(
    clients: Clients, broker: Broker, version: int, data: bytes
) -> None:
    if version == 4 and data[0] in (0x80, 0x82, 0xA2):
        data = packet(data[0], data[2:4] + data[5:])  # without properties
    async with proxy_before(broker, ProxyLimits()) as (_, port):
        reader, writer = await clients.log_in(port, version=version)
        writer.write(data)
        await ended(reader)


@pytest.mark.parametrize("version", [5, 4])
async def test_will_that_ends_rumqttd_does_not_reach_it(
    clients: Clients, broker: Broker, version: int
) -> None:
    none = b"\0" if version == 5 else b""
    will = none + prefixed("ü".encode()) + prefixed(b"gone")
    body = prefixed(b"MQTT") + bytes((version, 6)) + b"\0\x3c" + none + prefixed(b"test") + will
    async with proxy_before(broker, ProxyLimits()) as (_, port):
        reader, writer = await clients.open(port)
        writer.write(packet(0x10, body))
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == b""


async def test_rumqttd_whose_threads_have_ended_is_started_again(clients: Clients, connect: Connect) -> None:
    async with EmbeddedBroker(HOST, free_port(), restart=Backoff(0.2, 0.2, jitter=0)) as broker:
        listening = [c.laddr.port for c in child().net_connections() if c.status == psutil.CONN_LISTEN]
        (rumqttd,) = (port for port in listening if port != broker.port)
        _, writer = await clients.log_in(rumqttd)  # not through the proxy
        writer.write(packet(0x82, b"\0\1\0" + prefixed(b"#") + b"\0"))
        writer.write(packet(0x30, prefixed("ü".encode()) + b"\0"))  # its router ends at this topic
        await until(lambda: broker.problem, "the broker has ended")
        assert "no longer accepts clients" in str(broker.problem)
        await until(lambda: broker.problem is None, "it runs again")
        await connect(Endpoint(broker.port))


async def test_oldest_connection_without_connect_ends(clients: Clients, broker: Broker) -> None:
    async with proxy_before(broker, ProxyLimits(before_connect=3)) as (_, port):
        idle = [await clients.open(port) for _ in range(3)]
        await clients.log_in(port, "later")
        await ended(idle[0][0])
        assert not idle[2][0].at_eof()


async def test_connection_without_connect_ends_in_time(clients: Clients, broker: Broker) -> None:
    async with proxy_before(broker, ProxyLimits(connect_timeout=0.2)) as (_, port):
        reader, writer = await clients.open(port)
        writer.write(connect_packet("slow", 5)[:5])
        await ended(reader)


async def test_no_address_takes_all_places(clients: Clients, broker: Broker) -> None:
    async with proxy_before(broker, ProxyLimits(per_address=3)) as (_, port):
        made = [await clients.log_in(port, f"client-{index}") for index in range(3)]
        reader, _ = await clients.open(port)
        await ended(reader)
        made[0][1].close()
        async with asyncio.timeout(PATIENCE):
            while True:
                with contextlib.suppress(AssertionError, ConnectionError):
                    await clients.log_in(port, "after")
                    break


@pytest.mark.parametrize("version", [5, 4])
async def test_subscriber_that_takes_nothing_is_disconnected(
    clients: Clients, broker: Broker, version: int
) -> None:
    async with proxy_before(broker, ProxyLimits()) as (proxy, port):
        reader, writer = await clients.log_in(port, "stalled", version)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        properties = b"\0" if version == 5 else b""
        writer.write(packet(0x82, b"\0\1" + properties + prefixed(b"flood") + b"\0"))
        _, publisher = await clients.log_in(port, "publisher")
        stalled = [protocol for protocol, _ in proxy._clients.values()]
        async with asyncio.timeout(PATIENCE):
            while not any(protocol.stalled_since for protocol in stalled):
                publisher.write(packet(0x30, prefixed(b"flood") + b"\0" + bytes(MEGABYTE)))
                await publisher.drain()
        proxy.drop_stalled(60)
        assert len(proxy._clients) == 2
        proxy.drop_stalled(0)
        await until(lambda: len(proxy._clients) == 1, "the stalled one has ended")
        writer.transport.resume_reading()  # type: ignore[attr-defined]
        await ended(reader)
