"""Pictures that are too large for Kafka: known before sending, made smaller or left out, logged once."""

from __future__ import annotations

import time
from importlib import import_module
from typing import Any

import pytest

from mqttcam.camera.frame import Frame
from mqttcam.outputs.size_limit import SizeLimit
from mqttcam.outputs.timing import OutputTiming
from tests.outputs.kafka.rig import FakeCapture, make_topic, read, running_bridge, topic_name
from tests.support.kafka import KafkaBroker
from tests.support.pictures import jpeg, size_of
from tests.support.waiting import wait_for

CLIENTS = ["sinetstream", "confluent"]
BIG = jpeg(640, 480, noise=200, quality=90)
LIMIT = 60_000


@pytest.fixture
def small_topic(kafka: KafkaBroker) -> str:
    assert len(BIG) > 2 * LIMIT
    return make_topic(kafka, topic_name("small"), max_message_bytes=str(LIMIT))


def set_limit(broker: KafkaBroker, topic: str, limit: int) -> None:
    """Change a topic's `max.message.bytes`, and return when the broker has it."""
    admin: Any = import_module("confluent_kafka.admin")  # its types leave these out
    change = admin.AlterConfigOpType.SET
    entry = admin.ConfigEntry("max.message.bytes", str(limit), incremental_operation=change)
    resource = admin.ConfigResource("topic", topic, incremental_configs=[entry])
    client = admin.AdminClient({"bootstrap.servers": broker.address()})
    (altered,) = client.incremental_alter_configs([resource]).values()
    altered.result(10)
    # The controller has the new limit; the broker applies it a moment later.
    described = admin.ConfigResource("topic", topic)
    wait_for(
        lambda: (
            client.describe_configs([described])[described].result(10)["max.message.bytes"].value
            == str(limit)
        ),
        "the broker has the new limit",
    )


