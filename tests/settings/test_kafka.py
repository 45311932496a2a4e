"""The Kafka settings of a camera: the top-level ones, overridden by the camera's own."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mqttcam.settings import Settings
from mqttcam.settings.kafka import KafkaSettings, for_camera
from mqttcam.settings.kafka_client import KafkaTls


def merged(everyone: dict[str, Any], own: dict[str, Any] | None = None) -> KafkaSettings:
    camera = {"source": {"type": "test_pattern"}} | ({} if own is None else {"kafka": own})
    both = {"brokers": "k:9092", "topic": "all.{node}.{camera}", **everyone}
    settings = Settings.model_validate({"node": "pi", "kafka": both, "cameras": {"front": camera}})
    assert settings.kafka is not None
    return for_camera(settings.kafka, settings.cameras["front"].kafka, settings.node, "front")


def test_nothing_of_its_own() -> None:
    found = merged({"fps": 5})
    assert (found.topic, found.fps, found.brokers) == ("all.pi.front", 5, ("k:9092",))


def test_key_by_key() -> None:
    found = merged({"quality": 70, "consistency": "AT_MOST_ONCE"}, {"topic": "{camera}", "quality": 90})
    assert (found.topic, found.quality, found.consistency) == ("front", 90, "AT_MOST_ONCE")


def test_sections_key_by_key() -> None:
    """Keys that a camera does not set keep their values; `true` is the section with its defaults."""
    everyone = {
        "queue": {"frames": 9, "bytes": 900_000},
        "type_spec": {"linger_ms": 5},
        "tls": {"ciphers": "HIGH"},
    }
    found = merged(
        everyone, {"queue": {"frames": 7}, "type_spec": {"acks": 1}, "tls": {"check_hostname": False}}
    )
    assert (found.queue.frames, found.queue.bytes) == (7, 900_000)
    assert (found.type_spec.linger_ms, found.type_spec.acks) == (5, 1)
    assert found.tls == KafkaTls(ciphers="HIGH", check_hostname=False)
    assert merged(everyone, {"tls": True}).tls == KafkaTls()
    assert merged(everyone, {"tls": False}).tls is None


def test_a_rate_of_its_own_and_a_schedule_of_its_own() -> None:
    """The camera's own one replaces both of the top-level ones."""
    assert (found := merged({"schedule": "60"}, {"fps": 5})).schedule is None
    assert found.fps == 5
    assert (found := merged({"fps": 5}, {"schedule": "60"})).schedule == "60"
    assert found.fps == "max"
    assert merged({"schedule": "60"}, {"enabled": False}).schedule == "60"


def test_what_fits_only_together() -> None:
    crypto = {"mode": "GCM", "password": "x"}
    assert merged({"crypto": crypto}, {"data_encryption": True}).crypto is not None
    with pytest.raises(ValidationError, match=r"front: its `kafka`, combined with .*, has data_encryption"):
        merged({}, {"data_encryption": True})
    with pytest.raises(ValidationError, match="which cannot do data_encryption"):
        merged({"crypto": crypto, "data_encryption": True}, {"client": "confluent"})
    assert merged(
        {"crypto": crypto, "data_encryption": True}, {"data_encryption": False, "client": "confluent"}
    )


def test_the_topic_of_the_events() -> None:
    assert merged({"events": "{node}.{camera}.events"}, {}).events == "pi.front.events"
    assert merged({"events": "events"}, {"events": None}).events is None
    assert merged({}, {"events": "events"}).events == "events"
    with pytest.raises(ValidationError, match="has one topic for frames and events"):
        merged({"events": "same"}, {"topic": "same"})
    with pytest.raises(ValidationError, match="has a topic with /"):
        merged({"events": "cameras/events"}, {})
    with pytest.raises(ValidationError, match="has `type: mqtt`, which cannot send events"):
        merged({"type": "mqtt", "events": "cameras/events"}, {})


@pytest.mark.parametrize(
    "brokers",
    [
        "kafka",
        "k1:9092, k2 ,",
        "127.0.0.1:1",
        "[::1]:9092",
        "::1",
        "fe80::1",
        "[fe80::1%eth0]:9092",
        "a_b.c-d:65535",
    ],
)
def test_brokers(brokers: str) -> None:
    """A missing port is the client's default; an IPv6 address with a port is in brackets."""
    wanted = tuple(part.strip() for part in brokers.split(",") if part.strip())
    assert merged({"brokers": brokers}).brokers == wanted


def test_a_mode_by_its_other_name() -> None:
    """SINETStream accepts both."""
    found = merged({"data_encryption": True, "crypto": {"mode": "OPENPGPCFB", "password": "x"}})
    assert found.crypto is not None
    assert found.crypto.mode == "OPENPGP"


def test_a_login_is_whole() -> None:
    """Checked for the merged settings; a configuration server may add to them."""
    login = {"sasl_plain_username": "camera", "sasl_plain_password": "0815"}
    merged(login, {"sasl_mechanism": "PLAIN"})
    merged({"sasl_mechanism": "PLAIN", "security_protocol": "PLAINTEXT"})
    merged({"sasl_mechanism": "GSSAPI"})
    merged({"config": "cameras", "sasl_mechanism": "PLAIN"})
    with pytest.raises(ValidationError, match="has sasl_mechanism PLAIN but no sasl_plain_username"):
        merged({}, {"sasl_mechanism": "PLAIN"})


def test_idempotence() -> None:
    """Known, and only accepted where it works."""
    assert merged({"enable_idempotence": True, "client": "confluent"}).enable_idempotence
    assert merged({"enable_idempotence": False}).enable_idempotence is False
    refused: list[tuple[dict[str, Any], str]] = [
        ({}, "which SINETStream's client cannot do"),
        ({"client": "confluent", "acks": 1}, "acknowledgement of all replicas"),
        ({"client": "confluent", "consistency": "AT_MOST_ONCE"}, "acknowledgement of all replicas"),
        ({"client": "confluent", "max_in_flight_requests_per_connection": 6}, "max_in_flight"),
        ({"client": "confluent", "type_spec": {"retries": 0}}, "`retries: 0`"),
    ]
    for keys, text in refused:
        with pytest.raises(ValidationError, match=text):
            merged({"enable_idempotence": True, **keys})
