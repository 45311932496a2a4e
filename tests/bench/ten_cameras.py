"""Measure ten cameras in one daemon that send every picture over MQTT and to Kafka, and what a frozen Kafka changes.

usage: python -m tests.bench.ten_cameras [--cameras 10] [--seconds 60] [--frozen 60] [--client confluent]

Prints a table: pictures per second over MQTT and to Kafka, memory and processor time of the daemon; before Kafka
freezes, while it is frozen, and after that. The broker, Kafka and the subscriber run on the same machine. Needs
mosquitto, Java and Maven.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
import psutil
from paho.mqtt.enums import CallbackAPIVersion

from tests.outputs.kafka.rig import make_topic
from tests.support.broker import Mosquitto
from tests.support.daemon import Daemon, configuration, pattern_camera
from tests.support.kafka import KafkaBroker
from tests.support.waiting import HOST, free_port, listens, wait_for

_SIZE, _FPS = "1280x720", 15
_WARM_UP = 10


class Sample(NamedTuple):
    """Totals at one time; `memory` in MB, `cpu` in seconds."""

    at: float
    mqtt: int
    sent: int
    dropped: int
    memory: float
    cpu: float


class Images:
    """Counts the pictures on MQTT."""

    def __init__(self, port: int) -> None:
        self.count = 0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.on_message = self._received
        self._client.on_connect = lambda client, *_: client.subscribe("mqttcam/+/+/image", 0)
        self._client.connect(HOST, port)
        self._client.loop_start()

    def _received(self, _client: object, _data: object, _message: object) -> None:
        self.count += 1


class Measured:
    """A daemon with everything around it."""

    def __init__(self, daemon: Daemon, images: Images, web: int) -> None:
        self._process = psutil.Process(daemon.pid)
        self._images = images
        self._web = web

    def sample(self) -> Sample:
        """Return the totals of all cameras."""
        with urllib.request.urlopen(f"http://{HOST}:{self._web}/metrics", timeout=60) as answer:
            metrics = answer.read().decode()

        def total(name: str) -> int:
            return sum(
                int(float(one)) for one in re.findall(rf"^{name}\{{.*\}} (\S+)$", metrics, re.MULTILINE)
            )

        used = self._process.cpu_times()
        return Sample(
            time.monotonic(),
            self._images.count,
            total("mqttcam_camera_kafka_sent_total"),
            total("mqttcam_camera_kafka_dropped_total"),
            self._process.memory_info().rss / 1e6,
            used.user + used.system,
        )


def row(name: str, before: Sample, after: Sample) -> str:
    """Return a row of the table."""
    took = after.at - before.at
    over_mqtt, to_kafka = (after.mqtt - before.mqtt) / took, (after.sent - before.sent) / took
    dropped, cores = after.dropped - before.dropped, (after.cpu - before.cpu) / took
    return f"| {name} | {over_mqtt:.0f} | {to_kafka:.0f} | {dropped} | {after.memory:.0f} MB | {cores:.2f} |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cameras", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--frozen", type=float, default=60)
    parser.add_argument("--client", default="confluent", choices=["sinetstream", "confluent"])
    arguments = parser.parse_args()
    camera = pattern_camera(size=_SIZE, frame_rate=_FPS, image={"fps": "max", "quality": 85})
    cameras = {f"cam{number}": camera for number in range(arguments.cameras)}
    web = free_port()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in ("kafka", "mqtt"):
            (folder / name).mkdir()
        with KafkaBroker(folder / "kafka") as kafka, Mosquitto(folder / "mqtt") as broker:
            topic = make_topic(kafka, "frames", partitions=4)
            sections: dict[str, Any] = {
                "kafka": {"brokers": kafka.address(), "topic": topic, "client": arguments.client},
                "web": {"enabled": True, "port": web},
            }
            config = configuration(broker, folder / "daemon", node="bench", cameras=cameras, **sections)
            with Daemon(folder / "daemon", config) as daemon:
                wait_for(lambda: listens(web), "the daemon has started")
                measure(Measured(daemon, Images(broker.port), web), kafka, arguments)


def measure(measured: Measured, kafka: KafkaBroker, arguments: argparse.Namespace) -> None:
    """Print the table."""
    time.sleep(_WARM_UP)
    print("| | MQTT, pictures/s | Kafka, pictures/s | dropped | memory | cores |")
    print("| --- | --- | --- | --- | --- | --- |")
    samples = [measured.sample()]
    changes: tuple[tuple[str, float, Callable[[], object]], ...] = (
        ("all run", arguments.seconds, list),
        (f"Kafka is frozen for {arguments.frozen:.0f} s", arguments.frozen, kafka.pause),
        ("Kafka is back", arguments.seconds, kafka.resume),
    )
    for name, seconds, change in changes:
        change()
        time.sleep(seconds)
        samples.append(measured.sample())
        print(row(name, *samples[-2:]), flush=True)


if __name__ == "__main__":
    main()
