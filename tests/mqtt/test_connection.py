"""The connection: messages in both directions, the will, refused connections, and every way to lose one."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
import time
from pathlib import Path

import pytest

from mqttcam.mqtt.connection import Connection, Message, Timing
from mqttcam.mqtt.pictures_connection import PicturesConnection
from tests.mqtt.conftest import Connect
from tests.mqtt.tools import FRONT, TOPICS, as_sent, in_thread, login_settings, subscribed
from tests.support.broker import Broker, Endpoint, Mosquitto
from tests.support.client import Client, retained
from tests.support.old_broker import OldBroker
from tests.support.proxy import Proxy
from tests.support.waiting import HOST, PATIENCE, free_port, until

WILL = (TOPICS.status, b"offline")
QUICK = Timing(first_retry=0.01, last_retry=0.01)


def _logged(caplog: pytest.LogCaptureFixture, level: int = logging.WARNING) -> list[str]:
    """Return what mqttcam has logged at `level` and above."""
    return [r.getMessage() for r in caplog.records if r.levelno >= level and r.name.startswith("mqttcam.")]


async def test_a_topic_that_a_peer_has_chosen_badly_is_not_logged(
    broker: Broker, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    connection = await connect(broker)
    for topic in ("answers/+", "#", "", "a\0b", "y" * 65_536):
        assert not connection.publish(topic, b"{}", qos=1)
    assert connection.publish(FRONT.state, b"{}", qos=1)
    assert _logged(caplog, logging.INFO) == []


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_publish_and_receive(
    broker: Broker, client: Client, connect: Connect, protocol: int | str
) -> None:
    received: list[Message] = []
    connection = await connect(broker, protocol=protocol)
    connection.subscribe(FRONT.set_key("+"), received.append)
    await subscribed(connection)
    assert connection.publish(FRONT.state, b'{"a": 1}', qos=1, retain=True)
    assert connection.publish(TOPICS.health, b"{}")
    state = await in_thread(client.wait, FRONT.state)
    assert as_sent(broker, state, 1, True)
    assert state.text == '{"a": 1}'
    await in_thread(client.wait, TOPICS.health)
    await in_thread(
        client.publish,
        FRONT.set_key("brightness"),
        "0.2",
        response_topic="answers/here",
        correlation=b"\0\xff",
    )
    await until(lambda: received, "the command")
    expected = Message(FRONT.set_key("brightness"), b"0.2")
    if protocol == 5:
        expected = Message(expected.topic, b"0.2", False, "answers/here", b"\0\xff")
    assert received == [expected]
    assert connection.publish("answers/here", b"yes", qos=1, correlation_data=b"\0\xff")
    answer = await in_thread(client.wait, "answers/here")
    assert answer.correlation == (b"\0\xff" if protocol == 5 else None)
    assert connection.echoes == (protocol != 5)


async def test_socket_has_nodelay(broker: Broker, connect: Connect) -> None:
    connection = await connect(broker)
    assert connection.network is not None
    sock = connection.network._shared_socket._sock
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_retain_flag_of_received_messages(broker: Broker, client: Client, connect: Connect) -> None:
    await in_thread(client.publish, FRONT.command("snapshot"), "x", retain=True)
    received: list[Message] = []
    connection = await connect(broker)
    connection.subscribe(FRONT.command("+"), received.append)
    await subscribed(connection)
    await until(lambda: received, "the retained command")
    assert received[0].retain
    await in_thread(client.publish, FRONT.command("snapshot"), "", retain=True)
    await until(lambda: len(received) == 2, "its end")
    assert not received[1].retain


async def test_own_messages_do_not_come_back(broker: Broker, client: Client, connect: Connect) -> None:
    received: list[Message] = []
    connection = await connect(broker)
    connection.subscribe(FRONT.command("+"), received.append)
    await subscribed(connection)
    connection.publish(FRONT.command("own"), b"", qos=1, retain=True)
    await in_thread(client.wait, FRONT.command("own"))
    await in_thread(client.publish, FRONT.command("other"), "")
    await until(lambda: received, "the other's command")
    assert [message.topic for message in received] == [FRONT.command("other")]


async def test_unsubscribe(broker: Broker, client: Client, connect: Connect) -> None:
    received: list[Message] = []
    connection = await connect(broker)
    connection.subscribe(FRONT.set, received.append)
    connection.subscribe(FRONT.get, received.append)
    await subscribed(connection)
    connection.unsubscribe(FRONT.set)
    await in_thread(client.publish, FRONT.set, "1")
    await in_thread(client.publish, FRONT.get, "2")
    await until(lambda: received, "the second message")
    assert [message.payload for message in received] == [b"2"]


async def test_each_connection_subscribes_and_calls_the_hooks(
    broker: Broker, client: Client, connect: Connect
) -> None:
    received: list[Message] = []
    ups: list[bool] = []
    downs: list[bool] = []

    def fail() -> None:
        raise RuntimeError("from the hook")

    async with Proxy(broker.port) as proxy:
        connection = await connect(Endpoint(proxy.port))
        connection.subscribe(FRONT.get, received.append)
        connection.on_connected(fail)
        connection.on_connected(lambda: ups.append(connection.publish(TOPICS.status, b"online", 1, True)))
        connection.on_disconnected(lambda: downs.append(connection.publish(TOPICS.health, b"{}")))
        for _ in range(2):
            ups.clear()
            downs.clear()
            received.clear()
            proxy.cut()
            await until(lambda: ups and connection.connected, "connected again")
            await subscribed(connection)
            assert downs == [False], "nothing is queued while there is no connection"
            await in_thread(client.publish, FRONT.get, "")
            await until(lambda: received, "a message after the reconnect")
            assert ups == [True]
        assert connection.reconnects == 2


async def test_exception_of_a_handler_is_logged(
    broker: Broker, client: Client, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    received: list[Message] = []

    def fail(message: Message) -> None:
        received.append(message)
        raise RuntimeError("from the handler")

    connection = await connect(broker)
    connection.subscribe(FRONT.set, fail)
    await subscribed(connection)
    for number in range(3):
        await in_thread(client.publish, FRONT.set, str(number))
    await until(lambda: len(received) == 3, "all messages")
    assert connection.reconnects == 0
    assert "from the handler" in caplog.text


# payloads and packets


async def test_binary_empty_and_large_payloads(broker: Broker, client: Client, connect: Connect) -> None:
    received: list[Message] = []
    connection = await connect(broker)
    connection.subscribe(FRONT.set, received.append)
    await subscribed(connection)
    payloads = [b"\xff\xfe\0", b"", bytes(1_900_000), b"after"]  # Mosquitto 2.1 takes 2 MB at most
    for payload in payloads:
        await in_thread(client.publish, FRONT.set, payload)
    await until(lambda: len(received) == len(payloads), "every payload")
    assert [message.payload for message in received] == payloads
    assert connection.reconnects == 0


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_a_message_beyond_the_largest_packet_costs_neither_memory_nor_the_connection(
    mosquitto: Mosquitto,
    client: Client,
    connect: Connect,
    protocol: int | str,
) -> None:
    received: list[Message] = []
    connection = await connect(mosquitto, protocol=protocol, largest_message=100_000)
    connection.subscribe(FRONT.set, received.append)
    await subscribed(connection)
    await in_thread(client.publish, FRONT.set, bytes(300_000))
    await in_thread(client.publish, FRONT.set, "after")
    await until(lambda: received and received[-1].payload == b"after", "the message after it")
    # MQTT 5 has the broker leave it out; with 3.1.1 its payload is cut off.
    assert len(received) == (1 if protocol == 5 else 2)
    assert all(len(message.payload) < 170_000 for message in received)
    assert connection.reconnects == 0


_GARBAGE = [
    b"\xff" * 50,
    b"\0\0",
    b"\x30\x05\0\x03\xff\xfe\xfd" + b"\x30\x05\0\x01x\0y",
    b"\x30\xff\xff\xff\xff\xff",
    b"\x32\x02\0\x09",
    b"\x30\x07\0\x01a\x03\x99\x99\x99",
    b"\x40\x01\0",
    b"\x40\x04\0\x01\x77\0",
    b"\x90\x01\0",
    b"\xe0\x01\x9b",
    b"\xe0\x02\xff\xff",
    b"\x20\x03\0\0\0",
    b"\x62\x02\0\x07",
]


@pytest.mark.parametrize("garbage", _GARBAGE, ids=[data.hex()[:16] for data in _GARBAGE])
async def test_malformed_packets_from_the_broker(
    broker: Broker, client: Client, connect: Connect, garbage: bytes
) -> None:
    received: list[Message] = []
    async with Proxy(broker.port) as proxy:
        connection = await connect(Endpoint(proxy.port), timing=Timing(first_retry=0.05))
        connection.subscribe("#", received.append)
        await subscribed(connection)
        connection.publish(TOPICS.health, b"before", qos=1)
        await in_thread(client.wait, TOPICS.health)
        proxy.inject(garbage)
        async with asyncio.timeout(PATIENCE):
            while not any(m.payload == b"after" for m in received):
                # Messages that are published while the connection is made again are not delivered to it.
                await in_thread(client.publish, FRONT.set, "after")
        await until(lambda: connection.publish(TOPICS.health, b"after", qos=1), "connected")
        await in_thread(client.wait, TOPICS.health, lambda m: m.text == "after")


async def test_invalid_topics_are_dropped(broker: Broker, client: Client, connect: Connect) -> None:
    connection = await connect(broker)
    for topic in ("a/#", "+", "x\0y", "\udc80", "x" * 70_000):
        assert not connection.publish(topic, b"{}", qos=1)
    assert connection.dropped == 5
    assert connection.publish(TOPICS.health, b"good", qos=1)
    await in_thread(client.wait, TOPICS.health)
    assert connection.reconnects == 0


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_messages_over_the_size_limit_are_dropped(
    folder: Path, connect: Connect, caplog: pytest.LogCaptureFixture, protocol: int | str
) -> None:
    with Mosquitto(folder, extra="max_packet_size 20000") as broker, Client(broker, "#") as client:
        connection = await connect(broker, protocol=protocol, max_packet_size=20_000)
        for _ in range(3):
            assert not connection.publish(TOPICS.info, bytes(20_000), qos=1, retain=True)
        assert connection.publish(TOPICS.info, bytes(19_950), qos=1, retain=True)
        await in_thread(client.wait, TOPICS.info)
        assert connection.reconnects == 0
        assert connection.dropped == 3
        assert len(_logged(caplog)) == 1


async def test_receive_maximum_is_respected(folder: Path, connect: Connect) -> None:
    with Mosquitto(folder, extra="max_inflight_messages 2") as broker, Client(broker, "#") as client:
        connection = await connect(broker)
        for number in range(100):
            assert connection.publish(TOPICS.info, str(number).encode(), qos=1)
        messages = await in_thread(client.wait_many, TOPICS.info, 100)
        assert [m.text for m in messages] == [str(number) for number in range(100)]
        assert connection.reconnects == 0


# losing the connection


async def test_reconnects_after_the_broker_was_killed(
    folder: Path, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    with Mosquitto(folder) as broker:
        connection = await connect(broker, will=WILL)
        broker.kill()
        await until(lambda: not connection.connected and connection.problem, "the loss is noticed")
        assert not connection.publish(TOPICS.health, b"{}")
        broker.start()
        await until(lambda: connection.connected, "connected again")
        assert connection.problem is None
        assert connection.reconnects == 1


async def test_a_follower_comes_back_with_the_connection_that_it_follows(
    folder: Path, connect: Connect
) -> None:
    """Whatever pauses it has collected, and whichever of the two notices the loss first."""
    quick, slow = Timing(first_retry=0.05, last_retry=0.05), Timing(first_retry=60, last_retry=60, takeover=0)
    with Mosquitto(folder) as broker:
        connection = await connect(broker, timing=quick)
        follower = await connect(broker, follows=connection, timing=slow)
        for reconnects in range(1, 4):
            broker.kill()
            await until(lambda: not connection.connected and not follower.connected, "the loss is noticed")
            broker.start()
            await until(lambda: connection.connected and follower.connected, "both are back")
            assert (connection.reconnects, follower.reconnects) == (reconnects, reconnects)


async def test_a_follower_ends_with_the_connection_that_it_follows(broker: Broker, connect: Connect) -> None:
    """On a dead link its own keepalive would take minutes."""
    async with Proxy(broker.port) as proxy:
        connection = await connect(Endpoint(proxy.port), timing=Timing(first_retry=0.05, last_retry=0.05))
        follower = await connect(broker, follows=connection, timing=Timing(takeover=0))
        proxy.cut()
        await until(lambda: connection.reconnects and follower.reconnects, "both are back")
        await until(lambda: connection.connected and follower.connected, "both are up")


async def test_a_broker_that_ends_one_connection_after_the_other_allows_both(
    broker: Broker, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """As one does that is killed on a busy machine: it closes its sockets one by one."""
    timing = Timing(first_retry=0.01, last_retry=0.01, takeover=1000)
    async with Proxy(broker.port) as proxy, Proxy(broker.port) as of_pictures:
        connection = await connect(Endpoint(proxy.port), timing=timing)
        follower = await connect(Endpoint(of_pictures.port), follows=connection, timing=timing)
        of_pictures.cut()
        await until(lambda: follower.reconnects == 1 and follower.connected, "it is back")
        proxy.cut()
        await until(lambda: connection.reconnects == 1 and follower.reconnects == 2, "both are back")
        assert isinstance(follower, PicturesConnection)
        assert not follower.shares
        assert "client id" not in caplog.text


async def test_refused_connection_is_logged_once(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    connection = await connect(Endpoint(port), wait=False, timing=QUICK)
    await until(lambda: connection.failures >= 10, "ten attempts")
    hint = "is the broker running, and is mqtt.port right?"
    assert _logged(caplog) == [f"MQTT {HOST}:{port}: Connection refused: {hint}; trying again"]


async def test_unknown_and_invalid_host_names(connect: Connect) -> None:
    unknown = await connect(Endpoint(1883), wait=False, host="no-such-host.invalid")
    too_long = await connect(Endpoint(1883), wait=False, host="x" * 250)
    await until(lambda: unknown.problem and too_long.problem, "the problems are known")


async def test_wrong_password_is_logged_once_and_retried_slowly(
    folder: Path, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    timing = Timing(permanent_retry=0.2)
    with Mosquitto(folder, password="right") as broker:
        before = time.monotonic()
        connection = await connect(broker, wait=False, password="wrong", timing=timing)
        follower = await connect(broker, wait=False, password="wrong", follows=connection, timing=timing)
        await until(lambda: broker.log.count("not authorised") >= 3, "three tries")
        assert time.monotonic() - before > 0.2
        logged = _logged(caplog)
        assert len(logged) == 1, logged
        assert "mqtt.username" in logged[0]
        assert "wrong" not in logged[0].replace("is wrong", "")
        assert str(connection.problem) in logged[0]
        assert follower.problem is None
        broker.change_password("wrong")
        await until(lambda: connection.connected and follower.connected, "it is right now")
        assert connection.problem is None


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_right_password(folder: Path, connect: Connect, protocol: int | str) -> None:
    with Mosquitto(folder, password="right") as broker:
        await connect(broker, protocol=protocol)


async def test_broker_that_sends_no_connack(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    timing = Timing(connack=0.1, first_retry=0.01, last_retry=0.01)
    with socket.create_server((HOST, 0)) as mute:
        connection = await connect(Endpoint(mute.getsockname()[1]), wait=False, timing=timing)
        await until(lambda: connection.failures >= 3, "three attempts")
        assert len(_logged(caplog)) == 1
        assert "no CONNACK within 0.1 s" in _logged(caplog)[0]
        before = time.monotonic()
        await connection.stop()
        assert time.monotonic() - before < 20


def _connecting() -> bool:
    return any(thread.name == "mqtt-connect" for thread in threading.enumerate())


async def test_stop_while_connecting(connect: Connect) -> None:
    full = socket.create_server((HOST, 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    try:
        for sock in waiting:
            sock.setblocking(False)
            sock.connect_ex(full.getsockname())
        connection = await connect(Endpoint(full.getsockname()[1]), wait=False)
        await until(_connecting, "it connects")
        before = time.monotonic()
        await connection.stop()
        assert time.monotonic() - before < 20
    finally:
        for sock in (*waiting, full):
            sock.close()


async def test_keepalive_ends_a_silent_connection(broker: Broker, client: Client) -> None:
    async with Proxy(broker.port) as proxy:
        settings = login_settings(Endpoint(proxy.port)).model_copy(update={"keepalive": 1})
        connection = Connection(settings, client_id="mqttcam-test-silent", will=WILL)
        connection.start()
        try:
            await connection.wait_connected()
            proxy.stall()
            await until(lambda: not connection.connected, "the silence is noticed", 5)
            proxy.resume()
            await until(lambda: connection.connected, "connected again")
        finally:
            await connection.stop()


async def test_messages_are_dropped_on_a_stalled_connection(broker: Broker, connect: Connect) -> None:
    async with Proxy(broker.port) as proxy:
        connection = await connect(Endpoint(proxy.port))
        proxy.stall()
        taken = sum(connection.publish(TOPICS.info, bytes(100_000), qos=0) for _ in range(200))
        assert taken < 100
        assert connection.dropped == 200 - taken
        proxy.resume()
        await until(lambda: connection.publish(TOPICS.health, b"{}"), "it takes messages again")


async def test_unacknowledged_qos_1_messages_are_bounded(broker: Broker, connect: Connect) -> None:
    async with Proxy(broker.port) as proxy:
        connection = await connect(Endpoint(proxy.port))
        proxy.stall("down")
        taken = sum(connection.publish(TOPICS.info, b"{}", qos=1) for _ in range(5000))
        assert 20 <= taken <= 1100


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_few_messages_are_acknowledged_while_many_are_handled(
    broker: Broker, client: Client, connect: Connect, protocol: int | str
) -> None:
    """So a flood waits at the broker; some send more than they may, and those wait here."""
    futures: list[asyncio.Future[None]] = []

    def handler(_message: Message) -> asyncio.Future[None]:
        futures.append(asyncio.get_running_loop().create_future())
        return futures[-1]

    connection = await connect(broker, protocol=protocol)
    connection.subscribe(FRONT.set, handler)
    await subscribed(connection)
    network = connection.network
    assert network is not None
    await until(lambda: not network._client.awaits_suback, "subscribed")
    for number in range(200):
        await in_thread(client.publish, FRONT.set, str(number))
    await until(lambda: len(futures) > 40, "some arrive")
    waiting = network._client.to_acknowledge
    assert len(futures) - len(waiting) <= 33
    for number in range(200):
        await until(lambda: len(futures) > number, "another one arrives")  # noqa: B023
        futures[number].set_result(None)
    await until(lambda: not waiting, "all are acknowledged")
    assert len(futures) == 200
    assert connection.reconnects == 0


async def test_two_clients_with_one_client_id_wait_longer_each_time(
    broker: Broker, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    timing = Timing(first_retry=0.1)
    twins = [await connect(broker, client_id="mqttcam-test-twin", timing=timing) for _ in range(2)]
    await until(lambda: sum(twin.reconnects for twin in twins) >= 6, "they disconnect each other")
    assert all(twin.failures >= twin.reconnects for twin in twins), "each time they wait longer"
    assert any("another client" in text and "mqttcam-test-twin" in text for text in _logged(caplog))


# versions


async def test_falls_back_if_the_broker_refuses_mqtt_5(
    broker: Broker, mosquitto: Mosquitto, connect: Connect
) -> None:
    with OldBroker(broker.port) as old:
        connection = await connect(old)
        assert old.levels == [5, 4]
        follower = await connect(old, follows=connection)
        assert old.levels == [5, 4, 4]
        assert connection.echoes
        assert follower.connected


async def test_falls_back_if_the_broker_closes_on_mqtt_5(mosquitto: Mosquitto, connect: Connect) -> None:
    levels: list[int] = []

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readexactly(9)
        levels.append(head[8])
        if head[8] == 4:
            await reader.read(100)
            writer.write(b"\x20\x02\0\0")
            await reader.read(100)
        writer.close()

    server = await asyncio.start_server(accept, HOST, 0)
    async with server:
        connection = await connect(Endpoint(server.sockets[0].getsockname()[1]))
        assert levels == [5, 4]
        assert connection.echoes
        await connection.stop()


async def test_mqtt_3_1_1_if_configured(mosquitto: Mosquitto, connect: Connect) -> None:
    await connect(mosquitto, client_id="mqttcam-test-three", protocol="3.1.1")
    # Mosquitto 2.0 prints its own number of the protocol, 2.1 that of the packet.
    assert re.search(r"as mqttcam-test-three \((p2|p4)", mosquitto.log)


# the end


async def test_stop_publishes_the_last_message_not_the_will(
    broker: Broker, client: Client, connect: Connect
) -> None:
    connection = await connect(broker, client_id="mqttcam-test-end", will=(TOPICS.status, b"the will"))
    connection.publish(TOPICS.status, b"online", 1, True)
    online = await in_thread(client.wait, TOPICS.status, lambda m: m.text == "online")
    await connection.stop(last=WILL)
    last = await in_thread(client.wait, TOPICS.status, lambda m: m.text == "offline", since=online.index)
    assert not [m for m in client.messages[last.index + 1 :] if m.topic == TOPICS.status]
    assert (await in_thread(retained, broker, TOPICS.status))[TOPICS.status].text == "offline"


async def test_will_if_the_last_message_is_not_acknowledged(
    broker: Broker, client: Client, connect: Connect
) -> None:
    async with Proxy(broker.port) as proxy:
        connection = await connect(Endpoint(proxy.port), will=(TOPICS.status, b"the will"))
        connection.publish(TOPICS.status, b"online", 1, True)
        await in_thread(client.wait, TOPICS.status, lambda m: m.text == "online")
        proxy.stall()
        before = time.monotonic()
        await connection.stop(last=WILL)
        assert time.monotonic() - before < 20
        proxy.resume()
        await in_thread(client.wait, TOPICS.status, lambda m: m.text == "the will")


async def test_will_of_a_lost_connection(broker: Broker, client: Client, connect: Connect) -> None:
    async with Proxy(broker.port) as proxy:
        await connect(Endpoint(proxy.port), will=(TOPICS.status, b"gone"))
        proxy.refuse = True
        proxy.cut()
        will = await in_thread(client.wait, TOPICS.status, lambda m: m.text == "gone")
        assert as_sent(broker, will, 1, True)
