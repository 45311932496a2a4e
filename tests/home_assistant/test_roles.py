"""What only some cameras have: raw controls, actions, readings, full pictures. Home Assistant complains of none."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mqttcam.camera.camera import Camera
from mqttcam.camera.control import Action, Control
from mqttcam.camera.frame import Frame
from mqttcam.camera.metadata_fields import METADATA_FIELDS
from mqttcam.camera.still import Still
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.node import Node
from mqttcam.devices.store import Store
from mqttcam.gateway.gateway import MqttGateway
from mqttcam.settings import CameraSettings, HomeAssistantSettings, MqttSettings
from mqttcam.values import Number, Vector
from tests.camera.broken import Hardware
from tests.home_assistant.conftest import World
from tests.support.pictures import jpeg

_LARGE = jpeg(640, 480)
_METADATA: dict[str, object] = {
    "ExposureTime": 9_992,
    "AnalogueGain": 2.0,
    "DigitalGain": 1.0,
    "Lux": 400.5,
    "ColourTemperature": 4_100,
    "SensorTemperature": 31.0,
    "LensPosition": 2.3,
    "FocusFoM": 1_234,
    "AfState": 2,
}


@dataclass
class Shed:
    """A node of its own, with one camera."""

    hardware: Hardware
    device: CameraDevice


async def until(condition: Callable[[], object], what: str, seconds: float = 20) -> None:
    """Return once `condition`, which may ask Home Assistant, is true."""
    end = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < end, f"waited {seconds:g} s in vain: {what}"
        await asyncio.sleep(0.05)


def _ours(world: World) -> list[str]:
    return [unique_id for unique_id in world.ha.entities() if unique_id.startswith("mqttcam_shed")]


@pytest.fixture
async def shed(world: World, tmp_path: Path) -> AsyncIterator[Shed]:
    """Its camera stands for a Pi's; nothing of it is left in Home Assistant after the test."""
    hardware = Hardware(
        rate=20,
        controls=(Control("ColourGains", Vector(Number(0, 32), 2), raw=True),),
        actions=(Action("Autofocus", "AfTrigger", "Start", icon="mdi:image-filter-center-focus"),),
        readings={reading: reading.value(_METADATA) for reading in METADATA_FIELDS},
        take_still=lambda *, raw: Still(Frame(time.time_ns(), 640, 480, jpeg=_LARGE), paused=True),
    )
    settings = CameraSettings.model_validate({"source": {"type": "test_pattern"}, "frame_rate": 20})
    device = CameraDevice(Camera("front", settings, make_source=hardware), Store(tmp_path / "values.json"))
    registry = DeviceRegistry(Node("shed"))
    registry.add(device)
    mqtt = MqttSettings(host="127.0.0.1", port=world.broker.port)
    gateway = MqttGateway(mqtt, HomeAssistantSettings(), registry, client_id="shed")
    gateway.start()
    gateway.add(device)
    device.camera.start()
    yield Shed(hardware, device)
    await device.camera.stop()
    gateway.remove("front", for_good=True)
    gateway._connection.publish("homeassistant/device/mqttcam_shed/config", b"", qos=1, retain=True)
    await until(lambda: not _ours(world), "nothing is left of it")
    await gateway.stop()


async def test_all_of_it(world: World, shed: Shed) -> None:
    def entity(key: str) -> str:
        return world.entity(key, "shed_front")

    def state_is(key: str, value: str) -> bool:
        found = world.ha.states().get(entity(key))
        return found is not None and found["state"] == value

    await until(lambda: len(shed.device.camera.readings.fields) == len(METADATA_FIELDS), "every reading")
    await until(lambda: state_is("measured_autofocus_state", "Focused"), "a reading that is a name")
    await until(lambda: state_is("measured_exposure_time", "9992"), "a reading that is a number")
    await until(lambda: state_is("measured_lux", "400.5"), "a reading with a device class")

    raw = (await asyncio.to_thread(world.ha.entities))["mqttcam_shed_front_colour_gains"]
    assert raw["disabled_by"] == "integration"
    assert raw["entity_category"] == "config"

    button = await asyncio.to_thread(entity, "autofocus")
    await asyncio.to_thread(world.ha.call, "button.press", button)
    await until(lambda: shed.hardware.applied == [{"AfTrigger": "Start"}], "autofocus")

    button = await asyncio.to_thread(entity, "full_snapshot")
    await asyncio.to_thread(world.ha.call, "button.press", button)
    image = await asyncio.to_thread(entity, "last_snapshot")
    await until(lambda: world.ha.picture(image) == _LARGE, "the full picture")


async def test_a_reading_is_unknown_while_no_frames_come(world: World, shed: Shed) -> None:
    lux = await asyncio.to_thread(world.entity, "measured_lux", "shed_front")
    await until(lambda: world.ha.states()[lux]["state"] == "400.5", "a reading")
    shed.device.set_enabled(False)
    await until(lambda: world.ha.states()[lux]["state"] == "unknown", "no reading")


async def test_a_daemon_that_has_just_begun_knows_no_reading_yet(world: World, shed: Shed) -> None:
    """Home Assistant has the sensors of the run before, and the state has no such key until frames have told."""
    camera = shed.device.camera
    lux = await asyncio.to_thread(world.entity, "measured_lux", "shed_front")
    await until(lambda: world.ha.states()[lux]["state"] == "400.5", "a reading")
    await camera.stop()
    state = state_of(camera_entities(shed.device), shed.device)
    early = {key: value for key, value in state.items() if not key.startswith("measured_")}
    world.rig.client.publish("mqttcam/shed/front/state", json.dumps(early), retain=True)
    await until(lambda: world.ha.states()[lux]["state"] == "unknown", "no reading")
