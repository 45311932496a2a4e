"""The parts of a record beside its value: key, headers and timestamp, the same with both clients."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mqttcam.camera.frame import Frame
from mqttcam.outputs.kafka.output import make_writer
from mqttcam.outputs.kafka.record import RecordFields
from mqttcam.outputs.kafka.sinetstream_writer import SinetstreamWriter
from mqttcam.outputs.queue import QueuedMessage
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import Writer
from mqttcam.settings.kafka import KafkaSettings
from tests.outputs.kafka.rig import FakeCapture, make_topic, read, records, running_bridge, sized, topic_name
from tests.support.kafka import KafkaBroker
from tests.support.waiting import wait_for

CLIENTS = ["sinetstream", "confluent"]
CREATE_TIME, LOG_APPEND_TIME = 1, 2
HOUR, DAY = 3600, 86_400


def fields(record: Any) -> tuple[bytes, dict[str, bytes], tuple[int, int]]:
    """The key, headers and timestamp of a record as Confluent's client reads it."""
    return record.key(), dict(record.headers() or []), record.timestamp()


def captured(seconds_ago: float, number: int = 7, size: int = 2000) -> QueuedMessage:
    return QueuedMessage(sized(size, number), number, time.time_ns() - int(seconds_ago * 1e9))


def deliver(writer: Writer, frame: QueuedMessage) -> Exception | None:
    """Send a frame, and return the error of its delivery report."""
    writer.send(frame)
    (report,) = wait_for(lambda: writer.delivery_reports(0.05), "a delivery report")
    return report.error


class Opened:
    """A writer that is open within the block."""

    def __init__(
        self, broker: KafkaBroker, topic: str, client: str, node: str = "pi", camera: str = "front"
    ) -> None:
        settings = KafkaSettings.model_validate(
            {"brokers": broker.address(), "topic": topic, "client": client}
        )
        self.record = RecordFields(node, camera, settings)
        self.writer = make_writer(
            settings, f"records-{client}", self.record, broker.directory, OutputTiming()
        )

    def __enter__(self) -> Opened:
        self.writer.open(lambda words: None)
        return self

    def __exit__(self, *_: object) -> None:
        self.writer.close()


