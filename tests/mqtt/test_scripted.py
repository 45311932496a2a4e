"""What only a scripted broker shows: its limits, PUBACKs at the wrong time, its DISCONNECT."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import AsyncIterator

import pytest

from mqttcam.mqtt.broker.packets import PacketType
from mqttcam.mqtt.connection import Connection
from tests.mqtt.conftest import Connect
from tests.mqtt.scripted import NO_LOCAL, RECEIVE_MAXIMUM, SERVER_KEEP_ALIVE, ScriptedBroker
from tests.mqtt.tools import TOPICS, Rig, picture
from tests.support.broker import Endpoint
from tests.support.waiting import HOST, until, wait_for


@pytest.fixture
async def scripted() -> AsyncIterator[ScriptedBroker]:
    async with ScriptedBroker() as broker:
        yield broker


def _rigs(connection: Connection, count: int) -> list[Rig]:
    return [Rig.make(connection, topics=TOPICS.camera(f"c{number}")) for number in range(count)]


async def test_subscriptions_have_no_local(scripted: ScriptedBroker, connect: Connect) -> None:
    connection = await connect(scripted)
    connection.subscribe("t", lambda _message: None)
    await until(lambda: scripted.subscriptions, "the subscription")
    assert scripted.subscriptions == [("t", NO_LOCAL | 1)]


async def test_receive_maximum_holds_for_pictures(scripted: ScriptedBroker, connect: Connect) -> None:
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


async def test_receive_maximum_holds_for_messages(scripted: ScriptedBroker, connect: Connect) -> None:
    scripted.properties = bytes((RECEIVE_MAXIMUM, 0, 3))
    connection = await connect(scripted)
    for number in range(8):
        assert connection.publish(f"t/{number}", b"x", qos=1)
    for number in range(8):
        await until(lambda: scripted.unacknowledged, "a message")
        assert len(scripted.unacknowledged) <= 3
        assert scripted.unacknowledged[0][0] == f"t/{number}"
        scripted.acknowledge()


async def test_puback_of_an_earlier_connection_is_ignored(scripted: ScriptedBroker, connect: Connect) -> None:
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
        lambda: network and not network._client.awaits_suback, "the SUBACK, sent after it, has arrived"
    )
    assert rig.offer(picture(1000, 2))
    assert not rig.feed.ready
    await until(lambda: scripted.unacknowledged, "the second picture")
    assert not rig.feed.ready, "only its own PUBACK opens the gate"
    scripted.acknowledge()
    await until(lambda: rig.feed.ready, "its own PUBACK")


async def test_pings_are_sent_between_pictures(scripted: ScriptedBroker, connect: Connect) -> None:
    scripted.properties = bytes((SERVER_KEEP_ALIVE, 0, 1))
    connection = await connect(scripted)
    assert connection.network is not None
    # There is always a picture to write then, as on a link far slower than this one.
    connection.network._shared_socket._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    rigs = _rigs(connection, 3)

    def feed() -> bool:
        while scripted.unacknowledged:
            scripted.acknowledge()
        for rig in rigs:
            rig.offer(picture(300_000))
        return PacketType.PINGREQ in scripted.received

    await until(feed, "a ping")
    assert connection.reconnects == 0


@pytest.mark.parametrize(
    ("reason", "text"), [(0x8E, "another client has connected"), (0x8B, "Server shutting down")]
)
async def test_disconnect_reason_of_the_broker_is_the_problem(
    scripted: ScriptedBroker, connect: Connect, caplog: pytest.LogCaptureFixture, reason: int, text: str
) -> None:
    connection = await connect(scripted)
    scripted.say(PacketType.DISCONNECT, bytes((reason, 0)))
    await until(lambda: connection.problem, "the end")
    assert text in str(connection.problem)
    assert [r.levelno for r in caplog.records if r.name.startswith("mqttcam.mqtt.reconnect")] == [
        logging.WARNING
    ]


async def test_disconnect_for_a_large_packet_lowers_the_limit(
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


async def test_other_disconnect_reasons_keep_the_limit(scripted: ScriptedBroker, connect: Connect) -> None:
    connection = await connect(scripted)
    (rig,) = _rigs(connection, 1)
    assert rig.offer(picture(300_000))
    await until(lambda: scripted.unacknowledged, "the picture")
    scripted.say(PacketType.DISCONNECT, b"\x8b\0")
    await until(lambda: connection.reconnects == 1 and rig.feed.ready, "a new connection")
    assert connection.max_packet_size == 2_000_000


async def test_picture_is_not_written_into_a_message(connect: Connect) -> None:
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
        unsent = connection.network._shared_socket.unsent
        connection.publish(TOPICS.info, message, qos=1)
        drain.set()
        # Block the loop until the socket has room again, in the middle of the message.
        wait_for(lambda: unsent() == 0, "the socket is empty")
        assert rig.offer(picture(700_000))
        await until(lambda: got.count(b'"trigger"'), "everything")
        assert message in got
        assert jpeg in got
        await connection.stop()
        thread.join()
