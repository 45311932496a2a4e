"""A Kafka topic as a camera: messages of a bridge, or of SINETStream itself."""

from __future__ import annotations

import contextlib
import itertools
import re
import sys
import threading
import time
import zlib
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceError
from mqttcam.camera.sources.sinetstream import SinetstreamReader
from mqttcam.kafka.compression import decompress
from mqttcam.kafka.envelope import pack
from mqttcam.settings.sources.sinetstream import SinetstreamSource
from tests.camera.sources.remote_rig import failure, next_frame, opened
from tests.imaging.odd_jpegs import HEIGHT, WIDTH, picture, saved
from tests.outputs.kafka.rig import FakeCapture, make_topic, running_bridge
from tests.support.kafka import PASSWORD, USER, KafkaBroker
from tests.support.pictures import claiming, jpeg
from tests.support.waiting import HOST, free_port, wait_for


def source(broker: KafkaBroker, topic: str, **keys: Any) -> SinetstreamSource:
    return SinetstreamSource.model_validate({"brokers": broker.address(), "topic": topic, **keys})


@pytest.mark.parametrize("keys", [{}, {"data_encryption": True, "crypto": {"mode": "EAX", "password": "x"}}])
def test_round_trip(kafka: KafkaBroker, topic: str, keys: dict[str, Any]) -> None:
    """Frames of a camera go through Kafka and are a camera again, with their times of capture."""
    capture = FakeCapture(fps=10)
    there = opened(SinetstreamReader, source(kafka, topic, **keys))
    with there as reader, running_bridge(kafka, topic, capture, **keys) as bridge, capture:
        frames = [next_frame(reader) for _ in range(5)]
        bridge.wait_sent(5)
    assert {frame.jpeg for frame in frames} <= set(capture.jpegs)
    assert [frame.jpeg for frame in frames] == [
        shot for shot in capture.jpegs if shot in {f.jpeg for f in frames}
    ]
    assert all((frame.width, frame.height) == (64, 48) for frame in frames)
    assert all(0 < time.time_ns() - frame.ts_ns < 60 * 10**9 for frame in frames)


def test_only_what_is_new(kafka: KafkaBroker, topic: str) -> None:
    """It shows the present, not what the topic retains from yesterday."""
    capture = FakeCapture()
    with running_bridge(kafka, topic, capture) as bridge:
        capture.publish(5)
        bridge.wait_sent(5)
        with opened(SinetstreamReader, source(kafka, topic)) as reader:
            for _ in range(10):
                assert reader.read(0.2) is None
            capture.publish(1)
            assert next_frame(reader).jpeg == capture.jpegs[5]


