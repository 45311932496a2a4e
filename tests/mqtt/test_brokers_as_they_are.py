"""Limits and habits of brokers, each shown by the smallest broker that has it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mqttcam.gateway.image_check import ImageCheck
from mqttcam.mqtt.broker.packets import (
    PacketError,
    PacketType,
    packet_type,
    read_packet,
    take_field,
    write_packet,
)
from mqttcam.mqtt.client import MQTT_3_1_1
from mqttcam.mqtt.pictures_connection import PicturesConnection
from mqttcam.mqtt.timing import Timing
from tests.mqtt.conftest import Connect
from tests.mqtt.tools import FRONT, Rig, picture
from tests.support.broker import Endpoint, Mosquitto
from tests.support.client import Client
from tests.support.transports import abort_closing
from tests.support.waiting import HOST, until

QUICK = Timing(connack=0.2, first_retry=0.01, last_retry=0.01)
_SUBACK_REFUSED, _TAKEN_OVER, _CLIENT_ID_REFUSED = 0x87, 0x8E, 0x85


class PeculiarBroker(Endpoint):
    """A broker of many clients, with the habits that its attributes say.

    Attributes:
        levels: protocol levels that are answered; the others meet silence.
        largest: bytes of the largest body of a packet; a larger one ends the connection.
        one_client: the next client takes over the connection of the one before.
        refused_id: a client id that is refused.
        reason: reason code of each SUBACK and PUBACK.
        connects: client ids and protocol levels.
        filters: the number of filters in each SUBSCRIBE.
        published: topics.
    """

    def __init__(self) -> None:
        super().__init__(0)
        self.levels = {4, 5}
        self.largest = 1_000_000
        self.one_client = False
        self.refused_id = ""
        self.reason = 0
        self.connects: list[tuple[str, int]] = []
        self.filters: list[int] = []
        self.published: list[str] = []
        self._clients: list[tuple[asyncio.StreamWriter, bool]] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[PeculiarBroker]:
        server = await asyncio.start_server(self._accept, HOST, 0)
        self.port = int(server.sockets[0].getsockname()[1])
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await abort_closing()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            _, body = await read_packet(reader, PacketType.CONNECT)
            level = body[6]
            if level not in self.levels:
                await reader.read()
                return
            self._connect(writer, body, level)
            while True:
                first, body = await read_packet(reader)
                if len(body) > self.largest:
                    return
                self._answer(writer, first, body, level == 5)
        except (OSError, EOFError, PacketError):
            return
        finally:
            self._clients = [client for client in self._clients if client[0] is not writer]
            writer.close()

    def _connect(self, writer: asyncio.StreamWriter, body: bytes, level: int) -> None:
        client_id = take_field(body, 10 + (1 + body[10] if level == 5 else 0))[0].decode()
        self.connects.append((client_id, level))
        none = b"\0" if level == 5 else b""
        if client_id == self.refused_id:
            write_packet(writer, PacketType.CONNACK, b"\0", bytes((_CLIENT_ID_REFUSED if none else 2,)), none)
            return
        for other, is_5 in self._clients if self.one_client else ():
            if is_5:
                write_packet(other, PacketType.DISCONNECT, bytes((_TAKEN_OVER, 0)))
            other.close()
        self._clients.append((writer, level == 5))
        write_packet(writer, PacketType.CONNACK, b"\0\0", none)

    def _answer(self, writer: asyncio.StreamWriter, first: int, body: bytes, is_5: bool) -> None:
        kind = packet_type(first)
        reason = bytes((self.reason,))
        if kind is PacketType.SUBSCRIBE:
            at, count = 3 if is_5 else 2, 0
            while at < len(body):
                at, count = take_field(body, at)[1] + 1, count + 1
            self.filters.append(count)
            code = b"\x80" if self.reason and not is_5 else reason
            write_packet(writer, PacketType.SUBACK, body[:2], b"\0" if is_5 else b"", code * count)
        elif kind is PacketType.PUBLISH:
            topic, at = take_field(body, 0)
            self.published.append(topic.decode())
            if first & 0x06:
                write_packet(writer, PacketType.PUBACK, body[at : at + 2], reason if is_5 else b"")


@pytest.fixture
async def peculiar() -> AsyncIterator[PeculiarBroker]:
    async with PeculiarBroker().running() as broker:
        yield broker


async def test_broker_that_is_silent_on_mqtt_5(peculiar: PeculiarBroker, connect: Connect) -> None:
    peculiar.levels = {4}
    connection = await connect(peculiar, timing=QUICK)
    assert connection.protocol.version == MQTT_3_1_1


async def test_subscribe_has_at_most_eight_filters(peculiar: PeculiarBroker, connect: Connect) -> None:
    def subscribe() -> None:
        for number in range(20):
            connection._subscriptions.add(f"t/{number}", lambda _message: None)

    connection = await connect(peculiar, wait=False)
    subscribe()
    await until(lambda: sum(peculiar.filters) == 20, "all of them")
    assert max(peculiar.filters) == 8


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_refused_subscription_is_a_problem(
    peculiar: PeculiarBroker, connect: Connect, protocol: int | str
) -> None:
    peculiar.reason = _SUBACK_REFUSED
    connection = await connect(peculiar, protocol=protocol)
    connection.subscribe("a/set", lambda _message: None)
    await until(lambda: connection.problem, "the refusal")
    assert "the subscription to a/set" in str(connection.problem)
    assert "ACL" in str(connection.problem)


async def test_refused_message_is_a_problem_until_it_is_accepted(
    peculiar: PeculiarBroker, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    peculiar.reason = 0x87
    connection = await connect(peculiar)
    for _ in range(3):
        connection.publish("a/state", b"x", qos=1)
    await until(lambda: connection.problem, "the refusal")
    assert "messages to a/state: Not authorized" in str(connection.problem)
    peculiar.reason = 0
    connection.publish("a/state", b"x", qos=1)
    await until(lambda: not connection.problem, "accepted")
    assert [r.levelno for r in caplog.records].count(logging.ERROR) == 1


async def test_message_beyond_the_limit_is_a_problem(peculiar: PeculiarBroker, connect: Connect) -> None:
    connection = await connect(peculiar, max_packet_size=10_000)
    assert not connection.publish("a/state", bytes(10_001), qos=1, retain=True)
    assert "a/state is not sent: mqtt.max_packet_size is 10000" in str(connection.problem)


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_limit_is_learnt_from_a_message(
    peculiar: PeculiarBroker, connect: Connect, caplog: pytest.LogCaptureFixture, protocol: int | str
) -> None:
    peculiar.largest = 8092

    def publish() -> None:
        connection.publish("a/config", bytes(12_000), qos=1, retain=True)
        connection.publish("a/state", bytes(1_000), qos=1, retain=True)

    connection = await connect(
        peculiar, protocol=protocol, timing=QUICK, hooks=[lambda: publish()], wait=False
    )
    await until(lambda: "a/state" in peculiar.published, "the message that fits")
    assert connection.connected
    assert connection.max_packet_size == 6_004
    assert "the broker closes the connection after a packet of 12008 bytes" in caplog.text
    assert "client id" not in caplog.text
    assert "a/config is not sent" in str(connection.problem)


async def test_picture_that_is_refused_as_too_large_lowers_the_limit(
    peculiar: PeculiarBroker, connect: Connect
) -> None:
    connection = await connect(peculiar)
    rig = Rig.make(connection)
    peculiar.reason = 0x95
    await rig.send(picture(100_000))
    await until(lambda: connection.max_packet_size < 60_000, "a lower limit")
    await until(lambda: "Packet too large" in str(connection.problem), "the refusal")


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_pictures_share_the_connection_of_a_broker_that_takes_both_for_one_client(
    peculiar: PeculiarBroker, connect: Connect, caplog: pytest.LogCaptureFixture, protocol: int | str
) -> None:
    peculiar.one_client = True
    main = await connect(peculiar, protocol=protocol, timing=QUICK)
    pictures = await connect(peculiar, protocol=protocol, timing=QUICK, follows=main)
    assert isinstance(pictures, PicturesConnection)
    await until(lambda: pictures.shares and main.connected, "one connection")
    rig = Rig.make(pictures)
    await rig.send(picture(1_000))
    await until(lambda: FRONT.image in peculiar.published, "a picture")
    assert len(peculiar.connects) == 3
    assert "share the connection" in caplog.text
    assert "another client" not in caplog.text
    assert pictures.problem is None


async def test_pictures_share_the_connection_if_their_client_id_is_refused(
    peculiar: PeculiarBroker, connect: Connect
) -> None:
    peculiar.refused_id = "mine-pictures"
    main = await connect(peculiar, timing=QUICK)
    pictures = await connect(peculiar, timing=QUICK, follows=main, client_id="mine-pictures")
    assert isinstance(pictures, PicturesConnection)
    await until(lambda: pictures.shares, "one connection")
    rig = Rig.make(pictures)
    await rig.send(picture(1_000))
    await until(lambda: FRONT.image in peculiar.published, "a picture")
    assert "pictures share the other connection" in str(pictures.problem)


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_images_that_the_broker_drops_are_noticed_and_made_smaller(
    connect: Connect, folder: Path, protocol: int | str
) -> None:
    with (
        Mosquitto(folder, extra="message_size_limit 30000") as limited,
        Client(limited, FRONT.image) as client,
    ):
        main = await connect(limited, protocol=protocol)
        pictures = await connect(limited, protocol=protocol, follows=main)
        assert isinstance(pictures, PicturesConnection)
        rig = Rig.make(pictures)
        check = ImageCheck(pictures, FRONT, rig.images.fit)
        for seq in range(4):
            await rig.send(picture(50_000, seq))
        await until(lambda: "drops images on" in str(pictures.problem), "it is noticed")
        assert pictures.max_packet_size == 25_000
        await rig.send(picture(20_000, 9))
        await until(lambda: client.on(FRONT.image) and pictures.problem is None, "an image passes")
        check.close()
