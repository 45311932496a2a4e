"""An analytics job beside a real Kafka: it reads the camera's frames, and its results come home through a topic."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from mqttcam.imaging.raster import decode
from mqttcam.kafka.envelope import pack, unpack
from tests.outputs.kafka.rig import make_topic, records, topic_name
from tests.support.broker import Broker, Mosquitto
from tests.support.daemon import pattern_camera
from tests.support.kafka import KafkaBroker
from tests.support.rig import Rig, rig
from tests.support.waiting import wait_for

BOX = [0.25, 0.25, 0.75, 0.75]


class Job:
    """Publishes results."""

    def __init__(self, broker: KafkaBroker, results: str) -> None:
        from confluent_kafka import Producer

        self._producer = Producer({"bootstrap.servers": broker.address()})
        self._results = results

    def send(self, value: bytes, key: str | None = None) -> None:
        """Publish one record, and return when Kafka has it."""
        self._producer.produce(self._results, value, key)
        assert self._producer.flush(30) == 0

    def report(self, *labels: str, key: str | None = None, **more: Any) -> None:
        found = [{"label": label, "score": 0.9, "box": BOX} for label in labels]
        self.send(orjson.dumps({"camera": "yard/front", "detections": found} | more), key)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Mosquitto(tmp_path_factory.mktemp("mqtt")) as running:
        yield running


@pytest.fixture(scope="module")
def topics(kafka: KafkaBroker) -> tuple[str, str]:
    """The topics of frames and of results."""
    return make_topic(kafka, topic_name("frames")), make_topic(kafka, topic_name("results"))


@pytest.fixture(scope="module")
def running(
    kafka: KafkaBroker, broker: Broker, topics: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rig]:
    frames, results = topics
    cameras = {"front": pattern_camera(detections={"labels": ["person", "car"], "after": 600})}
    sections: dict[str, Any] = {
        "kafka": {"brokers": kafka.address(), "topic": frames},
        "detections": {"brokers": kafka.address(), "topic": results},
    }
    with rig(broker, tmp_path_factory.mktemp("daemon"), cameras=cameras, **sections) as started:
        job = Job(kafka, results)

        def is_read() -> bool:
            job.report()
            return started.front.state()["detections_person"] is not None

        wait_for(is_read, "the topic is read from its newest message on", interval=0.5)
        yield started


@pytest.fixture
def job(kafka: KafkaBroker, topics: tuple[str, str]) -> Job:
    return Job(kafka, topics[1])


def counted(running: Rig, **counts: int) -> None:
    wait_for(lambda: counts.items() <= running.front.state().items(), f"{counts}", interval=0.2)


def test_results_are_those_of_the_frame(
    running: Rig, kafka: KafkaBroker, topics: tuple[str, str], job: Job
) -> None:
    """The box is drawn into the picture in which the job has found something, which it took from Kafka."""
    front, client = running.front, running.client
    record = wait_for(lambda: records(kafka, topics[0]), "a frame in Kafka")[-1]
    message = unpack(record.value())
    assert message.timestamp_us is not None
    since = client.mark()
    source = {"topic": topics[0], "partition": record.partition(), "offset": record.offset()}
    # An hour ago by its time: no picture of that is kept, so it is fetched.
    job.report("person", "dog", ts=message.timestamp_us / 1e6 - 3600, source=source)
    picture = client.wait(front.topic("detections/person/image"), since=since)
    found = decode(picture.payload)[..., :3].astype(int)
    expected = decode(message.payload)[..., :3].astype(int)
    assert found.shape == expected.shape
    assert np.abs(found - expected)[80:160, 100:220].mean() < 10, "the inside of the box is that of the frame"
    event = client.wait(front.topic("event"), since=since).json
    assert (event["event_type"], event["label"]) == ("detection", "person")
    counted(running, detections_person=1, detections_car=0)


def test_the_key_may_name_the_camera_and_others_are_ignored(running: Rig, job: Job) -> None:
    job.report()
    counted(running, detections_person=0, detections_car=0)
    job.report("car", "car", "car", camera="attic/front")
    job.report("car", "car", "car", camera="yard/back")
    job.report("car", "car", camera=None, key="yard/front")
    counted(running, detections_car=2)


def test_what_cannot_be_understood_is_skipped(running: Rig, job: Job) -> None:
    since = len(running.daemon.log)
    for value in (b"", b"person", b"\xff\xd8", b'{"detections": 1}', b"[" * 100_000):
        job.send(value)
    envelope = pack(orjson.dumps({"camera": "front", "detections": [{"label": "car"}] * 4}), 1)
    job.send(envelope)
    counted(running, detections_car=4)
    assert running.daemon.log[since:].count("is skipped") <= 1


def test_a_picture_that_is_gone_costs_only_the_picture(
    running: Rig, topics: tuple[str, str], job: Job
) -> None:
    source = {"topic": topics[0], "partition": 0, "offset": 10**9}
    job.report()
    counted(running, detections_person=0)
    job.report("person", ts=time.time() - 3600, source=source)
    counted(running, detections_person=1)


def test_kafka_is_away(kafka: KafkaBroker, broker: Broker, tmp_path: Path) -> None:
    """It is said in `health`, and everything else goes on."""
    section = {"brokers": "127.0.0.1:9", "topic": "results"}
    cameras = {"front": pattern_camera(detections={"labels": ["person"]})}
    with rig(broker, tmp_path, node="away", cameras=cameras, detections=section) as running:
        wanted = "detections: no connection to 127.0.0.1:9: Connection refused"
        running.client.wait(running.node.topic("health"), lambda message: wanted in message.json["problems"])
        running.front.next_image()
