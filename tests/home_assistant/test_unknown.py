"""Values that are unknown, and those that the state lacks: no entity shows `None` or `null`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.camera.control import Control
from mqttcam.camera.source import SourceInfo
from mqttcam.devices.build import build_device
from mqttcam.devices.node import Node
from mqttcam.devices.store import Store
from mqttcam.home_assistant.discovery import camera_discovery
from mqttcam.mqtt.topics import Topics
from mqttcam.settings import CameraSettings
from mqttcam.values import Choice, Number, Rectangle, Switch, Text, Vector
from tests.home_assistant.conftest import World
from tests.support.waiting import wait_for

CONTROLS = (
    Control("Gain", Number(0, 16)),
    Control("Mode", Choice(("Auto", "Manual"))),
    Control("Effect", Choice(("None", "Sepia"))),
    Control("Night", Switch()),
    Control("Label", Text()),
    Control("Gains", Vector(Number(0, 32), 2)),
    Control("Window", Rectangle((0, 0, 640, 480))),
)
KNOWN = {
    "gain": 2,
    "mode": "Auto",
    "effect": "None",
    "night": "ON",
    "label": "x",
    "gains": [1, 2],
    "window": [0, 0, 64, 48],
    "last_error": "it failed",
    "restarts": 1,
}
SHOWN = {
    "gain": "2",
    "mode": "Auto",
    "effect": "(None)",
    "night": "on",
    "label": "x",
    "gains": "[1,2]",
    "window": "[0,0,64,48]",
    "last_error": "it failed",
}
EMPTY = {"label", "gains", "window"}
"""MQTT's text entities have no unknown."""


@pytest.mark.parametrize("there", [True, False], ids=["null", "missing"])
async def test_an_unknown_value_is_unknown(world: World, tmp_path: Path, there: bool) -> None:
    client = world.rig.client
    settings = CameraSettings.model_validate({"source": {"type": "test_pattern"}})
    device = build_device("attic", settings, Store(tmp_path / "values.json"))
    device.camera.info = SourceInfo("Attic", 320, 240, 10, CONTROLS)
    device.camera.controls = {control.key: control for control in CONTROLS}
    payload = camera_discovery(device, Node("yard"), Topics("mqttcam", "yard")).payload()
    discovery, here = "homeassistant/device/mqttcam_yard_attic/config", "mqttcam/yard/attic"
    client.publish(f"{here}/availability", "online", retain=True)
    client.publish(discovery, payload, retain=True)
    try:
        for key, value in SHOWN.items():
            entity = world.entity(key, "yard_attic")
            client.publish(f"{here}/state", KNOWN, retain=True)
            world.ha.wait_state(entity, value)
        client.publish(f"{here}/state", dict.fromkeys(KNOWN) if there else {}, retain=True)
        for key in SHOWN:
            world.ha.wait_state(world.entity(key, "yard_attic"), "" if key in EMPTY else "unknown")
    finally:
        client.publish(discovery, b"", retain=True)
        wait_for(lambda: not world.ha.device("mqttcam_yard_attic"), "it is gone", interval=0.1)
        for topic in (f"{here}/state", f"{here}/availability"):
            client.publish(topic, b"", retain=True)
