"""`kafka: {type: mqtt}`: SINETStream's messages to a topic of an MQTT broker."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.frame import DEFAULT_QUALITY, PictureSpec
from mqttcam.kafka import envelope
from mqttcam.outputs.kafka.mqtt_writer import MqttWriter
from mqttcam.outputs.kafka.output import KafkaOutput
from mqttcam.outputs.output import CameraFeed
from mqttcam.outputs.queue import QueuedMessage
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import TooLarge, WriterFailed
from mqttcam.settings.kafka import KafkaSettings
from tests.outputs.kafka.rig import OF_ALL, FakeCapture, RunningBridge
from tests.support.broker import Broker, Mosquitto
from tests.support.client import Client
from tests.support.pictures import jpeg
from tests.support.waiting import free_port, wait_for

TOPIC = "images/of/garden"
QUICK = OutputTiming(first_retry=0.05, last_retry=0.2)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Mosquitto(tmp_path_factory.mktemp("broker")) as running:
        yield running


def settings(port: int, **keys: Any) -> KafkaSettings:
    broker = f"127.0.0.1:{port}"
    return KafkaSettings.model_validate({"type": "mqtt", "brokers": broker, "topic": TOPIC, **keys})


@contextmanager
def bridge(folder: Path, port: int, capture: FakeCapture, **keys: Any) -> Iterator[RunningBridge]:
    output = KafkaOutput(settings(port, **keys), "yard", folder, timing=QUICK)
    output.attach(CameraFeed("cam", OF_ALL, capture.hub, lambda: PictureSpec(DEFAULT_QUALITY), lambda: None))
    try:
        yield RunningBridge(output, capture)
    finally:
        asyncio.run(output.stop())


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"consistency": "AT_MOST_ONCE"},
        {"consistency": "EXACTLY_ONCE"},
        {"protocol": "MQTTv5"},
        {"qos": 2, "protocol": "MQTTv31"},
        {"username_pw_set": {"username": "camera", "password": "x"}},
    ],
    ids=str,
)
def test_frames_arrive_in_the_envelope(broker: Broker, tmp_path: Path, keys: dict[str, Any]) -> None:
    capture = FakeCapture()
    with Client(broker, TOPIC) as client, bridge(tmp_path, broker.port, capture, **keys) as running:
        running.wait_connected()
        since = client.mark()
        capture.publish(3)
        running.wait_sent(3)
        received = client.wait_many(TOPIC, 3, since=since)
    messages = [envelope.unpack(one.payload) for one in received]
    assert [one.payload for one in messages] == capture.jpegs
    assert all(one.timestamp_us is not None for one in messages)


def test_frames_wait_while_the_broker_is_away(tmp_path: Path) -> None:
    with Mosquitto(tmp_path / "broker") as broker:
        capture = FakeCapture()
        with bridge(tmp_path, broker.port, capture) as running:
            running.wait_connected()
            broker.stop()
            wait_for(lambda: not running.report["connected"], "the loss is noticed")
            capture.publish(3)
            assert running.report["waiting"] == 3
            broker.start()
            running.wait_sent(3)
            running.wait_settled()


def writer(port: int, **keys: Any) -> MqttWriter:
    return MqttWriter(settings(port, **keys), "client", 2.0)


def frame(size: int) -> QueuedMessage:
    picture = jpeg(64, 48)
    return QueuedMessage(picture + bytes(max(size - len(picture), 0)), 0, 1_000_000_000)


def test_nobody_there(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(
        WriterFailed, match=f"no connection to 127.0.0.1:{port}, topic {TOPIC}: Connection refused"
    ):
        writer(port).open(lambda words: None)


def test_a_login_that_is_refused(tmp_path: Path) -> None:
    with Mosquitto(tmp_path, password="right") as running:
        refused = writer(running.port, username_pw_set={"username": "camera", "password": "wrong"})
        with pytest.raises(WriterFailed, match=r"Not authorized|Bad user name"):
            refused.open(lambda words: None)
        assert refused.close() == []


def test_more_than_the_limit_is_refused_before_it_is_sent(broker: Broker) -> None:
    one = writer(broker.port, max_request_size=20_000)
    one.open(lambda words: None)
    assert 19_000 < one.limit() < 20_000
    one.send(frame(one.limit() + 1))
    (report,) = one.delivery_reports(1)
    assert isinstance(report.error, TooLarge)
    one.send(frame(one.limit()))
    delivered = wait_for(lambda: one.delivery_reports(0.1), "it is delivered")
    assert [report.error for report in delivered] == [None]
    assert one.close() == []


@pytest.mark.parametrize(
    ("brokers", "tls", "expected"),
    [
        ("broker.lan", False, ("broker.lan", 1883)),
        ("broker.lan", True, ("broker.lan", 8883)),
        ("broker.lan:1884", False, ("broker.lan", 1884)),
        ("[::1]:1884", False, ("::1", 1884)),
        ("[::1]", False, ("::1", 1883)),
        ("::1", False, ("::1", 1883)),
    ],
)
def test_the_address(brokers: str, tls: bool, expected: tuple[str, int]) -> None:
    found = MqttWriter(settings(1, brokers=brokers, tls=tls), "client", 1.0)
    assert found._address == expected
