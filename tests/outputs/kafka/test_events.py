"""Events in a topic of their own, and the pictures from before motion."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mqttcam.outputs.kafka.events import MAX_EVENTS
from mqttcam.outputs.pictures_before import PicturesBefore
from mqttcam.outputs.queue import QueuedMessage
from tests.outputs.kafka.rig import (
    FakeCapture,
    RunningBridge,
    make_topic,
    raw,
    read,
    records,
    running_bridge,
    topic_name,
)
from tests.support.broker import Broker, Mosquitto
from tests.support.daemon import pattern_camera
from tests.support.kafka import KafkaBroker
from tests.support.results import check_ok
from tests.support.rig import rig
from tests.support.waiting import HOST, free_port, wait_for

CLIENTS = ["sinetstream", "confluent"]
MOTION = {"event_type": "motion", "id": "20261129-193012-5f3a9c01", "seq": 12, "score": 3.14, "zone": None}
RECORDING = {"event_type": "recording", "id": "a-recording", "event": MOTION["id"], "seconds": 12.5}
NIGHT = {"event_type": "night", "level": 3.0, "unit": "lx"}


@pytest.fixture
def events_topic(kafka: KafkaBroker) -> str:
    return make_topic(kafka, topic_name("events"))


@pytest.fixture(scope="module")
def mqtt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with Mosquitto(tmp_path_factory.mktemp("mqtt")) as running:
        yield running


def send(bridge: RunningBridge, *events: dict[str, Any]) -> None:
    for event in events:
        bridge.output.send_event("cam", event)


def wait_events(bridge: RunningBridge, count: int) -> None:
    wait_for(lambda: bridge.report["events"]["sent"] == count, f"{count} events sent")


@pytest.mark.parametrize("client", CLIENTS)
def test_events(kafka: KafkaBroker, topic: str, events_topic: str, client: str) -> None:
    """As JSON with the key of the camera's frames; the header `event` names the event of motion."""
    ts = time.time() - 3600
    sent = [{**MOTION, "ts": ts}, RECORDING, NIGHT]
    with running_bridge(kafka, topic, client=client, node="pi", events=events_topic) as bridge:
        bridge.capture.publish(1)
        send(bridge, *sent)
        wait_events(bridge, 3)
        bridge.wait_sent(1)
        assert bridge.report["events"] == {
            "connected": True, "taken": 3, "sent": 3, "dropped": 0, "errors": 0, "waiting": 0,
        }  # fmt: skip
    found = records(kafka, events_topic)
    assert [json.loads(record.value()) for record in found] == sent
    assert {record.key() for record in found} == {b"pi/cam"}
    common = {"content-type": b"application/json", "node": b"pi", "camera": b"cam"}
    of_motion = {**common, "event": str(MOTION["id"]).encode()}
    assert [dict(record.headers()) for record in found] == [of_motion, of_motion, common]
    stamps = [record.timestamp()[1] for record in found]
    assert stamps[0] == int(ts * 1000)
    assert all(abs(stamp / 1000 - time.time()) < 600 for stamp in stamps[1:])
    assert [message.value for message in read(kafka, topic, 1)] == bridge.capture.jpegs


def test_events_are_readable_beside_encrypted_frames(
    kafka: KafkaBroker, topic: str, events_topic: str
) -> None:
    crypto: dict[str, Any] = {"data_encryption": True, "crypto": {"mode": "GCM", "password": "x"}}
    with running_bridge(kafka, topic, events=events_topic, **crypto) as bridge:
        send(bridge, NIGHT)
        wait_events(bridge, 1)
    assert [json.loads(value) for value in raw(kafka, events_topic)] == [NIGHT]


def test_a_topic_that_is_missing_delays_no_frames(real_kafka: KafkaBroker, topic: str) -> None:
    missing = topic_name("missing")
    with running_bridge(real_kafka, topic, client="confluent", events=missing) as bridge:
        send(bridge, NIGHT)
        bridge.capture.publish(3)
        bridge.wait_sent(3)
        wait_for(lambda: bridge.report["problem"], "the problem is shown")
        assert bridge.report["problem"] == f"the topic {missing} does not exist"
        assert bridge.report["connected"]
        make_topic(real_kafka, missing)
        wait_events(bridge, 1)
        wait_for(lambda: bridge.report["problem"] is None, "the problem is over")


