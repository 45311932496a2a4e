"""The embedded broker: one port for MQTT 5 and 3.1.1, and the end of its process with its parent."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import logging
import os
import signal
import socket
import sys
import textwrap
from collections.abc import AsyncIterator

import psutil
import pytest

from mqttcam.backoff import Backoff
from mqttcam.mqtt.broker import embedded as module
from mqttcam.mqtt.broker.embedded import BrokerError, EmbeddedBroker
from mqttcam.mqtt.broker.packets import LARGEST_CONNECT
from mqttcam.mqtt.connection import Message
from mqttcam.mqtt.packets import varint
from tests.mqtt.conftest import Connect
from tests.mqtt.tools import FRONT, TOPICS, Rig, in_thread, picture, subscribed
from tests.support.broker import Endpoint
from tests.support.client import Client, retained
from tests.support.processes import has_ended, running_children
from tests.support.project import PROJECT
from tests.support.waiting import HOST, PATIENCE, free_port, until


@pytest.fixture
async def embedded() -> AsyncIterator[Endpoint]:
    async with EmbeddedBroker(HOST, 0) as broker:
        yield Endpoint(broker.port)


def _child() -> psutil.Process:
    """Return the broker's process."""
    found = running_children(module._CHILD)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("ours", [5, "3.1.1"])
@pytest.mark.parametrize("theirs", [5, "3.1.1"])
async def test_clients_of_both_versions_exchange_messages(
    embedded: Endpoint, connect: Connect, ours: int | str, theirs: int | str
) -> None:
    received: list[Message] = []
    listener = await connect(embedded, protocol=theirs)
    listener.subscribe("mqttcam/#", received.append)
    connection = await connect(
        embedded, protocol=ours, client_id="mqttcam-test-ours", will=(TOPICS.status, b"gone")
    )
    rig = Rig.make(connection)
    await rig.send(picture(60_000, 1))
    await rig.snapshots.publish(picture(1_900_000, 2), "x")
    connection.publish(TOPICS.info, b"{}", qos=1, retain=True)
    await until(lambda: len(received) == 5, "all that was published")
    by_topic = {message.topic: message for message in received}
    assert set(by_topic) == {
        FRONT.image,
        FRONT.image_meta,
        FRONT.snapshot,
        FRONT.snapshot_meta,
        TOPICS.info,
    }
    assert by_topic[FRONT.image].payload == picture(60_000).jpeg
    assert by_topic[FRONT.snapshot].payload == picture(1_900_000).jpeg
    assert json.loads(by_topic[FRONT.snapshot_meta].payload)["request_id"] == "x"
    late: list[Message] = []
    (await connect(embedded, protocol=theirs)).subscribe(TOPICS.info, late.append)
    await until(lambda: late, "the retained message")
    assert late[0].retain
    assert connection.network is not None
    connection.network.drop()
    await until(lambda: any(m.payload == b"gone" for m in received), "the will")
    assert listener.reconnects == 0


async def test_properties_of_a_picture(embedded: Endpoint, connect: Connect) -> None:
    rig = Rig.make(await connect(embedded))
    with Client(embedded, "#") as client:
        await rig.send(picture(100, 7))
        image = await in_thread(client.wait, FRONT.image)
        assert image.content_type == "image/jpeg"
        assert image.user["seq"] == "7"


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
async def test_payloads_of_8_mb(embedded: Endpoint, connect: Connect, protocol: int | str) -> None:
    received: list[Message] = []
    connection = await connect(embedded, protocol=protocol)
    connection.subscribe(FRONT.set, received.append)
    await subscribed(connection)
    with Client(embedded) as client:
        await in_thread(client.publish, FRONT.set, bytes(8_000_000), qos=2)
    await until(lambda: received, "the payload")
    assert received[0].payload == bytes(8_000_000)


async def test_each_command_of_a_burst_is_answered(embedded: Endpoint, connect: Connect) -> None:
    """rumqttd withholds PUBACKs from a client that withholds them, too."""
    received: set[bytes] = set()
    ours, theirs = await connect(embedded), await connect(embedded)

    def answer(message: Message) -> None:
        assert ours.publish(FRONT.result, message.payload, qos=1)

    ours.subscribe(FRONT.set, answer)
    theirs.subscribe(FRONT.result, lambda message: received.add(message.payload))
    await subscribed(ours)
    await subscribed(theirs)
    commands = {b"%d" % number for number in range(300)}
    for command in commands:
        assert theirs.publish(FRONT.set, command, qos=1)
    await until(lambda: received == commands, "all answers")


async def test_own_messages_do_not_come_back(embedded: Endpoint, connect: Connect) -> None:
    received: list[Message] = []
    connection = await connect(embedded)
    connection.subscribe(FRONT.command("+"), received.append)
    await subscribed(connection)
    connection.publish(FRONT.command("own"), b"", qos=1, retain=True)
    with Client(embedded) as client:
        await in_thread(client.publish, FRONT.command("other"), "")
    await until(lambda: received, "the other's command")
    assert [message.topic for message in received] == [FRONT.command("other")]


async def test_session_of_3_1_1_is_taken_over(embedded: Endpoint, connect: Connect) -> None:
    first = await connect(embedded, protocol="3.1.1", client_id="mqttcam-test-same")
    await connect(embedded, protocol="3.1.1", client_id="mqttcam-test-same")
    await until(lambda: first.problem or first.reconnects, "the first one is thrown out")


