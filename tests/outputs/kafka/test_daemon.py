"""The daemon itself: Kafka beside MQTT, the reference sender's environment, and a viewer of what is in a topic."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import requests

from mqttcam.camera.frame import DEFAULT_QUALITY
from tests.outputs.kafka.rig import make_topic, raw, read, topic_name
from tests.support.broker import Broker, Mosquitto
from tests.support.daemon import Daemon, mqttcam_command, pattern_camera
from tests.support.kafka import PASSWORD, USER, KafkaBroker
from tests.support.pictures import size_of
from tests.support.rig import Rig, rig
from tests.support.waiting import HOST, free_port, wait_for

OUTAGE = 4.0


@pytest.fixture(scope="module")
def mqtt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Mosquitto(tmp_path_factory.mktemp("mqtt")) as running:
        yield running


def images(running: Rig, seconds: float) -> int:
    """How many pictures come on MQTT in so many seconds."""
    since = running.mark()
    time.sleep(seconds)
    return sum(message.topic == running.front.topic("image") for message in running.client.messages[since:])


def metrics(port: int) -> dict[str, float]:
    """What Prometheus sees of the camera's bridge."""
    text = requests.get(f"http://{HOST}:{port}/metrics", timeout=60).text
    found = re.findall(r'^mqttcam_camera_kafka_(\w+)\{camera="front"\} (\S+)$', text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def problems(running: Rig) -> list[str]:
    """The problems in the last `health`."""
    found: list[str] = running.client.on(running.node.topic("health"))[-1].json["problems"]
    return found


def state_of(running: Rig, **values: Any) -> dict[str, Any]:
    """The camera's state once it has all of `values`."""

    def fits() -> dict[str, Any] | None:
        state = running.front.state()
        return state if all(state.get(key) == value for key, value in values.items()) else None

    return wait_for(fits, f"{values}", interval=0.3)


def test_kafka_beside_mqtt(real_kafka: KafkaBroker, mqtt: Broker, tmp_path: Path) -> None:
    """Frames go to both; Kafka's death changes nothing on MQTT, is shown everywhere, and is over when Kafka is back."""
    topic = make_topic(real_kafka, topic_name("daemon"))
    cameras = {"front": pattern_camera(image={"fps": "max", "quality": DEFAULT_QUALITY})}
    section = {"brokers": real_kafka.address(), "topic": topic, "queue": {"frames": 20}}
    web = {"enabled": True, "port": free_port()}
    with rig(mqtt, tmp_path, cameras=cameras, kafka=section, web=web) as running:
        state_of(running, kafka="ON", kafka_connected="ON", kafka_errors=0, kafka_problem=None)
        assert metrics(web["port"]) == {"connected": 1, "sent_total": ANY, "dropped_total": ANY, "errors_total": 0,
                                        "lag_seconds": ANY}  # fmt: skip
        before = images(running, OUTAGE / 2)
        real_kafka.kill()
        during = images(running, OUTAGE)
        state_of(running, kafka_connected="OFF")
        # A lag of less than a second is within its dead band, and the states are not published at once.
        wait_for(lambda: running.front.state()["kafka_lag"] > 0, "a lag", interval=0.3)
        state = running.front.state()
        assert state["kafka_problem"]
        assert metrics(web["port"])["connected"] == 0
        checked = mqttcam_command(tmp_path, "healthcheck", "-c", str(running.daemon.config_file))
        assert (checked.returncode, state["kafka_problem"] in checked.stderr) == (1, True)
        real_kafka.start()
        wait_for(
            lambda: running.front.state()["kafka_lag"] < 2,
            "it has caught up, within the dead band",
            interval=0.3,
        )
        state = state_of(running, kafka_connected="ON", kafka_problem=None)
        assert state["kafka_sent"] > 0
        assert state["kafka_dropped"] > 0
        # The camera makes ten pictures a second; machines are shared, but waiting for Kafka would leave none.
        assert before > OUTAGE / 2 * 5
        assert during > OUTAGE * 5
        health = running.client.on(running.node.topic("health"))[-1].json["cameras"]["front"]["kafka"]
        assert {"connected", "sent", "dropped", "dropped_by", "errors", "lag"} <= health.keys()
    for message in read(real_kafka, topic, 5):
        assert size_of(message.value) == (320, 240)


def test_switch_survives(kafka: KafkaBroker, mqtt: Broker, tmp_path: Path) -> None:
    """Off by command is off after a restart as well, until it is switched on."""
    topic = make_topic(kafka, topic_name("switch"))
    section = {"brokers": kafka.address(), "topic": topic}
    with rig(mqtt, tmp_path, kafka=section) as running:
        state_of(running, kafka_connected="ON")
        assert running.front.set({"kafka": "OFF"})["changed"] == {"kafka": "OFF"}
        state_of(running, kafka="OFF", kafka_connected="OFF")
        since = running.mark()
        running.daemon.restart()
        running.node.wait_online(since=running.node.wait_status("offline", since=since).index)
        state = state_of(running, kafka="OFF", kafka_sent=0)
        assert state["kafka_connected"] == "OFF"
        running.front.set({"kafka": "ON"})
        state_of(running, kafka_connected="ON")


def test_kafka_stands_still(real_kafka: KafkaBroker, mqtt: Broker, tmp_path: Path) -> None:
    """It is shown soon, in one sentence, in the state and in `health`; and the daemon stops at once."""
    topic = make_topic(real_kafka, topic_name("stop"))
    with rig(mqtt, tmp_path, kafka={"brokers": real_kafka.address(), "topic": topic}) as running:
        state_of(running, kafka_connected="ON")
        real_kafka.pause()
        try:
            frozen = time.monotonic()
            sentence = f"no answer from {real_kafka.address()}, topic {topic}"
            wait_for(lambda: running.front.state()["kafka_problem"] == sentence, "a problem", interval=0.1)
            wait_for(
                lambda: f"kafka front: {sentence}" in problems(running), "a problem in health", interval=0.1
            )
            assert time.monotonic() - frozen < 30
            assert running.front.state()["kafka_connected"] == "OFF"
            since = running.mark()
            code, took = running.daemon.stop()
            running.node.wait_status("offline", since=since)
        finally:
            real_kafka.resume()
        assert code == 0
        assert took < 20  # 2 s is promised; machines are shared


def test_reference_environment(kafka: KafkaBroker, tmp_path: Path) -> None:
    """The reference's `.env`, and nothing else: no configuration file, no MQTT."""
    topic = make_topic(kafka, topic_name("reference"))
    (tmp_path / ".env").write_text(
        f"PICAMERA2_SIZE=QVGA\nPICAMERA2_CONTROLS_FRAME_RATE=5\nPICAMERA2_CONTROLS_AWB_MODE=Tungsten\n"
        f"SS_BROKERS={kafka.address()}\nSS_TOPIC={topic}\nSS_CONSISTENCY=AT_LEAST_ONCE\nSCHEDULE=1\n"
        "MQTTCAM__CAMERAS__CAMERA__SOURCE__TYPE=test_pattern\nMQTTCAM__STATE_DIR=state\n"
    )
    checked = mqttcam_command(tmp_path, "check")
    assert checked.returncode == 0, checked.stderr
    assert "PICAMERA2_SIZE: cameras.camera.size: 320x240" in checked.stdout
    assert "SCHEDULE: kafka.schedule: 1" in checked.stdout
    with Daemon(tmp_path, None, arguments=["run"]):
        wait_for(lambda: len(raw(kafka, topic)) >= 3, "three pictures", interval=0.3)
    messages = read(kafka, topic, 3)
    assert [size_of(message.value) for message in messages] == [(320, 240)] * 3
    # A late picture does not delay the next one: only the one after that is a second later in any case.
    assert messages[2].timestamp - messages[0].timestamp > 1, "one a second, of five"


def test_secret_file(real_kafka: KafkaBroker, tmp_path: Path) -> None:
    """`…_file` for Kafka's password; no word of it in the log, not even at DEBUG."""
    topic = make_topic(real_kafka, topic_name("secret"))
    secret = tmp_path / "secret"
    secret.write_text(f"{PASSWORD}\n")
    config = {
        "state_dir": str(tmp_path / "state"),
        "log": {"level": "DEBUG"},
        "cameras": {"front": pattern_camera()},
        "kafka": {
            "brokers": real_kafka.address("sasl"), "topic": topic, "sasl_mechanism": "SCRAM-SHA-256",
            "sasl_plain_username": USER, "sasl_plain_password_file": str(secret),
        },
    }  # fmt: skip
    with Daemon(tmp_path, config) as daemon:
        wait_for(lambda: raw(real_kafka, topic), "a picture", interval=0.3)
        assert PASSWORD not in daemon.log
        assert "BrokerConnection" not in daemon.log


def test_viewer(kafka: KafkaBroker, mqtt: Broker, tmp_path: Path) -> None:
    """One node's camera goes to Kafka; on another node it is a camera again."""
    topic = make_topic(kafka, topic_name("viewer"))
    there = {"brokers": kafka.address(), "topic": topic}
    view = {"source": {"type": "sinetstream", **there}, "image": {"fps": 5}}
    with (
        rig(mqtt, tmp_path / "pi", node="pi", kafka=there),
        rig(mqtt, tmp_path / "server", node="server", cameras={"front": view}) as viewer,
    ):
        image, meta = viewer.front.next_image()
        assert size_of(image.payload) == (320, 240)
        assert (meta["width"], meta["height"]) == (320, 240)


def test_schedule_of_mqtt_pictures(mqtt: Broker, tmp_path: Path) -> None:
    """The same grammar for the pictures on MQTT; a rate that a command sets counts more."""
    cameras = {"front": pattern_camera(image={"fps": 1, "schedule": "every second"})}
    with rig(mqtt, tmp_path, cameras=cameras) as running:
        running.front.next_image()
        assert 1 <= images(running, 2.5) <= 4
        running.front.set({"image_fps": 10})
        assert images(running, 1.5) > 5
