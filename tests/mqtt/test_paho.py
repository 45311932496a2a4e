"""The parts of paho that `mqttcam.mqtt.client.Client` relies on, so that a new paho fails here, with the reason."""

from __future__ import annotations

import inspect
import socket
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager

from paho.mqtt import __version__ as paho_version
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from mqttcam.mqtt.client import MQTT_3_1_1, MQTT_5, BoundedClient, Client, ConnectOptions
from mqttcam.mqtt.packets import PUBLISH, prefixed, publish_head
from mqttcam.mqtt.shared_socket import SharedSocket
from tests.support.project import PROJECT

_HINT = f"paho-mqtt {paho_version}: mqttcam/mqtt/client.py relies on "
_CONNECT = 0x10


@contextmanager
def _connecting(protocol: int) -> Iterator[tuple[Client, socket.socket]]:
    """Yield a client that has sent CONNECT, and the broker's end of its socket."""
    near, far = socket.socketpair()
    near.setblocking(False)
    far.settimeout(5)
    shared = SharedSocket(near, lambda _mid, _reason: False, lambda: None)
    client = Client(shared, ConnectOptions("c", protocol, 60, 1000))
    try:
        client.send_connect("nowhere.invalid", 1)
        yield client, far
    finally:
        near.close()
        far.close()
        _close_pair(client)


def _close_pair(client: paho.Client) -> None:
    for sock in (client._sockpairR, client._sockpairW):
        if sock is not None:
            sock.close()


def _receive(client: Client, far: socket.socket, packet: bytes) -> None:
    far.sendall(packet)
    client._shared_socket.receive()
    client.loop_read()


def test_version_is_pinned_to_the_minor_that_was_tested() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    assert "paho-mqtt>=2.2,<2.3" in project["project"]["dependencies"]
    assert paho_version.startswith("2.2."), _HINT + "2.2: read the changes of another minor version"


def test_create_socket_has_no_arguments() -> None:
    method = getattr(paho.Client, "_create_socket", None)
    assert method is not None, _HINT + "Client._create_socket, which is gone"
    parameters = list(inspect.signature(method).parameters)
    assert parameters == ["self"], _HINT + f"Client._create_socket(self), which now takes {parameters}"


def test_connect_uses_create_socket() -> None:
    with _connecting(MQTT_5) as (_, far):
        assert far.recv(1)[0] == _CONNECT, _HINT + "connect() using the socket of _create_socket()"


def test_max_inflight_messages_limits_qos_1_messages() -> None:
    with _connecting(MQTT_3_1_1) as (client, far):
        assert hasattr(client, "_max_inflight_messages"), _HINT + "_max_inflight_messages, which is gone"
        _receive(client, far, b"\x20\x02\0\0")
        assert client.connack is not None
        client._max_inflight_messages = 2
        for _ in range(4):
            client.send("t", b"", 1, False, None)
        assert far.recv(1000).count(b"\x00\x01t") == 2, _HINT + "_max_inflight_messages limiting messages"


def test_payload_beyond_the_largest_packet_is_discarded_as_it_arrives() -> None:
    with _connecting(MQTT_3_1_1) as (client, far):
        client.largest = 1000
        payload = bytes(300_000)
        packet = publish_head(PUBLISH, prefixed(b"t"), None, None, len(payload)) + payload
        for start in range(0, len(packet), 50_000):
            _receive(client, far, packet[start : start + 50_000])
            assert len(client._in_packet["packet"]) <= 1000 + 65536, (
                _HINT + "_in_packet holding what was read"
            )
        assert [message.topic for message in client.received] == ["t"]
        assert 900 < len(client.received[0].payload) <= 1000 + 65536


def test_server_keep_alive_is_applied() -> None:
    with _connecting(MQTT_5) as (client, far):
        _receive(client, far, b"\x20\x06\0\0\x03\x13\0\x07")
        assert client.keepalive == 7, _HINT + "paho applying the Server Keep Alive (MQTT 5, 3.2.2.3.14)"


def test_our_names_do_not_collide_with_those_of_paho() -> None:
    plain = paho.Client(CallbackAPIVersion.VERSION2)
    with _connecting(MQTT_5) as (client, _):
        ours = {name for name in vars(Client) if not name.startswith("__")}
        ours |= set(vars(client)) - set(vars(plain))
    _close_pair(plain)
    ours |= {name for name in vars(BoundedClient) if not name.startswith("__")}
    assert ours & set(dir(plain)) == {"_create_socket", "_sock_recv"}, (
        _HINT + "names that paho does not use itself"
    )
