"""Another node's `image` topic as a camera."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.mqtt import MqttSubscriber
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings.sources.mqtt import MqttSource
from tests.camera.sources.remote_rig import failure, next_frame, opened, settings_of
from tests.support.broker import Broker, Mosquitto
from tests.support.certificates import Certificates
from tests.support.client import Client
from tests.support.pictures import jpeg

PICTURES = [jpeg(64, 48, seed=number) for number in range(3)]
TOPIC = "mqttcam/garden/front/image"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


def source(broker: Broker, **keys: object) -> MqttSource:
    return MqttSource.model_validate({"host": broker.host, "port": broker.port, "topic": TOPIC, **keys})


def test_pictures(broker: Broker) -> None:
    """They pass through as they are; the newest wins."""
    with Client(broker) as client, opened(MqttSubscriber, source(broker)) as subscriber:
        client.publish(TOPIC, PICTURES[0])
        frame = next_frame(subscriber)
        assert (frame.jpeg, frame.width, frame.height) == (PICTURES[0], 64, 48)
        for picture in PICTURES:
            client.publish(TOPIC, picture)
        while next_frame(subscriber).jpeg != PICTURES[2]:
            pass


def test_retained_is_old(broker: Broker) -> None:
    """An image that the broker retained earlier does not show the present."""
    with Client(broker) as client:
        client.publish(TOPIC, PICTURES[0], retain=True)
        with opened(MqttSubscriber, source(broker)) as subscriber:
            assert subscriber.read(0.3) is None
            client.publish(TOPIC, PICTURES[1])
            assert next_frame(subscriber).jpeg == PICTURES[1]
        client.publish(TOPIC, b"", retain=True)


def test_no_picture(broker: Broker) -> None:
    with Client(broker) as client, opened(MqttSubscriber, source(broker, max_bytes=10_000)) as subscriber:
        client.publish(TOPIC, b"not a picture")
        client.publish(TOPIC, b"")
        assert subscriber.read(0.3) is None
        client.publish(TOPIC, PICTURES[0])
        assert next_frame(subscriber).jpeg == PICTURES[0]


def test_silence(broker: Broker) -> None:
    with opened(MqttSubscriber, source(broker, silence=1)) as subscriber:
        assert failure(subscriber) == f"no picture from {TOPIC} for 1 s"


def test_broker_dies(tmp_path: Path) -> None:
    """A failure, after which the camera opens its source anew."""
    with Mosquitto(tmp_path) as broker:
        with opened(MqttSubscriber, source(broker)) as subscriber:
            broker.kill()
            assert "lost" in failure(subscriber)
        with pytest.raises(SourceError, match="cannot connect"), opened(MqttSubscriber, source(broker)):
            pass


def test_old_protocol(broker: Broker) -> None:
    with Client(broker) as client, opened(MqttSubscriber, source(broker, protocol="3.1.1")) as subscriber:
        client.publish(TOPIC, PICTURES[0])
        assert next_frame(subscriber).jpeg == PICTURES[0]


def test_login_and_tls(tmp_path: Path) -> None:
    certificates = Certificates.make(tmp_path / "certificates")
    with Mosquitto(tmp_path / "broker", password="secret", certificates=certificates) as broker:
        keys = {"tls": {"ca_file": certificates.ca}, "username": "mqttcam", "password": "secret"}
        with Client(broker) as client, opened(MqttSubscriber, source(broker, **keys)) as subscriber:
            client.publish(TOPIC, PICTURES[0])
            assert next_frame(subscriber).jpeg == PICTURES[0]
        wrong = source(broker, **{**keys, "password": "wrong"})
        with pytest.raises(SourceError, match="refuses the connection"), opened(MqttSubscriber, wrong):
            pass


def test_time_of_capture(broker: Broker) -> None:
    """The sender's own, where it can be believed."""
    now = time.time_ns()
    cases = {now - 10**9: True, now - 3600 * 10**9: False, now + 3600 * 10**9: False}
    with Client(broker) as client, opened(MqttSubscriber, source(broker)) as subscriber:
        for stamp, believed in cases.items():
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.UserProperty = ("ts", str(stamp))
            client._paho.publish(TOPIC, PICTURES[0], properties=properties)
            frame = next_frame(subscriber)
            assert (frame.ts_ns == stamp) is believed
            assert abs(frame.ts_ns - time.time_ns()) < 10**10


@pytest.mark.parametrize("tls", [False, True])
def test_silent_broker(tls: bool) -> None:
    """The source cannot be closed while it opens: neither the answer nor TLS may take as long as the keepalive."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        settings = MqttSource.model_validate(
            {"host": "127.0.0.1", "port": port, "topic": TOPIC, "keepalive": 600}
            | ({"tls": {"insecure": True}} if tls else {})
        )
        start = time.monotonic()
        with pytest.raises(SourceError, match="timed out" if tls else "does not answer"):
            MqttSubscriber(settings_of(settings), Wakeup()).open()
        assert time.monotonic() - start < 60


def test_opening_ends_when_the_source_is_to_be_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings = MqttSource(host="127.0.0.1", port=silent.getsockname()[1], topic=TOPIC)
        wakeup = Wakeup()
        wakeup.end()
        start = time.monotonic()
        with pytest.raises(SourceError):
            MqttSubscriber(settings_of(settings), wakeup).open()
        assert time.monotonic() - start < 4, "it waits for 5 s otherwise"
