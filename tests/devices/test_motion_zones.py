"""Zones of motion detection: entities, stored switches, and what events say of them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mqttcam.commands.catalogue import camera_commands
from mqttcam.commands.request import Request
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.build import build_device
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.motion import CameraMotion
from mqttcam.devices.node import Node
from mqttcam.devices.store import Store
from mqttcam.home_assistant.discovery import camera_discovery
from mqttcam.mqtt.topics import Topics
from tests.support.devices import MakeDevice, Recorder, camera_settings, opened
from tests.support.motion import Scene

MOTION = {
    "clear_after": 2,
    "zones": {
        "front_gate": {"points": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]},
        "road": {"points": [[0.51, 0], [1, 0], [1, 1], [0.51, 1]]},
    },
}
GATE, ROAD = 20, 110
"""Where the square is then, in pixels from the left."""


def motion_of(device: CameraDevice) -> CameraMotion:
    assert device.motion is not None
    return device.motion


def shown(device: CameraDevice) -> dict[str, object]:
    state = state_of(camera_entities(device), device)
    return {key: value for key, value in state.items() if key.startswith("zone_")}


class Stage:
    """A camera with two zones, through which a square moves."""

    def __init__(self, device: CameraDevice) -> None:
        self.device = opened(device)
        self.observer = Recorder()
        device.attach(self.observer)
        self.scene = Scene(device.camera.hub)
        self.scene.settle()

    async def offer(self, left: int | None = None) -> None:
        self.scene.offer(left)
        await asyncio.sleep(0)

    async def clear(self) -> None:
        while motion_of(self.device).moving:
            await self.offer()


async def test_entities(make_device: MakeDevice) -> None:
    device = make_device(motion=MOTION)
    assert shown(device) == {
        "zone_front_gate": "ON",
        "zone_front_gate_motion": None,
        "zone_road": "ON",
        "zone_road_motion": None,
    }
    assert not shown(make_device(motion=True))


async def test_discovery(make_device: MakeDevice) -> None:
    device = make_device(motion=MOTION)
    parts: dict[str, Any] = camera_discovery(device, Node("yard"), Topics("mqttcam", "yard")).payload()[
        "cmps"
    ]
    sensor, switch = parts["zone_front_gate_motion"], parts["zone_front_gate"]
    assert (sensor["p"], sensor["dev_cla"], sensor["name"]) == (
        "binary_sensor",
        "motion",
        "Front gate motion",
    )
    assert "zone_front_gate_motion" in sensor["val_tpl"]
    assert (switch["p"], switch["ent_cat"], switch["name"]) == ("switch", "config", "Front gate zone")
    assert switch["cmd_t"] == "mqttcam/yard/front/set/zone_front_gate"


async def test_sensors_and_the_event_follow_what_moves(make_device: MakeDevice) -> None:
    stage = Stage(make_device(motion=MOTION))
    await stage.offer(GATE)
    (begin,) = stage.observer.events
    assert (begin["event_type"], begin["zone"]) == ("motion", "front_gate")
    assert shown(stage.device)["zone_front_gate_motion"] == "ON"
    assert shown(stage.device)["zone_road_motion"] == "OFF"
    await stage.offer(ROAD)
    assert shown(stage.device)["zone_road_motion"] == "ON"
    await stage.clear()
    assert [shown(stage.device)[f"zone_{zone}_motion"] for zone in ("front_gate", "road")] == ["OFF", "OFF"]
    _, end = stage.observer.events
    assert (end["event_type"], end["zones"]) == ("motion_end", ["front_gate", "road"])
    await stage.device.stop()


async def test_motion_beside_the_zones_is_an_event_without_one(make_device: MakeDevice) -> None:
    corner = {"gate": {"points": [[0, 0.8], [0.2, 0.8], [0.2, 1]]}}
    stage = Stage(make_device(motion={**MOTION, "zones": corner}))
    await stage.offer(ROAD)
    await stage.clear()
    assert [event.get("zone") for event in stage.observer.events] == [None, None]
    assert stage.observer.events[1]["zones"] == []
    await stage.device.stop()


async def test_observers_are_notified_of_changes_alone(make_device: MakeDevice) -> None:
    stage = Stage(make_device(motion=MOTION))
    await stage.offer(GATE)
    changes = stage.observer.changes
    for step in range(6):
        await stage.offer(GATE + step)
    assert stage.observer.changes == changes
    await stage.offer(ROAD)
    assert stage.observer.changes == changes + 1
    while shown(stage.device)["zone_front_gate_motion"] == "ON":
        await stage.offer()
    assert shown(stage.device)["zone_road_motion"] == "ON"
    assert stage.observer.changes == changes + 2
    assert [event["event_type"] for event in stage.observer.events] == ["motion"], "the event goes on"
    await stage.device.stop()


async def test_a_zone_that_is_not_armed(make_device: MakeDevice) -> None:
    stage = Stage(make_device(motion=MOTION))
    motion_of(stage.device).set_armed("front_gate", False)
    await stage.offer(GATE)
    await stage.offer(GATE + 5)
    assert stage.observer.events[0]["zone"] is None, "there is motion in the picture"
    assert shown(stage.device) == {
        "zone_front_gate": "OFF",
        "zone_front_gate_motion": None,
        "zone_road": "ON",
        "zone_road_motion": "OFF",
    }
    motion_of(stage.device).set_armed("front_gate", True)
    await stage.offer(GATE)
    assert shown(stage.device)["zone_front_gate_motion"] == "ON"
    await stage.clear()
    assert stage.observer.events[1]["zones"] == ["front_gate"]
    await stage.device.stop()


async def test_zones_are_unknown_while_nothing_is_detected(make_device: MakeDevice) -> None:
    stage = Stage(make_device(motion=MOTION))
    await stage.offer(GATE)
    motion_of(stage.device).set_enabled(False)
    assert shown(stage.device) == {
        "zone_front_gate": "ON",
        "zone_front_gate_motion": None,
        "zone_road": "ON",
        "zone_road_motion": None,
    }
    await stage.device.stop()


async def test_a_switch_survives_a_restart(make_device: MakeDevice, tmp_path: Path) -> None:
    runner = CommandRunner(make_device(motion=MOTION), camera_commands)
    result = await runner.run(Request("set", b"OFF", key="zone_road"))
    assert result.changed == {"zone_road": "OFF"}
    again = Store(tmp_path / "values.json")
    again.load()
    device = build_device("front", camera_settings(motion=MOTION), again)
    assert (shown(device)["zone_road"], shown(device)["zone_front_gate"]) == ("OFF", "ON")


@pytest.mark.parametrize("key", ["zone_road_motion", "zone_elsewhere"])
async def test_what_cannot_be_set(make_device: MakeDevice, key: str) -> None:
    result = await CommandRunner(make_device(motion=MOTION), camera_commands).run(
        Request("set", b"OFF", key=key)
    )
    assert result.error is not None


async def test_an_invalid_stored_switch_is_ignored(
    make_device: MakeDevice, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store._data = {"front": {"zone_road": {"value": "maybe", "configured": True}}}
    assert shown(make_device(motion=MOTION))["zone_road"] == "ON"
    assert "zone_road" in caplog.text