def test_clock_that_is_set_back_does_not_stop_it(
    kafka: KafkaBroker, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """kafka-python measures intervals by the wall clock, and would wait in `read` for as long as it was set back."""
    with opened(SinetstreamReader, source(kafka, topic)) as reader:
        assert reader.read(0.2) is None
        wall_clock, steps = time.time, itertools.count()
        monkeypatch.setattr(time, "time", lambda: wall_clock() - 3600 * next(steps))
        returned = threading.Event()

        def read() -> None:
            reader.read(0.2)
            returned.set()

        threading.Thread(target=read, daemon=True).start()
        assert returned.wait(15)


def test_the_client_measures_no_interval_by_the_wall_clock(kafka: KafkaBroker, topic: str) -> None:
    with opened(SinetstreamReader, source(kafka, topic)):
        by_wall_clock = [
            name
            for name, module in sys.modules.items()
            if name.startswith("kafka.") and vars(module).get("time") is time
        ]
    assert all(name.startswith(("kafka.record.", "kafka.protocol.")) for name in by_wall_clock), by_wall_clock


def test_silence(kafka: KafkaBroker, topic: str) -> None:
    with opened(SinetstreamReader, source(kafka, topic, silence=1)) as reader:
        assert "for 1 s" in failure(reader)


def test_no_broker() -> None:
    port = free_port()
    nobody = SinetstreamSource.model_validate({"brokers": f"{HOST}:{port}", "topic": "t"})
    words = f"^no connection to {HOST}:{port}: Connection refused$"
    with pytest.raises(SourceError, match=words), opened(SinetstreamReader, nobody):
        pass


def test_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sinetstream", None)
    nobody = SinetstreamSource.model_validate({"brokers": "k:9092", "topic": "t"})
    with (
        pytest.raises(SourceError, match=r"pip install 'mqttcam\[kafka\]'"),
        opened(SinetstreamReader, nobody),
    ):
        pass


def test_login_and_tls(real_kafka: KafkaBroker, topic: str) -> None:
    """As for the output: SASL over TLS."""
    keys = {
        "brokers": real_kafka.address("both"), "ssl_cafile": real_kafka.certificates.ca,
        "sasl_mechanism": "SCRAM-SHA-256", "sasl_plain_username": USER, "sasl_plain_password": PASSWORD,
    }  # fmt: skip
    capture = FakeCapture(fps=10)
    there = opened(SinetstreamReader, source(real_kafka, topic, **keys))
    with there as reader, running_bridge(real_kafka, topic, capture), capture:
        assert next_frame(reader).jpeg in capture.jpegs


PNG = saved(picture(), "PNG")
JPEG = jpeg(64, 48)
NOW = 1_700_000_000_000_000


def produce(broker: KafkaBroker, topic: str, values: Sequence[bytes | None], codec: str = "none") -> None:
    """Write records as a producer of another program does."""
    from confluent_kafka import Producer

    producer = Producer({"bootstrap.servers": broker.address(), "compression.type": codec, "linger.ms": 50})
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(10) == 0


def sinetstreams(broker: KafkaBroker, topic: str, value: bytes, **parameters: Any) -> None:
    """Write a message through SINETStream's own writer."""
    from sinetstream import MessageWriter

    with MessageWriter(
        no_config=True,
        type="kafka",
        brokers=broker.address(),
        topic=topic,
        value_type="byte_array",
        **parameters,
    ) as writer:
        writer.publish(value)


def _size(frame: Frame) -> tuple[int, int]:
    return frame.width, frame.height


def ready(reader: Source, broker: KafkaBroker, topic: str) -> None:
    """Wait until it reads what is written from now on."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        produce(broker, topic, [JPEG])
        if reader.read(0.2) is not None:
            while reader.read(0.2) is not None:
                pass
            return
    raise AssertionError("no frame came")


FOREIGN = [
    b"hello", None, b"", b"\x00\x00\x00\x01\x2a" + bytes(50), b'{"frame": 1}', JPEG[:500], PNG[:200],
    b"\xdf\x03\x00\x00", pack(JPEG, NOW)[:30], pack(JPEG, NOW)[:-100], pack(b"hello", NOW),
    b"\xdf\x03\x00\x00\x00\x01" + bytes(100),
    pack(zlib.compress(JPEG), NOW), pack(claiming(65500, 65500), NOW),
]  # fmt: skip


def test_foreign_messages_are_skipped_counted_and_named(
    kafka: KafkaBroker, topic: str, caplog: pytest.LogCaptureFixture
) -> None:
    """None of them ends the source; pictures between them come."""
    with opened(SinetstreamReader, source(kafka, topic)) as reader:
        ready(reader, kafka, topic)
        for count, foreign in enumerate(FOREIGN, 1):
            produce(kafka, topic, [foreign])
            wait_for(lambda count=count: reader.read(0.2) or reader.skipped == count, "it is skipped")  # type: ignore[misc]
            assert reader.waiting_for is not None
            produce(kafka, topic, [pack(JPEG, NOW)])
            assert next_frame(reader).jpeg == JPEG
            assert reader.waiting_for is None
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    (warning,) = [line for line in warnings if line.startswith(topic)]
    assert re.match(rf"{topic}: the message at partition 0, offset \d+ \(5 bytes\): not a usable", warning)
    assert re.search("picture: it is text, and .*; skipped, 1 so far$", warning)


@pytest.mark.parametrize("codec", ["none", "gzip", "lz4", "snappy", "zstd"])
def test_pictures_of_other_producers(kafka: KafkaBroker, topic: str, codec: str) -> None:
    """Of SINETStream or not, in any format and compression of Kafka's."""
    with opened(SinetstreamReader, source(kafka, topic)) as reader:
        ready(reader, kafka, topic)
        produce(
            kafka, topic, [JPEG, b"hello", PNG, pack(PNG, NOW), pack(JPEG, NOW)[6:], pack(JPEG, NOW)], codec
        )
        frames = [next_frame(reader) for _ in range(5)]
        assert [frame.jpeg for frame in frames] == [JPEG, None, None, JPEG, JPEG]
        assert [(frame.width, frame.height) for frame in frames[1:3]] == [(WIDTH, HEIGHT)] * 2
        assert reader.skipped == 1


@pytest.mark.parametrize("demo", ["openpose", "yolo"])
def test_the_annotated_pictures_of_niis_demos(kafka: KafkaBroker, demo: str) -> None:
    """Each writes JPEGs of OpenCV's as bytes, by a writer without (OpenPose) or with a value type (YOLO)."""
    from sinetstream import BYTE_ARRAY, MessageWriter

    topic = make_topic(kafka, f"sinetstream.image.{demo}")
    value_type = {"yolo": {"value_type": BYTE_ARRAY}}.get(demo, {})
    parameters = {"type": "kafka", "brokers": kafka.address(), "topic": topic} | value_type
    with (
        opened(SinetstreamReader, source(kafka, topic)) as reader,
        MessageWriter(no_config=True, consistency="AT_LEAST_ONCE", **parameters) as writer,
    ):
        ready(reader, kafka, topic)
        for annotated in (jpeg(320, 240), PNG):
            writer.publish(annotated)
        assert [_size(next_frame(reader)) for _ in range(2)] == [(320, 240), (WIDTH, HEIGHT)]


@pytest.mark.parametrize("user_data_only", [False, True])
@pytest.mark.parametrize("message_format", [2, 3])
def test_settings_of_the_reader_need_not_be_those_of_the_writer(
    kafka: KafkaBroker, topic: str, message_format: int, user_data_only: bool
) -> None:
    keys = {"message_format": message_format, "user_data_only": user_data_only}
    with opened(SinetstreamReader, source(kafka, topic, **keys)) as reader:
        ready(reader, kafka, topic)
        sinetstreams(kafka, topic, PNG)
        sinetstreams(kafka, topic, PNG, message_format=2)
        sinetstreams(kafka, topic, PNG, user_data_only=True)
        assert [_size(next_frame(reader)) for _ in range(3)] == [(WIDTH, HEIGHT)] * 3


@pytest.mark.parametrize("algorithm", ["gzip", "zstd"])
def test_compressed_messages_and_others(kafka: KafkaBroker, topic: str, algorithm: str) -> None:
    keys = {"data_compression": True, "compression": {"algorithm": algorithm}}
    with opened(SinetstreamReader, source(kafka, topic, max_bytes=100_000, **keys)) as reader:
        ready(reader, kafka, topic)
        sinetstreams(kafka, topic, PNG, **keys)
        assert _size(next_frame(reader)) == (WIDTH, HEIGHT)
        sinetstreams(kafka, topic, bytes(50_000_000), **keys)
        wait_for(lambda: reader.read(0.2) or reader.skipped == 1, "a bomb is skipped")
        sinetstreams(kafka, topic, PNG, **keys)
        assert _size(next_frame(reader)) == (WIDTH, HEIGHT)


def test_with_encryption_nothing_else_is_taken(kafka: KafkaBroker, topic: str) -> None:
    keys: dict[str, Any] = {"data_encryption": True, "crypto": {"mode": "EAX", "password": "x"}}
    there = opened(SinetstreamReader, source(kafka, topic, **keys))
    with there as reader, running_bridge(kafka, topic, FakeCapture(fps=10), **keys) as bridge, bridge.capture:
        next_frame(reader)
        produce(kafka, topic, [JPEG, pack(JPEG, NOW)])
        wait_for(lambda: reader.read(0.2) and reader.skipped == 2, "both are skipped")
        assert next_frame(reader).jpeg in bridge.capture.jpegs


def test_silence_names_what_came_instead(kafka: KafkaBroker, topic: str) -> None:
    with opened(SinetstreamReader, source(kafka, topic, silence=3)) as reader:
        ready(reader, kafka, topic)
        produce(kafka, topic, [b"hello"])
        words = failure(reader)
    assert words.startswith(f"no picture from {topic} for 3 s: not a usable picture: it is text")


@pytest.mark.parametrize("algorithm", ["gzip", "zstd"])
@given(data=st.binary(max_size=200))
def test_decompression_is_bounded_and_raises_value_errors(algorithm: str, data: bytes) -> None:
    import zstandard

    packed = zlib.compress(data) if algorithm == "gzip" else zstandard.ZstdCompressor().compress(data)
    assert decompress(packed, algorithm, 200) == data
    for broken in (packed[:-1], data):
        with contextlib.suppress(ValueError):
            assert len(decompress(broken, algorithm, 200)) <= 200
    if data:
        with pytest.raises(ValueError, match="more than max_bytes"):
            decompress(packed, algorithm, len(data) - 1)
