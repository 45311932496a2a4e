"""Presets: configured and saved ones, applied whole, and kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.status import CameraStatus
from mqttcam.commands.catalogue import camera_commands
from mqttcam.commands.request import Request
from mqttcam.commands.result import Result
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.build import build_device
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.node import Node
from mqttcam.devices.presets import MAX_SAVED
from mqttcam.devices.store import Store
from mqttcam.home_assistant.discovery import camera_discovery
from mqttcam.mqtt.topics import Topics
from tests.support.devices import MakeDevice, camera_settings

_SETTINGS: Mapping[str, Any] = {
    "controls": {"Contrast": 1.5},
    "presets": {
        "night": {"controls": {"brightness": "0.3", "Contrast": 1.8}},
        "day": {"controls": {"Saturation": 1.2}},
        "wrong": {"controls": {"Brightness": 7}},
        "other": {"controls": {"NoSuch": 7}},
    },
}


@pytest.fixture
async def camera(make_device: MakeDevice) -> AsyncIterator[CameraDevice]:
    device = make_device(**_SETTINGS)
    await start(device)
    yield device
    await device.stop()


async def start(device: CameraDevice) -> None:
    device.camera.start()
    await device.camera.until(lambda: device.camera.status is CameraStatus.RUNNING)


async def ask(device: CameraDevice, command: str, payload: str) -> Result:
    return await CommandRunner(device, camera_commands).run(Request(command, payload.encode()))


def controls(device: CameraDevice) -> tuple[object, ...]:
    return tuple(device.camera.values[key] for key in ("brightness", "contrast", "saturation"))


def shown(device: CameraDevice) -> object:
    return state_of(camera_entities(device), device)["preset"]


async def test_a_preset_sets_its_controls_and_resets_those_of_others(camera: CameraDevice) -> None:
    assert (controls(camera), shown(camera)) == ((0, 1.5, 1), None)
    result = await ask(camera, "preset", "night")
    assert result.error is None
    assert result.changed == {"brightness": 0.3, "contrast": 1.8, "preset": "night"}
    assert (controls(camera), shown(camera)) == ((0.3, 1.8, 1), "night")
    result = await ask(camera, "preset", '{"name": "day", "request_id": "x"}')
    assert result.changed == {"brightness": 0, "contrast": 1.5, "saturation": 1.2, "preset": "day"}
    assert (controls(camera), shown(camera)) == ((0, 1.5, 1.2), "day")


async def test_another_value_deselects_the_preset(camera: CameraDevice) -> None:
    await ask(camera, "preset", "night")
    await CommandRunner(camera, camera_commands).run(Request("set", b'{"speed": 2}'))
    assert shown(camera) == "night", "no preset sets the speed"
    await CommandRunner(camera, camera_commands).run(Request("set", b'{"brightness": 0.1}'))
    assert shown(camera) is None


@pytest.mark.parametrize(
    ("payload", "field", "part"),
    [
        ("dusk", "name", "'dusk' is not one of night, day, wrong, other"),
        ("", "name", "missing"),
        ("wrong", "brightness", "not between"),
        ("other", "NoSuch", "no control"),
    ],
)
async def test_refused_and_nothing_changed(camera: CameraDevice, payload: str, field: str, part: str) -> None:
    await ask(camera, "preset", "night")
    result = await ask(camera, "preset", payload)
    assert result.error is not None
    assert (result.error.code, result.error.field) == ("invalid_value", field)
    assert part in result.error.message
    assert (controls(camera), shown(camera)) == ((0.3, 1.8, 1), "night")


async def test_before_the_camera_has_opened(make_device: MakeDevice) -> None:
    result = await ask(make_device(**_SETTINGS), "preset", "night")
    assert result.error is not None
    assert result.error.code == "unavailable"


async def test_saved_presets_survive_a_restart(camera: CameraDevice, tmp_path: Path) -> None:
    await CommandRunner(camera, camera_commands).run(
        Request("set", b'{"brightness": 0.1, "pattern": "bars"}')
    )
    before = camera.capabilities
    assert (await ask(camera, "save_preset", "evening")).changed == {"preset": "evening"}
    assert camera.capabilities != before, "Home Assistant is sent the new options"
    assert shown(camera) == "evening"
    await ask(camera, "preset", "night")
    again = Store(tmp_path / "values.json")
    again.load()
    device = build_device("front", camera_settings(**_SETTINGS), again)
    await start(device)
    assert device.presets.names == ("night", "day", "wrong", "other", "evening")
    assert (controls(device), shown(device)) == ((0.3, 1.8, 1), "night")
    assert (await ask(device, "preset", "evening")).error is None
    assert controls(device) == (0.1, 1.5, 1)
    await device.stop()


async def test_a_saved_preset_can_be_deleted_and_that_of_the_configuration_is_back(
    camera: CameraDevice, tmp_path: Path
) -> None:
    await CommandRunner(camera, camera_commands).run(Request("set", b'{"brightness": 0.5}'))
    for name in ("evening", "night"):
        await ask(camera, "save_preset", name)
    assert camera.presets.deletable == ("evening", "night")
    before = camera.capabilities
    assert (await ask(camera, "delete_preset", "evening")).changed == {"preset": "night"}
    assert camera.capabilities != before, "Home Assistant is sent the new options"
    for name in ("evening", "day"):
        result = await ask(camera, "delete_preset", name)
        assert result.error is not None, "only what was saved"
        assert (result.error.code, result.error.field) == ("invalid_value", "name")
    assert (await ask(camera, "delete_preset", "night")).changed == {"preset": None}
    assert controls(camera)[0] == 0.5, "controls stay"
    assert camera.presets.names == ("night", "day", "wrong", "other")
    assert camera.presets.values("night")[1] == {"brightness": 0.3, "contrast": 1.8}
    result = await ask(camera, "delete_preset", "night")
    assert result.error is not None, "nothing is saved any more"
    assert result.error.code == "not_supported"
    again = Store(tmp_path / "values.json")
    again.load()
    device = build_device("front", camera_settings(**_SETTINGS), again)
    assert device.presets.names == ("night", "day", "wrong", "other")


async def test_a_configured_preset_can_be_saved_over_until_it_is_edited(
    camera: CameraDevice, tmp_path: Path
) -> None:
    await CommandRunner(camera, camera_commands).run(Request("set", b'{"brightness": 0.5}'))
    await ask(camera, "save_preset", "night")
    again = Store(tmp_path / "values.json")
    again.load()
    device = build_device("front", camera_settings(**_SETTINGS), again)
    await start(device)
    assert device.presets.values("night")[1] == {"contrast": 1.5, "brightness": 0.5}
    await device.stop()
    edited = {**_SETTINGS, "presets": {"night": {"controls": {"Brightness": -0.2}}}}
    device = build_device("front", camera_settings(**edited), again)
    await start(device)
    assert device.presets.values("night")[1] == {"brightness": -0.2}
    await device.stop()


@pytest.mark.parametrize("name", ["", "Night", "a b", "../x", "x" * 65])
async def test_names_that_are_refused(camera: CameraDevice, name: str) -> None:
    result = await ask(camera, "save_preset", name)
    assert result.error is not None
    assert (result.error.code, result.error.field) == ("invalid_value", "name")


async def test_at_most_so_many(camera: CameraDevice) -> None:
    for number in range(MAX_SAVED - 4):
        camera.presets.save(f"p{number}")
    result = await ask(camera, "save_preset", "one-more")
    assert result.error is not None
    assert (await ask(camera, "save_preset", "p1")).error is None, "one that exists is replaced"


@pytest.mark.parametrize("stored", [7, [], {"value": 3}, {"value": {"a": 1}, "configured": {"x": 1}}])
async def test_a_damaged_store_does_not_matter(make_device: MakeDevice, store: Store, stored: object) -> None:
    store._data = {"front": {"presets.night": stored, "preset": stored, "presets.A B": stored}}  # type: ignore[dict-item]
    device = make_device(**_SETTINGS)
    assert device.presets.names == ("night", "day", "wrong", "other")
    assert device.presets.selected is None


async def test_the_select_of_home_assistant(make_device: MakeDevice) -> None:
    def parts(device: CameraDevice) -> Any:
        return camera_discovery(device, Node("yard"), Topics("mqttcam", "yard")).payload()["cmps"]

    select = parts(make_device(**_SETTINGS))["preset"]
    assert (select["p"], list(select["ops"])) == ("select", ["night", "day", "wrong", "other"])
    assert select["cmd_t"] == "mqttcam/yard/front/cmd/preset"
    assert "preset" not in parts(make_device())


async def test_a_camera_without_presets(make_device: MakeDevice) -> None:
    device = make_device()
    result = await ask(device, "preset", "night")
    assert result.error is not None
    assert result.error.code == "unavailable"
    await start(device)
    result = await ask(device, "preset", "night")
    assert result.error is not None
    assert result.error.code == "not_supported"
    assert (await ask(device, "save_preset", "night")).error is None
    assert (await ask(device, "preset", "night")).error is None
    await device.stop()
