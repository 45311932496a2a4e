"""Presets that configure the camera besides its controls."""

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
from mqttcam.devices.store import Store
from tests.support.devices import MakeDevice, camera_settings

_SETTINGS: Mapping[str, Any] = {
    "presets": {
        "large": {"size": "128x96", "controls": {"Contrast": 1.8}},
        "small": {"size": "32x24"},
        "day": {"controls": {"Contrast": 1.2}},
        "wrong": {"size": "32x24", "controls": {"Contrast": 700}},
    },
}


@pytest.fixture
async def camera(make_device: MakeDevice) -> AsyncIterator[CameraDevice]:
    device = await started(make_device(**_SETTINGS))
    yield device
    await device.stop()


async def started(device: CameraDevice) -> CameraDevice:
    device.camera.start()
    await device.camera.until(lambda: device.camera.status is CameraStatus.RUNNING)
    return device


async def ask(device: CameraDevice, command: str, payload: str) -> Result:
    return await CommandRunner(device, camera_commands).run(Request(command, payload.encode()))


def stored(tmp_path: Path) -> Store:
    store = Store(tmp_path / "values.json")
    store.load()
    return store


async def test_a_preset_has_its_size_and_the_next_one_the_cameras(camera: CameraDevice) -> None:
    assert camera.size == (64, 48)
    result = await ask(camera, "preset", "large")
    assert result.error is None
    assert (camera.size, camera.camera.values["contrast"]) == ((128, 96), 1.8)
    assert (await ask(camera, "preset", "small")).error is None
    assert camera.size == (32, 24)
    assert (await ask(camera, "preset", "day")).error is None
    assert (camera.size, camera.camera.values["contrast"]) == ((64, 48), 1.2)


async def test_the_camera_stays_open_if_nothing_has_to_be_opened(camera: CameraDevice) -> None:
    await ask(camera, "preset", "large")
    info = camera.camera.info
    await ask(camera, "preset", "large")
    assert camera.camera.info is info


async def test_the_size_stays_when_a_control_is_set_by_hand(camera: CameraDevice) -> None:
    await ask(camera, "preset", "large")
    await CommandRunner(camera, camera_commands).run(Request("set", b'{"contrast": 1}'))
    assert camera.presets.selected is None
    assert camera.size == (128, 96)


async def test_a_preset_whose_controls_are_refused_leaves_the_size(camera: CameraDevice) -> None:
    await ask(camera, "preset", "large")
    result = await ask(camera, "preset", "wrong")
    assert result.error is not None
    assert result.error.field == "contrast"
    assert (camera.size, camera.presets.selected) == ((128, 96), "large")


async def test_a_configuration_that_cannot_be_opened_is_undone(
    make_device: MakeDevice, tmp_path: Path
) -> None:
    (tmp_path / "frames.i420").write_bytes(bytes(64 * 48 * 3 // 2))
    source = {"type": "file", "path": str(tmp_path / "frames.i420"), "format": "yuv420"}
    device = await started(make_device(source=source, presets={"large": {"size": "640x480"}}))
    result = await ask(device, "preset", "large")
    assert result.error is not None
    assert result.error.code == "unavailable"
    await device.camera.until(lambda: device.camera.status is CameraStatus.RUNNING)
    assert (device.size, device.presets.selected) == ((64, 48), None)
    await device.stop()


async def test_switched_off_it_keeps_its_configuration(camera: CameraDevice) -> None:
    camera.set_enabled(False)
    result = await ask(camera, "preset", "large")
    assert result.error is not None
    assert result.error.code == "unavailable"
    camera.set_enabled(True)
    await camera.camera.until(lambda: camera.camera.status is CameraStatus.RUNNING)
    assert camera.size == (64, 48)


async def test_it_survives_a_restart_until_it_is_edited(camera: CameraDevice, tmp_path: Path) -> None:
    await ask(camera, "preset", "large")
    device = await started(build_device("front", camera_settings(**_SETTINGS), stored(tmp_path)))
    assert (device.size, device.presets.selected) == ((128, 96), "large")
    await device.stop()
    edited = {"presets": {"large": {"size": "256x192"}}}
    device = await started(build_device("front", camera_settings(**edited), stored(tmp_path)))
    assert device.size == (256, 192)
    await device.stop()
    device = await started(build_device("front", camera_settings(), stored(tmp_path)))
    assert device.size == (64, 48)
    await device.stop()


async def test_a_saved_preset_has_the_configuration_of_that_moment(
    camera: CameraDevice, tmp_path: Path
) -> None:
    await ask(camera, "preset", "large")
    await ask(camera, "save_preset", "mine")
    await ask(camera, "preset", "small")
    await ask(camera, "save_preset", "day")
    assert (await ask(camera, "preset", "mine")).error is None
    assert camera.size == (128, 96)
    device = await started(build_device("front", camera_settings(**_SETTINGS), stored(tmp_path)))
    assert device.size == (128, 96)
    assert (await ask(device, "preset", "day")).error is None
    assert device.size == (32, 24)
    await device.stop()


async def test_a_reload_of_presets_keeps_the_camera_open(camera: CameraDevice) -> None:
    await ask(camera, "preset", "large")
    info = camera.camera.info
    more = camera_settings(presets={**_SETTINGS["presets"], "huge": {"size": "320x240"}})
    assert camera.can_configure(more)
    camera.configure(more)
    assert camera.camera.info is info
    assert "huge" in camera.presets.names
    assert camera.settings == more
    assert (await ask(camera, "preset", "huge")).error is None
    assert camera.size == (320, 240)


async def test_a_reload_that_changes_what_is_open_opens_it_again(camera: CameraDevice) -> None:
    await ask(camera, "preset", "large")
    assert not camera.can_configure(camera_settings(presets={"large": {"size": "320x240"}}))
    assert not camera.can_configure(camera_settings())
    assert not camera.can_configure(camera_settings(**_SETTINGS, rotation=90))