def publish_jpegs(capture: FakeCapture, *pictures: bytes) -> None:
    for picture in pictures:
        frame = Frame(time.time_ns(), 640, 480, jpeg=picture)
        capture.hub.publish(frame)
        capture.taken += 1


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("consistency", ["AT_LEAST_ONCE", "AT_MOST_ONCE"])
def test_fitted(
    real_kafka: KafkaBroker, small_topic: str, client: str, consistency: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The topic's own limit counts, without acknowledgements too, where Kafka itself would lose them silently."""
    capture = FakeCapture()
    with running_bridge(real_kafka, small_topic, capture, client=client, consistency=consistency) as bridge:
        bridge.wait_connected()
        publish_jpegs(capture, BIG, BIG, BIG)
        bridge.wait_settled()
        assert (bridge.report["sent"], bridge.report["dropped"], bridge.report["errors"]) == (3, 0, 0)
    for message in read(real_kafka, small_topic, 3):
        assert len(message.value) < LIMIT
        width, height = size_of(message.value)
        assert width <= 640
        assert abs(width / height - 4 / 3) < 0.02
    assert len([record for record in caplog.records if "bytes per picture" in record.getMessage()]) == 1


@pytest.mark.parametrize("client", CLIENTS)
def test_refused(
    real_kafka: KafkaBroker, small_topic: str, client: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Left out and counted; what is small enough goes."""
    small = jpeg(64, 48)
    capture = FakeCapture()
    with running_bridge(real_kafka, small_topic, capture, client=client, oversize="refuse") as bridge:
        bridge.wait_connected()
        publish_jpegs(capture, BIG, small, BIG)
        bridge.wait_settled()
        assert (bridge.report["sent"], bridge.report["dropped_by"], bridge.report["errors"]) == (
            1,
            {"size": 2},
            0,
        )
    assert [message.value for message in read(real_kafka, small_topic, 1)] == [small]
    assert len([record for record in caplog.records if "are not sent" in record.getMessage()]) == 1


@pytest.mark.parametrize("client", CLIENTS)
def test_our_own_limit(kafka: KafkaBroker, topic: str, client: str) -> None:
    capture = FakeCapture()
    with running_bridge(kafka, topic, capture, client=client, max_request_size=LIMIT) as bridge:
        bridge.wait_connected()
        publish_jpegs(capture, BIG)
        bridge.wait_settled()
        assert bridge.sent == 1
    (message,) = read(kafka, topic, 1)
    assert len(message.value) < LIMIT


@pytest.mark.parametrize("client", CLIENTS)
def test_4k(kafka: KafkaBroker, client: str) -> None:
    """With the sizes of the reference's document, a picture of 8 MB gets through whole."""
    limit = 8_388_620
    topic = make_topic(kafka, topic_name("large"), max_message_bytes=str(limit))
    capture = FakeCapture()
    with running_bridge(kafka, topic, capture, client=client, max_request_size=limit) as bridge:
        bridge.wait_connected()
        capture.publish(1, 8_388_000)
        bridge.wait_sent(1)
    (message,) = read(kafka, topic, 1)
    assert message.value == capture.jpegs[0]


@pytest.mark.parametrize("client", CLIENTS)
def test_limit_that_comes_later(real_kafka: KafkaBroker, topic: str, client: str) -> None:
    """The broker refuses what it took before: that frame goes out again, smaller, and the next are of that size too."""
    capture = FakeCapture()
    with running_bridge(real_kafka, topic, capture, client=client) as bridge:
        bridge.wait_connected()
        publish_jpegs(capture, BIG)
        bridge.wait_sent(1)
        set_limit(real_kafka, topic, LIMIT)
        for sent in (2, 3, 4):
            publish_jpegs(capture, BIG)
            bridge.wait_settled()
            assert bridge.sent == sent
        report = bridge.report
        assert (report["dropped_by"], report["errors"], report["connected"]) == ({}, 1, True)
    first, *later = (len(message.value) for message in read(real_kafka, topic, 4))
    assert first == len(BIG)
    assert max(later) < LIMIT


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("oversize", ["fit", "refuse"])
def test_frames_from_before_the_limit_was_known(
    real_kafka: KafkaBroker, small_topic: str, client: str, oversize: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Frames that waited for the connection are treated like later ones."""
    small, broken = jpeg(64, 48), BIG.replace(b"\xff\xdb", b"\xff\xfe")  # no quantization table
    capture = FakeCapture()
    with running_bridge(real_kafka, small_topic, capture, client=client, oversize=oversize) as bridge:
        publish_jpegs(capture, BIG, small, broken)
        bridge.wait_settled()
        wanted: tuple[int, dict[str, int]] = (2, {"broken": 1}) if oversize == "fit" else (1, {"size": 2})
        assert (bridge.report["sent"], bridge.report["dropped_by"]) == wanted
        assert bridge.report["errors"] == 0
    assert [len(message.value) < LIMIT for message in read(real_kafka, small_topic, wanted[0])] == [
        True
    ] * wanted[0]
    assert len([record for record in caplog.records if "bytes per picture" in record.getMessage()]) == 1


@pytest.mark.parametrize("client", CLIENTS)
def test_a_limit_that_is_raised(real_kafka: KafkaBroker, small_topic: str, client: str) -> None:
    """Pictures get as large as they can be again, without a restart."""
    capture = FakeCapture()
    timing = OutputTiming(limit=0.3)
    with running_bridge(real_kafka, small_topic, capture, client=client, timing=timing) as bridge:
        bridge.wait_connected()
        publish_jpegs(capture, BIG)
        bridge.wait_settled()
        set_limit(real_kafka, small_topic, 1_000_000)

        def grown() -> bool:
            publish_jpegs(capture, BIG)
            bridge.wait_settled()
            return len(read(real_kafka, small_topic, capture.taken)[-1].value) == len(BIG)

        wait_for(grown, "a picture of full size", interval=0.2)
        assert (bridge.report["dropped"], bridge.report["errors"]) == (0, 0)


class TestSizeLimit:
    """The limit itself."""

    def limit(self) -> SizeLimit:
        limit = SizeLimit(OutputTiming(limit=0))
        limit.announce(1_000_000)
        return limit

    def test_what_is_announced(self) -> None:
        limit = self.limit()
        assert limit.refuse(500_000, announced=200_000)
        assert limit.value == 200_000
        assert not limit.refuse(500_000, announced=200_000), "frames from before"
        limit.raise_again(700_000)
        assert limit.value == 700_000

    def test_less_than_announced(self) -> None:
        """In steps up; a step that is refused goes back to what was accepted."""
        limit = self.limit()
        assert limit.refuse(500_000, announced=1_000_000)
        assert limit.value == 450_000
        limit.raise_again(1_000_000)
        assert limit.value == 675_000
        assert limit.refuse(600_000, announced=1_000_000)
        assert limit.value == 450_000
        for _ in range(5):
            limit.raise_again(1_000_000)
        assert limit.value == 1_000_000

    def test_not_known_yet(self) -> None:
        limit = SizeLimit(OutputTiming(limit=0))
        assert (limit.value, limit.due) == (None, False)
        limit.announce(1000)
        wait_for(lambda: limit.due, "it is due")

    def test_refused_again_and_again(self) -> None:
        """It is tried less and less often."""
        limit = SizeLimit(OutputTiming(limit=10, longest_limit=40))
        limit.announce(1_000_000)
        pauses = []
        for _ in range(4):
            assert limit.value is not None
            limit.refuse(limit.value, announced=1_000_000)
            pauses.append(round(limit._due_at - time.monotonic()))
            limit.raise_again(1_000_000)
        assert pauses == [10, 20, 40, 40]