async def test_unsubscribe_with_3_1_1(embedded: Endpoint, connect: Connect) -> None:
    received: list[Message] = []
    connection = await connect(embedded, protocol="3.1.1")
    connection.subscribe(FRONT.set, received.append)
    connection.subscribe(FRONT.get, received.append)
    await subscribed(connection)
    connection.unsubscribe(FRONT.set)
    with Client(embedded) as client:
        await in_thread(client.publish, FRONT.set, "1")
        await in_thread(client.publish, FRONT.get, "2")
    await until(lambda: received, "the second one")
    assert [message.payload for message in received] == [b"2"]


async def test_empty_payload_clears_a_retained_message(embedded: Endpoint, connect: Connect) -> None:
    connection = await connect(embedded, protocol="3.1.1")
    for payload, held in ((b"1", {TOPICS.info}), (b"", set())):
        connection.publish(TOPICS.info, payload, qos=1, retain=True)
        connection.publish(TOPICS.health, payload, qos=1)
        async with asyncio.timeout(PATIENCE):
            while set(await in_thread(retained, embedded, "mqttcam/#")) != held:
                pass  # each look takes a connection of its own


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x10\xff\xff\xff\xff\xff",
        b"\x10" + varint(LARGEST_CONNECT + 1),
        b"\x10\x02\0\x04",
        b"\xff" * 100,
        b"",
    ],
)
async def test_connection_without_mqtt_is_closed(embedded: Endpoint, connect: Connect, data: bytes) -> None:
    reader, writer = await asyncio.open_connection(HOST, embedded.port)
    writer.write(data)
    if not data:
        writer.write_eof()
    async with asyncio.timeout(PATIENCE):
        await reader.read()
    await end(writer)
    await connect(embedded)


async def end(writer: asyncio.StreamWriter) -> None:
    """Close a connection, and return once that is done: the event loop may end before it."""
    writer.transport.abort()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def test_unknown_version_is_refused(embedded: Endpoint) -> None:
    reader, writer = await asyncio.open_connection(HOST, embedded.port)
    writer.write(b"\x10\x0c\0\x04MQTT\x06\x02\0\x3c\0\0")
    assert await reader.readexactly(4) == b"\x20\x02\0\x01"
    await end(writer)


# starting and ending


async def test_port_in_use() -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(BrokerError, match=f"port {port} on {HOST} is in use"):
            async with EmbeddedBroker(HOST, port):
                pass
    assert not running_children(module._CHILD)


async def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(BrokerError, match=r"pip install 'mqttcam\[broker\]'"):
        async with EmbeddedBroker(HOST, 0):
            pass


async def test_rumqttd_listens_on_loopback_only(embedded: Endpoint) -> None:
    listening = [c.laddr for c in _child().net_connections() if c.status == psutil.CONN_LISTEN]
    assert (HOST, embedded.port) in listening
    assert {address.ip for address in listening} == {HOST}


async def test_process_and_port_are_free_after_the_end() -> None:
    async with EmbeddedBroker(HOST, 0) as broker:
        process = _child()
        port = broker.port
    assert has_ended(process)
    async with EmbeddedBroker(HOST, port):
        pass


async def test_restarts_after_it_died(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    async with EmbeddedBroker(HOST, free_port(), restart=Backoff(0.05)) as broker:
        connection = await connect(Endpoint(broker.port))
        _child().kill()
        await until(lambda: connection.reconnects == 1 and connection.connected, "connected again")
        assert [r.levelno for r in caplog.records if "died" in r.getMessage()] == [logging.ERROR]
        await connection.stop()


async def _take_port(port: int) -> socket.socket:
    """End the broker, and listen on its port before the next one does, which may be sooner on a busy machine."""
    while True:
        for child in running_children(module._CHILD):
            child.kill()
            await until(lambda child=child: has_ended(child), "it is dead")  # type: ignore[misc]
        with contextlib.suppress(OSError):
            return socket.create_server((HOST, port))


async def test_restart_is_tried_until_the_port_is_free(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    async with EmbeddedBroker(HOST, free_port(), restart=Backoff(0.2, 0.2, jitter=0)) as broker:
        with await _take_port(broker.port):
            await until(lambda: caplog.text.count("is in use") >= 2, "two attempts")
            assert "is in use" in str(broker.problem)
        await connect(Endpoint(broker.port))
        await until(lambda: broker.problem is None, "the problem is gone")


_PARENT = """
import asyncio
from mqttcam.mqtt.broker.embedded import EmbeddedBroker

async def main():
    async with EmbeddedBroker("127.0.0.1", 0) as broker:
        print(broker._process.pid, broker.port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_ends_with_its_parent(how: signal.Signals) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        textwrap.dedent(_PARENT),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
    )
    assert parent.stdout is not None
    line = (await parent.stdout.readline()).split()
    broker = psutil.Process(int(line[0]))
    broker.send_signal(signal.SIGINT)
    broker.send_signal(signal.SIGTERM)
    with Client(Endpoint(int(line[1]))):
        assert broker.is_running(), "only its parent ends it"
    parent.send_signal(how)
    await parent.wait()
    await until(lambda: has_ended(broker), "the broker ends")
