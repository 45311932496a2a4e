"""The examples in deploy/ load, and fit each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from dotenv import dotenv_values

from mqttcam.settings import load
from mqttcam.settings.reference import Reference, read

COMPOSE = Path(__file__).parents[2] / "deploy" / "compose"


def services(side: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((COMPOSE / side / "compose.yaml").read_text())["services"]
    return found


def sample(side: str) -> dict[str, str]:
    return {name: value or "" for name, value in dotenv_values(COMPOSE / side / "dot_env-sample").items()}


def test_the_viewers_configuration() -> None:
    settings = load(COMPOSE / "server" / "config.yaml", {})
    assert settings.mqtt is not None
    assert settings.mqtt.host in services("server")
    assert settings.cameras["garden"].source.type == "sinetstream"
    assert settings.web.enabled


def test_the_pis_environment() -> None:
    environ = sample("pi")
    given: Reference = read(environ)
    assert given.problems == []
    assert {line.variable for line in given.explained} == {n for n in environ if not n.startswith("MQTTCAM")}
    settings = load(None, environ)
    assert settings.kafka is not None
    assert settings.kafka.topic == "sinetstream.image.camera"
    assert settings.mqtt is not None


@pytest.mark.parametrize("side", ["pi", "server"])
def test_what_the_containers_mount_is_there(side: str) -> None:
    for service in services(side).values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            assert not source.startswith("./") or (COMPOSE / side / source).is_file(), volume
        assert (COMPOSE / side / service.get("build", ".")).is_dir()


def test_sizes_fit_each_other() -> None:
    """A picture of 4K goes through Kafka and through Mosquitto."""
    largest = int(sample("server")["KAFKA_MESSAGE_MAX_BYTES"])
    assert str(largest) in services("server")["kafka"]["environment"]["KAFKA_MESSAGE_MAX_BYTES"]
    settings = load(COMPOSE / "server" / "config.yaml", {})
    assert settings.mqtt is not None
    mosquitto = dict(
        line.split(" ", 1) for line in (COMPOSE / "server" / "mosquitto.conf").read_text().splitlines()
    )
    assert largest <= settings.mqtt.max_packet_size <= int(mosquitto["max_packet_size"])
