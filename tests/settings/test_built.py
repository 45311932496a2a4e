"""Sections that are not configured have no validators, which would cost memory and time at the start."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from mqttcam.settings import CameraSettings, Settings, TestPatternSource, UrlSource
from mqttcam.settings.kafka import KafkaSettings

BUILT = """
from mqttcam.settings import Settings
from mqttcam.settings.section import Section

def below(model):
    for sub in model.__subclasses__():
        yield from (sub, *below(sub))

Settings.model_validate({})
print(*{{model.__name__ for model in below(Section) if model.__pydantic_complete__}})
"""
PLAIN: dict[str, Any] = {
    "mqtt": {"host": "broker.lan"},
    "cameras": {"a": {"source": {"type": "test_pattern"}}},
}


def built(config: dict[str, Any]) -> set[str]:
    """Return the sections whose validators are built in a process that has validated only this."""
    command = [sys.executable, "-c", BUILT.format(config)]
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def test_a_section_that_is_not_given_is_not_built() -> None:
    plain = built(PLAIN)
    assert {"Settings", "TestPatternSource"} <= plain
    assert not {name for name in plain if "Kafka" in name or "Sinetstream" in name}
    assert {name for name in plain if name.endswith("Source")} == {"TestPatternSource"}
    assert "KafkaSettings" in built(PLAIN | {"kafka": {"brokers": "kafka.lan:9092", "topic": "x"}})


def test_problems_in_it_are_found_where_they_are() -> None:
    url = {"source": {"type": "url", "url": "http://x/", "timeout": 0}}
    kafka = {"brokers": "kafka.lan:9092", "topic": "x", "queue": {"frames": 0}}
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"kafka": kafka, "cameras": {"a": url | {"kafka": {"nonsense": 1}}}})
    assert {error["loc"]: error["type"] for error in caught.value.errors()} == {
        ("kafka", "queue", "frames"): "greater_than_equal",
        ("cameras", "a", "source", "url", "timeout"): "greater_than_equal",
        ("cameras", "a", "kafka", "nonsense"): "extra_forbidden",
    }


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ({}, "union_tag_not_found"),
        ({"type": "none"}, "union_tag_invalid"),
        ("test_pattern", "model_attributes_type"),
    ],
)
def test_a_choice_without_a_known_type(source: object, kind: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CameraSettings.model_validate({"source": source})
    assert [(error["loc"], error["type"]) for error in caught.value.errors()] == [(("source",), kind)]


def test_models_are_taken_as_they_are() -> None:
    source, kafka = TestPatternSource(), KafkaSettings(topic="x")
    camera = CameraSettings(source=source, kafka=kafka)
    assert camera.source is source
    assert camera.kafka is kafka


def test_secrets_in_it_stay_secret() -> None:
    camera = CameraSettings.model_validate({"source": {"type": "url", "url": "http://u:hush@x/"}})
    assert isinstance(camera.source, UrlSource)
    assert "hush" not in f"{camera!r} {camera.model_dump_json()}"