def test_events_that_wait_are_bounded(kafka: KafkaBroker) -> None:
    """The oldest are dropped; those that come while it is switched off are ignored."""
    away = f"{HOST}:{free_port()}"
    with running_bridge(kafka, "t", brokers=away, client="confluent", events="e") as bridge:
        send(bridge, *[NIGHT] * (MAX_EVENTS + 5))
        report = bridge.report["events"]
        assert (report["taken"], report["dropped"], report["waiting"]) == (MAX_EVENTS + 5, 5, MAX_EVENTS)
        bridge.output.set_enabled("cam", False)
        send(bridge, NIGHT)
        report = bridge.report["events"]
        assert (report["taken"], report["waiting"]) == (MAX_EVENTS + 5, 0)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_pictures_before_motion_are_sent_first(kafka: KafkaBroker, topic: str, client: str) -> None:
    """In order, with their own times, as pictures of the event that they precede; those after it are not sent."""
    capture = FakeCapture(size=3000)
    with running_bridge(kafka, topic, capture, client=client, on_motion=True, before=60) as bridge:
        for capture.event in (None, None, "a", "a", None):
            capture.publish(1)
        assert (bridge.report["taken"], bridge.report["left_out"]) == (4, 1)
        bridge.wait_sent(4)
        capture.event = "b"
        capture.publish(1)
        bridge.wait_sent(6)
        assert (bridge.report["taken"], bridge.report["left_out"]) == (6, 0)
    found = records(kafka, topic)
    assert [dict(record.headers())["event"] for record in found] == [b"a"] * 4 + [b"b"] * 2
    assert [int(dict(record.headers())["seq"]) for record in found] == list(range(6))
    messages = read(kafka, topic, 6)
    assert [message.value for message in messages] == capture.jpegs
    times = [message.timestamp_us for message in messages]
    assert times == sorted(set(times))
    assert [record.timestamp()[1] for record in found] == [stamp // 1000 for stamp in times]


def test_pictures_before_motion_are_wanted_all_the_time(kafka: KafkaBroker) -> None:
    """At the rate of the output, while nothing moves, too."""
    with running_bridge(kafka, "t", fps=2, on_motion=True, before=5) as bridge:
        assert bridge.capture.hub.wanted_fps() == 2
        bridge.output.set_enabled("cam", False)
        assert bridge.capture.hub.wanted_fps() == 0


@pytest.mark.parametrize("switch", ["camera", "output"])
def test_what_is_switched_off_keeps_no_pictures(kafka: KafkaBroker, switch: str) -> None:
    with running_bridge(kafka, "t", brokers=f"{HOST}:{free_port()}", on_motion=True, before=60) as bridge:
        bridge.capture.publish(3)
        if switch == "camera":
            bridge.output.forget_pictures("cam")
        else:
            bridge.output.set_enabled("cam", False)
            bridge.output.set_enabled("cam", True)
        bridge.capture.event = "a"
        bridge.capture.publish(1)
        assert bridge.report["taken"] == 1


class TestPicturesBefore:
    def picture(self, seq: int, size: int = 10, age: float = 0.0) -> QueuedMessage:
        return QueuedMessage(bytes(size), seq, seq, since=time.monotonic() - age)

    def test_bounds(self) -> None:
        """By seconds, number and bytes; the oldest go first."""
        kept = PicturesBefore(60, 3, 100)
        for seq in range(5):
            kept.add(self.picture(seq))
        kept.add(self.picture(5, 85))
        assert [picture.seq for picture in kept.take("a")] == [4, 5]
        kept.add(self.picture(6, age=90))
        kept.add(self.picture(7, age=30))
        assert [picture.seq for picture in kept.take("a")] == [7]
        assert len(kept) == 0

    def test_they_wait_from_now_on(self) -> None:
        """The age limit of the queue counts from the moment in which they are queued."""
        kept = PicturesBefore(60, 3, 100)
        before = time.monotonic()
        kept.add(self.picture(1, age=30))
        (picture,) = kept.take("a")
        assert picture.since >= before
        assert picture.event == "a"


def test_a_daemon_with_motion(kafka: KafkaBroker, mqtt: Broker, tmp_path: Path) -> None:
    """The events of MQTT are in the topic; frames begin before the motion, as those of its event."""
    topic, events_topic = make_topic(kafka, topic_name("frames")), make_topic(kafka, topic_name("events"))
    section = {
        "brokers": kafka.address(), "topic": topic, "events": events_topic,
        "on_motion": True, "before": 30, "client": "confluent",
    }  # fmt: skip
    cameras = {"front": pattern_camera(motion={"clear_after": 1})}
    with rig(mqtt, tmp_path, cameras=cameras, kafka=section) as running:
        front = running.front
        first = front.client.wait(front.topic("event")).json
        check_ok(front.set({"speed": 0}), "set")
        front.client.wait(front.topic("event"), lambda one: one.json["event_type"] == "motion_end")
        front.wait_state(motion="OFF", kafka_problem=None)
        on_mqtt = [message.json for message in front.client.on(front.topic("event"))]
        wait_for(lambda: len(raw(kafka, events_topic)) >= len(on_mqtt), "all events are in Kafka")
        wait_for(lambda: records(kafka, topic), "frames are in Kafka")
    assert [json.loads(value) for value in raw(kafka, events_topic)][: len(on_mqtt)] == on_mqtt
    frames = [
        (int(dict(record.headers())["seq"]), dict(record.headers())) for record in records(kafka, topic)
    ]
    assert [seq for seq, _ in frames] == sorted(seq for seq, _ in frames)
    earlier = [headers["event"].decode() for seq, headers in frames if seq < first["seq"]]
    assert set(earlier) == {first["id"]}
