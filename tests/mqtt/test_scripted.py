"""What only a broker under a script shows: its limits, PUBACKs at the wrong time, its DISCONNECT."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import AsyncIterator

import pytest

from mqttcam.mqtt.broker.packets import PacketType
from mqttcam.mqtt.connection import Connection
from tests.mqtt.conftest import Connect
from tests.mqtt.scripted import RECEIVE_MAXIMUM, SERVER_KEEP_ALIVE, ScriptedBroker
from tests.mqtt.tools import TOPICS, Rig, picture
from tests.support.broker import Endpoint
from tests.support.waiting import HOST, until


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedBroker]:
    async with ScriptedBroker() as broker:
        yield broker


def _rigs(connection: Connection, count: int) -> list[Rig]:
    return [Rig.make(connection, topics=TOPICS.camera(f"c{number}")) for number in range(count)]


async def test_no_more_pictures_than_the_broker_takes_unacknowledged(
    scripted: ScriptedBroker, connect: Connect
) -> None:
    scripted.properties = bytes((RECEIVE_MAXIMUM, 0, 3))
    connection = await connect(scripted)
    for rig in _rigs(connection, 5):
        assert rig.offer(picture(1000))
    for acknowledged in range(5):
        await until(lambda: scripted.unacknowledged, "a picture")
        assert len(scripted.unacknowledged) <= 3
        assert scripted.unacknowledged[0][0] == TOPICS.camera(f"c{acknowledged}").image_meta
        scripted.acknowledge()
    assert connection.reconnects == 0


async def test_no_more_messages_than_the_broker_takes_unacknowledged(
    scripted: ScriptedBroker, connect: Connect
) -> None:
    scripted.properties = bytes((RECEIVE_MAXIMUM, 0, 3))
    connection = await connect(scripted)
    for number in range(8):
        assert connection.publish(f"t/{number}", b"x", qos=1)
    for number in range(8):
        await until(lambda: scripted.unacknowledged, "a message")
        assert len(scripted.unacknowledged) <= 3
        assert scripted.unacknowledged[0][0] == f"t/{number}"
        scripted.acknowledge()


async def test_a_puback_of_an_earlier_connection_counts_for_nothing(
    scripted: ScriptedBroker, connect: Connect
) -> None:
    connection = await connect(scripted)
    (rig,) = _rigs(connection, 1)
    assert rig.offer(picture(1000, 1))
    await until(lambda: scripted.unacknowledged, "the first picture")
    assert connection.network is not None
    connection.network.drop()
    await until(lambda: connection.reconnects == 1 and rig.feed.ready, "a new connection")
    scripted.unacknowledged.clear()
    scripted.say(PacketType.PUBACK, (0x8000).to_bytes(2, "big"))
    network = connection.network
    connection.subscribe("t", lambda _message: None)
    await until(
        lambda: network and not network._client._awaiting_suback, "what the broker said after it has arrived"
    )
    assert rig.offer(picture(1000, 2))
    assert not rig.feed.ready
    await until(lambda: scripted.unacknowledged, "the second picture")
    assert not rig.feed.ready, "only its own PUBACK opens the gate"
    scripted.acknowledge()
    await until(lambda: rig.feed.ready, "its own PUBACK")


async def test_pings_go_between_pictures_that_never_end(scripted: ScriptedBroker, connect: Connect) -> None:
    scripted.properties = bytes((SERVER_KEEP_ALIVE, 0, 1))
    connection = await connect(scripted)
    assert connection.network is not None
    # The lane is never empty then, as on a link far slower than this one.
    connection.network._shared_socket._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    rigs = _rigs(connection, 3)

    def feed() -> bool:
        while scripted.unacknowledged:
            scripted.acknowledge()
        for rig in rigs:
            rig.offer(picture(300_000))
        return PacketType.PINGREQ in scripted.received

    await until(feed, "a ping", 20)
    assert connection.reconnects == 0


@pytest.mark.parametrize(
    ("reason", "text"), [(0x8E, "another client has connected"), (0x8B, "Server shutting down")]
)
async def test_the_brokers_last_word_is_told(
    scripted: ScriptedBroker, connect: Connect, caplog: pytest.LogCaptureFixture, reason: int, text: str
) -> None:
    connection = await connect(scripted)
    scripted.say(PacketType.DISCONNECT, bytes((reason, 0)))
    await until(lambda: connection.problem, "the end")
    assert text in str(connection.problem)
    assert [r.levelno for r in caplog.records if r.name.startswith("mqttcam.mqtt.reconnect")] == [
        logging.WARNING
    ]


async def test_a_packet_too_large_is_learnt_from_the_brokers_word(
    scripted: ScriptedBroker, connect: Connect
) -> None:
    connection = await connect(scripted)
    (rig,) = _rigs(connection, 1)
    assert rig.offer(picture(300_000))
    await until(lambda: scripted.unacknowledged, "the picture")
    scripted.say(PacketType.DISCONNECT, b"\x95\0")
    await until(lambda: connection.reconnects == 1 and rig.feed.ready, "a new connection")
    assert rig.feed.max_bytes is not None
    assert rig.feed.max_bytes < 151_000


async def test_another_reason_does_not_make_pictures_smaller(
    scripted: ScriptedBroker, connect: Connect
) -> None:
    connection = await connect(scripted)
    (rig,) = _rigs(connection, 1)
    assert rig.offer(picture(300_000))
    await until(lambda: scripted.unacknowledged, "the picture")
    scripted.say(PacketType.DISCONNECT, b"\x8b\0")
    await until(lambda: connection.reconnects == 1 and rig.feed.ready, "a new connection")
    assert connection.max_packet_size == 2_000_000


async def test_a_picture_does_not_cut_a_message_in_two(connect: Connect) -> None:
    got = bytearray()
    drain = threading.Event()

    def serve() -> None:
        sock, _ = server.accept()
        with sock, contextlib.suppress(ConnectionResetError):
            sock.recv(1000)
            sock.sendall(b"\x20\x03\0\0\0")
            drain.wait(10)
            while data := sock.recv(1 << 20):
                got.extend(data)

    message, jpeg = b"m" * 900_000, picture(700_000).jpeg
    with socket.create_server((HOST, 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        thread = threading.Thread(target=serve)
        thread.start()
        connection = await connect(Endpoint(server.getsockname()[1]))
        (rig,) = _rigs(connection, 1)
        assert connection.network is not None
        connection.network._shared_socket._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16384)
        connection.publish(TOPICS.info, message, qos=1)
        drain.set()
        time.sleep(0.3)  # the loop stands still, so that the socket has room in the middle of the message
        assert rig.offer(picture(700_000))
        await until(lambda: got.count(b'"trigger"'), "everything")
        assert message in got
        assert jpeg in got
        await connection.stop()
        thread.join()
