"""What a broker, or whatever answers at its port, sends to our connection."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from mqttcam.mqtt.client import MQTT_3_1_1, MQTT_5, ConnectOptions, Message
from mqttcam.mqtt.network_connection import NetworkConnection
from mqttcam.mqtt.packet_size import PacketSizeLimit
from mqttcam.mqtt.packets import prefixed
from mqttcam.mqtt.refusals import Refusals
from tests.fuzz.bounds import bounded
from tests.fuzz.mutations import mutated
from tests.fuzz.profile import fuzz
from tests.fuzz.test_embedded_broker import packet
from tests.support.waiting import PATIENCE


def _properties() -> bytes:
    properties: Any = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ResponseTopic = "answers"
    properties.CorrelationData = b"x"
    properties.UserProperty = ("a", "b")
    return bytes(properties.pack())


_CONNACK = {MQTT_5: b"\x20\x08\0\0\5\x27\0\0\x40\0", MQTT_3_1_1: b"\x20\2\0\0"}
_TEXTS = [
    b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.2\r\n",
    b"\x15\x03\x03\0\2\2\x28",
]
_AFTER = [
    packet(0x32, prefixed(b"mqttcam/a/b/set") + b"\0\1" + _properties() + b'{"x": 1}'),
    packet(0x30, prefixed(b"t") + b"\0payload"),
    b"\x90\4\0\1\0\1",
    b"\x40\4\0\1\x10\0",
    b"\x62\2\0\1",
    b"\xd0\0",
    b"\xe0\2\x8e\0",
    b"\xf0\2\x18\0",
]
_WORDS = [
    b"\xff\xff\xff\x7f",
    b"\0\0",
    b"\xff\xff",
    b"\xff\xff\xff\xff",
    b"\x26",
    b"\x09\xff\xff",
    b"\xc3\x28",
    b"\x1f",
]
STREAMS = st.tuples(
    st.sampled_from([MQTT_5, MQTT_3_1_1]),
    st.booleans(),
    mutated([b"".join(_AFTER), *_AFTER, *_TEXTS], _WORDS),
)


@fuzz
@given(STREAMS)
@example((MQTT_5, False, b"\x40\xff\xff\xff\xff\x04\0\1\x10\0"))
def test_any_answer_is_messages_or_the_end_of_the_connection(stream: tuple[int, bool, bytes]) -> None:
    protocol, accepted, data = stream
    errors: list[object] = []
    received: list[Message] = []

    async def run() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: errors.append(context))
        with socket.create_server(("127.0.0.1", 0)) as server:
            sock = socket.create_connection(server.getsockname())
            broker, _ = server.accept()
        sock.setblocking(False)
        options = ConnectOptions("me", protocol, 60, 100_000)
        limit, refusals = PacketSizeLimit(100_000, 60), Refusals("broker")
        network = NetworkConnection(sock, options, 15, limit, refusals, received.append)
        with broker:
            network.open("127.0.0.1", 1883)
            broker.sendall((_CONNACK[protocol] if accepted else b"") + data)
            broker.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(PATIENCE):
                ended = await network.ended
        assert ended.text

    with bounded():
        asyncio.run(run())
    assert not errors
    assert all(isinstance(message.topic, str) for message in received)