@pytest.mark.parametrize("client", CLIENTS)
def test_key_headers_and_time_of_capture(kafka: KafkaBroker, topic: str, client: str) -> None:
    """SINETStream's readers get the same payload and time from such records."""
    capture = FakeCapture(size=3000)
    with running_bridge(kafka, topic, capture, client=client, node="pi") as bridge:
        capture.publish(3)
        bridge.wait_sent(3)
    read_by_sinetstream = read(kafka, topic, 3)
    assert [message.value for message in read_by_sinetstream] == capture.jpegs
    for number, (record, message) in enumerate(zip(records(kafka, topic), read_by_sinetstream, strict=True)):
        key, headers, (kind, stamp) = fields(record)
        assert key == b"pi/cam"
        assert headers == {
            "content-type": b"image/jpeg", "node": b"pi", "camera": b"cam", "seq": b"%d" % number,
        }  # fmt: skip
        assert (kind, stamp) == (CREATE_TIME, message.timestamp_us // 1000)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_frames_of_an_event_name_it(kafka: KafkaBroker, topic: str, client: str) -> None:
    capture = FakeCapture(size=3000)
    with running_bridge(kafka, topic, capture, client=client) as bridge:
        for capture.event in (None, "20261129-193012-5f3a9c01", None):
            capture.publish(1)
            bridge.wait_sent(capture.taken)
    assert [message.value for message in read(kafka, topic, 3)] == capture.jpegs
    events = [dict(record.headers()).get("event") for record in records(kafka, topic)]
    assert events == [None, b"20261129-193012-5f3a9c01", None]


def test_frames_are_sent_only_while_an_event_lasts(kafka: KafkaBroker, topic: str) -> None:
    capture = FakeCapture(size=3000)
    with running_bridge(kafka, topic, capture, on_motion=True) as bridge:
        for capture.event in (None, "a", "a", None, "b", None):
            capture.publish(1)
        bridge.wait_sent(3)
    assert [dict(record.headers())["event"] for record in records(kafka, topic)] == [b"a", b"a", b"b"]


@pytest.mark.parametrize("client", CLIENTS)
def test_neither_key_nor_headers(kafka: KafkaBroker, topic: str, client: str) -> None:
    with running_bridge(kafka, topic, client=client, key=False, headers=False) as bridge:
        bridge.capture.publish(1)
        bridge.wait_sent(1)
    (record,) = records(kafka, topic)
    assert record.key() is None
    assert not record.headers()


def test_a_release_without_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka before 0.11, as `api_version` may say: the client would fail on headers."""
    sent: list[tuple[Any, ...]] = []
    settings = KafkaSettings()
    record = RecordFields("pi", "front", settings)
    writer = SinetstreamWriter(settings, "old", record, Path(), OutputTiming())
    for version in ((0, 10, 2), (0, 11)):
        monkeypatch.setattr(
            writer,
            "_producer",
            SimpleNamespace(
                config={"api_version": version}, send=lambda *arguments, **_: sent.append(arguments)
            ),
        )
        writer._add_record_fields()
        monkeypatch.setattr(writer, "_frame", captured(0))
        writer._producer.send("topic", b"value")
    assert [arguments[:3] for arguments in sent] == [("topic", b"value", b"pi/front")] * 2
    assert [arguments[3] is None for arguments in sent] == [True, False]


def test_a_camera_has_the_same_partition_with_both_clients(real_kafka: KafkaBroker) -> None:
    """Of six partitions; librdkafka's own default agrees with Java's for few of these keys."""
    topic = make_topic(real_kafka, topic_name("partitions"), partitions=6)
    for client in CLIENTS:
        with Opened(real_kafka, topic, client) as opened:
            for number in range(12):
                opened.record.key = f"pi/cam{number}".encode()
                assert deliver(opened.writer, captured(0)) is None
    partitions: dict[bytes, list[int]] = {}
    for record in records(real_kafka, topic, 6):
        partitions.setdefault(record.key(), []).append(record.partition())
    assert len(partitions) == 12
    assert all(len(found) == 2 and len(set(found)) == 1 for found in partitions.values()), partitions
    assert len({found[0] for found in partitions.values()}) > 2


@pytest.mark.parametrize(
    ("seconds_ago", "kept"),
    [
        (0, True),
        (HOUR, True),
        (DAY - 60, True),
        (DAY + 60, False),
        (1.7e9, False),
        (-540, True),
        (-660, False),
    ],
)
def test_time_of_a_clock_that_is_wrong(seconds_ago: float, kept: bool) -> None:
    """A Pi without a clock chip starts in the past; Kafka would delete such records, or refuse those of the future."""
    record = RecordFields("pi", "front", KafkaSettings())
    frame = captured(seconds_ago)
    before = time.time_ns() // 1_000_000
    stamp = record.timestamp_ms(frame)
    assert (stamp == frame.ts_ns // 1_000_000) is kept
    assert kept or before <= stamp <= before + 60_000


@pytest.mark.parametrize("client", CLIENTS)
def test_a_topic_that_takes_only_recent_times(
    real_kafka: KafkaBroker, client: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A picture that waited for hours is not refused for ever: it gets the time of sending."""
    topic = make_topic(real_kafka, topic_name("recent"), message_timestamp_before_max_ms="60000")
    capture = FakeCapture()
    with running_bridge(real_kafka, topic, capture, client=client) as bridge:
        for seconds_ago in (2 * HOUR, 10, 3 * HOUR):
            frame = Frame(time.time_ns() - seconds_ago * 10**9, 64, 48, jpeg=sized(2000, seconds_ago))
            capture.hub.publish(frame)
            capture.taken += 1
        bridge.wait_settled()
        assert (bridge.report["sent"], bridge.report["dropped"]) == (3, 0)
    ages = sorted(time.time() - record.timestamp()[1] / 1000 for record in records(real_kafka, topic))
    assert max(ages) < 60
    said = [
        record.getMessage() for record in caplog.records if "refuses the capture time" in record.getMessage()
    ]
    assert 1 <= len(said) <= 3


def test_a_topic_with_the_brokers_time(real_kafka: KafkaBroker) -> None:
    """`message.timestamp.type=LogAppendTime`: the time of capture is in the envelope."""
    topic = make_topic(real_kafka, topic_name("append"), message_timestamp_type="LogAppendTime")
    for client in CLIENTS:
        with Opened(real_kafka, topic, client) as opened:
            assert deliver(opened.writer, captured(2 * DAY)) is None
    assert {record.timestamp()[0] for record in records(real_kafka, topic)} == {LOG_APPEND_TIME}
    assert all(time.time() - message.timestamp > 1.9 * DAY for message in read(real_kafka, topic, 2))


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("camera", ["c", "a-camera-with-a-long-id" * 10])
def test_the_limit_counts_key_and_headers(real_kafka: KafkaBroker, client: str, camera: str) -> None:
    """The largest JPEG passes, whatever the topic's limit is."""
    for limit in (30_000, 200_000):
        topic = make_topic(real_kafka, topic_name("limit"), max_message_bytes=str(limit))
        with Opened(real_kafka, topic, client, "node" * 20, camera) as opened:
            size = opened.writer.limit()
            assert size > limit - 2000
            assert deliver(opened.writer, captured(0, 2**60, size)) is None
            assert deliver(opened.writer, captured(0, 1, size + 2000)) is not None


def test_idempotent(real_kafka: KafkaBroker, topic: str) -> None:
    """`enable_idempotence`, with the client that can."""
    capture = FakeCapture(size=2000)
    keys: dict[str, Any] = {"client": "confluent", "enable_idempotence": True, "compression_type": "none"}
    with running_bridge(real_kafka, topic, capture, **keys) as bridge:
        capture.publish(5)
        bridge.wait_sent(5)
        assert bridge.report["problem"] is None
    assert [message.value for message in read(real_kafka, topic, 5)] == capture.jpegs
