"""A Kafka topic as a camera: messages of a bridge, or of SINETStream itself."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.sinetstream import SinetstreamReader
from mqttcam.settings.sources.sinetstream import SinetstreamSource
from tests.camera.sources.remote_rig import failure, next_frame, opened
from tests.outputs.kafka.rig import FakeCapture, running_bridge
from tests.support.kafka import PASSWORD, USER, KafkaBroker
from tests.support.waiting import HOST, free_port


def source(broker: KafkaBroker, topic: str, **keys: Any) -> SinetstreamSource:
    return SinetstreamSource.model_validate({"brokers": broker.address(), "topic": topic, **keys})


@pytest.mark.parametrize("keys", [{}, {"data_encryption": True, "crypto": {"mode": "EAX", "password": "x"}}])
def test_round_trip(kafka: KafkaBroker, topic: str, keys: dict[str, Any]) -> None:
    """Frames of a camera go through Kafka and are a camera again, with their times of capture."""
    capture = FakeCapture(fps=10)
    there = opened(SinetstreamReader, source(kafka, topic, **keys))
    with there as reader, running_bridge(kafka, topic, capture, **keys) as bridge, capture:
        frames = [next_frame(reader, 20) for _ in range(5)]
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
        assert next_frame(reader, 20).jpeg in capture.jpegs
