"""What holds for one camera: the `kafka` for all, and over it the camera's own."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mqttcam.settings import Settings
from mqttcam.settings.kafka import KafkaSettings, for_camera


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


def test_a_rate_of_its_own_and_a_schedule_of_its_own() -> None:
    """One of them counts, the other of those for all does not."""
    assert (found := merged({"schedule": "60"}, {"fps": 5})).schedule is None
    assert found.fps == 5
    assert (found := merged({"fps": 5}, {"schedule": "60"})).schedule == "60"
    assert found.fps == "max"
    assert merged({"schedule": "60"}, {"enabled": False}).schedule == "60"


def test_what_fits_only_together() -> None:
    crypto = {"mode": "GCM", "password": "x"}
    assert merged({"crypto": crypto}, {"data_encryption": True}).crypto is not None
    with pytest.raises(ValidationError, match="front: its `kafka`, with that for all, has data_encryption"):
        merged({}, {"data_encryption": True})
    with pytest.raises(ValidationError, match="which cannot do data_encryption"):
        merged({"crypto": crypto, "data_encryption": True}, {"client": "confluent"})
    assert merged(
        {"crypto": crypto, "data_encryption": True}, {"data_encryption": False, "client": "confluent"}
    )
