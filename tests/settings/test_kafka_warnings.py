"""Kafka settings that are valid, but hardly do what was intended: `check` prints them, the daemon logs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mqttcam.settings import Settings, kafka_warnings
from tests.support.daemon import mqttcam_command


def warnings(kafka: dict[str, Any], **cameras: dict[str, Any]) -> list[str]:
    """The warnings about two cameras, or those given by their own `kafka`."""
    given = cameras or {"front": {}, "back": {}}
    document = {
        "node": "pi",
        "kafka": {"brokers": "k:9092", "topic": "frames", **kafka},
        "cameras": {
            name: {"source": {"type": "test_pattern"}, "motion": True, "kafka": own}
            for name, own in given.items()
        },
    }
    return [f"{'.'.join(key)}: {text}" for key, text in kafka_warnings(Settings.model_validate(document))]


def test_nothing_to_say() -> None:
    """Two cameras on one topic have different keys."""
    assert warnings({}) == []
    assert warnings({"topic": "frames.{camera}", "key": False}) == []
    assert warnings({"key": False}, front={}, back={"topic": "others"}) == []
    assert kafka_warnings(Settings.model_validate({"node": "pi"})) == []


@pytest.mark.parametrize(
    ("kafka", "topic"),
    [({"key": False}, "frames"), ({"key": False, "topic": None, "config": "c"}, "of the configuration c")],
)
def test_two_cameras_on_a_topic_without_a_key(kafka: dict[str, Any], topic: str) -> None:
    (line,) = warnings(kafka)
    assert line.startswith(f"kafka.key: front, back share the topic {topic} without a key")


@pytest.mark.parametrize("client", ["sinetstream", "confluent"])
def test_exactly_once(client: str) -> None:
    (line,) = warnings({"consistency": "EXACTLY_ONCE", "client": client})
    assert line.startswith("kafka.consistency: EXACTLY_ONCE works as AT_LEAST_ONCE")


def test_one_camera_of_two() -> None:
    (line,) = warnings({}, front={}, back={"consistency": "EXACTLY_ONCE"})
    assert line.startswith("cameras.back.kafka.consistency:")


@pytest.mark.parametrize("where", ["acks", "type_spec"])
def test_acks(where: str) -> None:
    keys: dict[str, Any] = {"acks": 0} if where == "acks" else {"type_spec": {"acks": 0}}
    (line,) = warnings(keys)
    assert line.startswith("kafka.acks: 0: lost frames are not noticed")
    assert warnings({**keys, "consistency": "AT_MOST_ONCE"}) == []


def test_linger() -> None:
    """SINETStream's writer waits for each message."""
    (line,) = warnings({"linger_ms": 500})
    assert "at most 2 frames per second" in line
    assert warnings({"linger_ms": 500, "fps": 1}) == []
    assert warnings({"linger_ms": 500, "schedule": "60"}) == []
    assert warnings({"linger_ms": 500, "client": "confluent"}) == []


def test_without_effect() -> None:
    assert warnings({"spool": True}) == ["kafka.spool: has no effect without a `schedule`"]
    assert warnings({"spool": True, "schedule": "60"}) == []
    keys = {"client": "confluent", "api_version": "2.6"}
    assert warnings(keys) == ["kafka.api_version: has no effect with `client: confluent`"]


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"tls": True, "security_protocol": "PLAINTEXT"}, "security_protocol: PLAINTEXT does not encrypt"),
        ({"sasl_mechanism": "PLAIN", "security_protocol": "SSL"}, "security_protocol: SSL has no login"),
        (
            {"sasl_plain_username": "me", "sasl_plain_password": "x"},
            "sasl_plain_username: has no effect without",
        ),
    ],
)
def test_security(keys: dict[str, Any], text: str) -> None:
    """What was meant to protect the connection, and does not."""
    (line,) = warnings(keys)
    assert line.startswith(f"kafka.{text}")


def test_before() -> None:
    """Pictures from before motion: without an effect, or more than are kept."""
    assert warnings({"before": 5}) == ["kafka.before: has no effect without `on_motion: true`"]
    motion = {"on_motion": True, "before": 10}
    assert warnings(motion) == []
    assert warnings({**motion, "fps": 15}) == []
    (line,) = warnings({**motion, "fps": 10, "queue": {"frames": 100}})
    assert (
        line == "kafka.before: 10 s are 100 pictures, of which the last 50 are kept: half of `queue.frames`"
    )


def test_two_cameras_on_a_topic_for_events() -> None:
    """The header `camera` is enough to tell them apart."""
    keyless = {"topic": "{camera}", "events": "events", "key": None}
    assert warnings(keyless) == []
    (line,) = warnings({**keyless, "headers": False})
    assert line.startswith("kafka.events: front, back share the topic events without a key and headers")
    assert warnings({**keyless, "headers": False, "events": "{camera}.events"}) == []


def test_events_are_not_encrypted() -> None:
    crypto = {"data_encryption": True, "crypto": {"mode": "GCM", "password": "x"}}
    (line,) = warnings({"events": "events", **crypto})
    assert line == "kafka.events: are sent as plain JSON, although there is data_encryption"


def test_check_prints_them(tmp_path: Path) -> None:
    """The configuration is valid."""
    (tmp_path / "config.yaml").write_text(
        "node: pi\nkafka: {brokers: 'k:9092', topic: t, consistency: EXACTLY_ONCE}\n"
        "cameras: {front: {source: {type: test_pattern}}}\n"
    )
    done = mqttcam_command(tmp_path, "check")
    assert done.returncode == 0
    assert "config.yaml:2: kafka.consistency: warning: EXACTLY_ONCE works as AT_LEAST_ONCE" in done.stderr
