"""One Home Assistant, one mosquitto and one daemon with two cameras for all acceptance tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.home_assistant.harness import HomeAssistant, ha_root, ha_version, now
from tests.support.broker import Mosquitto
from tests.support.daemon import mqttcam_command, pattern_camera
from tests.support.discovery import components, full
from tests.support.left_out import leave_out
from tests.support.rig import Rig, rig
from tests.support.waiting import HOST, PATIENCE, free_port, wait_for

NOT_ABOUT_US = (
    "No device components to cleanup",  # when a user deletes a device, it empties the topic once for each entity
    "Error returned from MQTT server: The connection was lost",  # when the broker restarts
    "Module homeassistant.components.mqtt.entity is logging too frequently",  # at INFO, which is on for the tests
)
"""Warnings of Home Assistant about itself and about the broker."""

WHOLE = [[0, 0], [1, 0], [1, 1], [0, 1]]
"""The corners of the picture."""


def about_us(lines: list[str]) -> list[str]:
    """Return the warnings that concern the daemon."""
    return [line for line in lines if not line.startswith(NOT_ABOUT_US)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.home_assistant)


def is_enabled(entry: dict[str, Any]) -> bool:
    """Return whether Home Assistant enables an entity, by its discovery message, unless the user does."""
    return bool(entry.get("enabled_by_default", True))


@dataclass(frozen=True)
class World:
    """Everything that runs."""

    ha: HomeAssistant
    broker: Mosquitto
    rig: Rig

    def announced(self) -> dict[str, dict[str, Any]]:
        """Return the output of `mqttcam discovery` by topic, its keys written out in full."""
        path = self.rig.daemon.config_file
        return _announced(path, path.read_text())

    def announce_again(self) -> None:
        """Note that what is announced has changed: other tests compare Home Assistant with it."""
        _announced.cache_clear()

    def entities(self) -> dict[str, dict[str, Any]]:
        """Return the entities that Home Assistant should have, by unique id."""
        found: dict[str, dict[str, Any]] = {}
        for payload in self.announced().values():
            found |= components(payload)
        return found

    def wait_available(self, timeout: float = PATIENCE) -> None:
        """Wait until Home Assistant has every entity that is enabled by default, and none is unavailable."""
        ids = {
            self.ha.entity_id(unique_id) for unique_id, entry in self.entities().items() if is_enabled(entry)
        }

        def available() -> bool:
            states = self.ha.states()
            return all(entity in states and states[entity]["state"] != "unavailable" for entity in ids)

        wait_for(available, "every entity is available", timeout, 0.1)

    def entity(self, key: str, device: str = "yard_front") -> str:
        """Return the entity id that Home Assistant gave to the entity `key` of `device`."""
        return self.ha.entity_id(f"mqttcam_{device}_{key}")


@cache
def _announced(config: Path, content: str) -> dict[str, dict[str, Any]]:
    done = mqttcam_command(config.parent, "discovery", "-c", str(config))
    assert done.returncode == 0, done.stderr
    return {topic: full(payload) for topic, payload in json.loads(done.stdout).items()}


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Start everything, and wait for every entity."""
    if ha_version(ha_root()) is None:
        leave_out("no Home Assistant: run tests/home_assistant/setup.sh")
    nowhere = {"host": "127.0.0.1", "port": 9}
    cameras = {
        "front": pattern_camera(
            name="Front door",
            suggested_area="Garden",
            tcp=nowhere,
            motion={"clear_after": 1, "active": "on mon-sun", "zones": {"yard": {"points": WHOLE}}},
            presets={"soft": {"controls": {"Contrast": 0.8}}, "usual": {}},
            day_night={"below": 1, "above": 2, "for": 0},
            record={"after": 1},
            series={"garden": {"schedule": "every 366 days"}},
        ),
        "back": pattern_camera(size="160x120"),
    }
    port = free_port()
    web = {"enabled": True, "port": port, "public_url": f"http://{HOST}:{port}/"}
    sections: dict[str, Any] = {
        "kafka": {"brokers": "127.0.0.1:9", "topic": "frames"},
        "web": web,
        "home_assistant": {"suggested_area": "Garage"},
        "recordings": {"keep": {"free": 0}},
    }
    with (
        Mosquitto(tmp_path_factory.mktemp("broker")) as broker,
        HomeAssistant(broker.port) as ha,
        rig(broker, tmp_path_factory.mktemp("daemon"), cameras=cameras, **sections) as running,
    ):
        found = World(ha, broker, running)
        found.wait_available()
        running.front.next_image()
        yield found


@pytest.fixture(autouse=True)
def _no_complaint(world: World) -> Iterator[None]:
    """Check that Home Assistant logs nothing at WARNING or above about us and raises no repair issue."""
    since = now()
    yield
    assert not about_us(world.ha.log(since=since))
    assert not world.ha.issues()
