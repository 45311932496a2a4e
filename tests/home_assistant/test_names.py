"""Names that mean something else to Home Assistant: a menu of a webcam's with the option `None`."""

from __future__ import annotations

from pathlib import Path

from mqttcam.camera.control import Control
from mqttcam.camera.source import SourceInfo
from mqttcam.devices.build import build_device
from mqttcam.devices.node import Node
from mqttcam.devices.store import Store
from mqttcam.home_assistant.discovery import camera_discovery
from mqttcam.mqtt.topics import Topics
from mqttcam.settings import CameraSettings
from mqttcam.values import Choice
from tests.home_assistant.conftest import World
from tests.support.waiting import wait_for

_MENU = Control("ColorFX", Choice(("None", "Sepia")), "None")


async def test_an_option_called_none_is_shown_and_chosen(world: World, tmp_path: Path) -> None:
    client = world.rig.client
    settings = CameraSettings.model_validate({"source": {"type": "test_pattern"}})
    device = build_device("webcam", settings, Store(tmp_path / "values.json"))
    device.camera.info = SourceInfo("Webcam", 320, 240, 10, (_MENU,))
    device.camera.controls = {_MENU.key: _MENU}
    payload = camera_discovery(device, Node("yard"), Topics("mqttcam", "yard")).payload()
    payload["cmps"] = {_MENU.key: payload["cmps"][_MENU.key]}
    discovery, here = "homeassistant/device/mqttcam_yard_webcam/config", "mqttcam/yard/webcam"
    client.publish(f"{here}/availability", "online", retain=True)
    client.publish(discovery, payload, retain=True)
    try:
        entity = world.entity(_MENU.key, "yard_webcam")
        for state, shown in (("None", "(None)"), ("Sepia", "Sepia"), (None, "unknown"), ("None", "(None)")):
            client.publish(f"{here}/state", {_MENU.key: state}, retain=True)
            world.ha.wait_state(entity, shown)
        for option, command in (("(None)", "None"), ("Sepia", "Sepia")):
            since = world.rig.mark()
            world.ha.call("select.select_option", entity, option=option)
            assert client.wait(f"{here}/set/{_MENU.key}", since=since).text == command
    finally:
        for topic in (discovery, f"{here}/state", f"{here}/availability"):
            client.publish(topic, b"", retain=True)
        wait_for(lambda: not world.ha.device("mqttcam_yard_webcam"), "it is gone", interval=0.1)
