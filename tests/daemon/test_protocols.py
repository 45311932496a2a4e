"""MQTT 3.1.1, brokers without MQTT 5, and limits on the size of a packet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from paho.mqtt.client import topic_matches_sub

from tests.support.broker import Broker, Mosquitto
from tests.support.daemon import pattern_camera
from tests.support.old_broker import OldBroker
from tests.support.pictures import jpeg, size_of
from tests.support.results import check_error, check_ok
from tests.support.rig import Launch, rig


def test_mqtt_5_is_the_default(launch: Launch, broker: Mosquitto) -> None:
    running = launch()
    assert f"as mqttcam-{running.node.name} (p5" in broker.log


def test_mqtt_3_1_1_if_configured(launch: Launch, broker: Mosquitto) -> None:
    running = launch(mqtt={"protocol": "3.1.1"})
    assert f"as mqttcam-{running.node.name} (p2" in broker.log
    image, meta = running.front.next_image()
    assert meta["bytes"] == len(image.payload)
    since = running.mark()
    running.client.publish(running.front.topic("set"), {"brightness": 0.2, "request_id": "v3"})
    answer = running.client.wait(running.front.topic("result"), since=since)
    assert check_ok(answer.json, "set", "v3") == {"brightness": 0.2}
    since = running.mark()
    running.daemon.kill()
    running.node.wait_status("offline", since=since)


def test_mqtt_3_1_1_refuses_retained_commands(launch: Launch, broker: Mosquitto) -> None:
    running = launch(mqtt={"protocol": "3.1.1"})
    running.daemon.stop()
    running.client.publish(running.front.topic("set"), '{"brightness": 0.4}', retain=True)
    since = running.mark()
    running.daemon.start()
    result = running.client.wait(running.front.topic("result"), since=since).json
    check_error(result, "set", "retained")
    running.client.wait(running.front.topic("set"), lambda m: not m.payload, since=since)
    since = running.mark()
    running.client.publish(running.front.topic("get"), {"request_id": "after"})
    assert running.client.wait(running.front.topic("result"), since=since).json["request_id"] == "after"


def test_a_broker_without_mqtt_5_gets_3_1_1(broker: Broker, tmp_path: Path) -> None:
    with (
        OldBroker(broker.port) as old,
        rig(broker, tmp_path, node="elder", daemon_broker=old) as running,
    ):
        assert old.levels[0] == 5
        assert old.levels[-1] == 4
        running.front.next_image()
        assert "Traceback" not in running.daemon.log


def test_it_subscribes_to_commands_and_home_assistant_only(tmp_path: Path) -> None:
    """With a filter such as `mqttcam/#` it would receive its own pictures.

    Only the connection for pictures subscribes to them, until it has seen that the broker passes them on.
    """
    with (
        Mosquitto(tmp_path / "broker", extra="log_type all") as broker,
        rig(broker, tmp_path / "daemon") as running,
    ):
        running.front.next_image()
        filters = set()
        for line in re.split(r"Received SUBSCRIBE from mqttcam-", broker.log)[1:]:
            if "-pictures" in line.partition("\n")[0]:
                continue
            filters |= set(
                re.findall(r"^\d+: \t(\S+) \(QoS", line.partition("Sending SUBACK")[0], re.MULTILINE)
            )
    front = running.front
    words = ("set", "set/+", "get", "cmd/+")
    every = [running.node.topic("+", word) for word in words]
    wanted = {*every, running.node.topic("cmd", "+"), "homeassistant/status"}
    assert wanted <= filters
    for topic in (
        front.topic("image"),
        front.topic("image", "meta"),
        front.topic("state"),
        front.topic("result"),
    ):
        assert not [item for item in filters if topic_matches_sub(item, topic)]


def test_the_client_id_can_be_configured(launch: Launch, broker: Mosquitto) -> None:
    launch(mqtt={"client_id": "the-cam"})
    assert "as the-cam (" in broker.log


def _huge_picture(folder: Path) -> dict[str, object]:
    """A camera whose pictures have more than 3 MB."""
    folder.mkdir()
    data = jpeg(1920, 1080, noise=255, quality=97)
    assert len(data) > 3_000_000
    (folder / "big.jpg").write_bytes(data)
    return {"source": {"type": "file", "path": str(folder)}, "frame_rate": 2, "image": {"fps": 2}}


@pytest.mark.parametrize("protocol", [5, "3.1.1"])
def test_the_packet_limit_of_the_broker_is_kept(tmp_path: Path, protocol: int | str) -> None:
    camera = _huge_picture(tmp_path / "pictures")
    with (
        Mosquitto(tmp_path / "broker", extra="max_packet_size 2000000") as broker,
        rig(
            broker,
            tmp_path / "daemon",
            cameras={"front": camera},
            mqtt={"protocol": protocol, "max_packet_size": 50_000_000 if protocol == 5 else 2_000_000},
        ) as running,
    ):
        since = running.mark()
        for image in running.client.wait_many(running.front.topic("image"), 3, since=since):
            assert 100_000 < len(image.payload) < 2_000_000
            size_of(image.payload)
        running.client.publish(running.front.topic("cmd", "snapshot"), {"request_id": "small"})
        check_ok(running.client.wait(running.front.topic("result")).json, "snapshot", "small")
        assert len(running.client.wait(running.front.topic("snapshot")).payload) < 2_000_000
        connected = re.findall(r"as (mqttcam-\S+) ", broker.log)
        assert len(connected) == len(set(connected)), "nobody had to come twice"


def test_the_configured_packet_limit_is_kept(launch: Launch) -> None:
    camera = pattern_camera(size="1280x720", image={"quality": 100})
    running = launch(cameras={"front": camera}, mqtt={"max_packet_size": 20_000})
    for _ in range(3):
        image, meta = running.front.next_image()
        assert meta["bytes"] == len(image.payload) < 20_000
        assert size_of(image.payload) == (meta["width"], meta["height"])
