"""Cameras for this folder's tests: one that was never opened, and one that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.control import Control
from mqttcam.camera.source import SourceInfo
from mqttcam.camera.status import CameraStatus
from mqttcam.devices.camera import CameraDevice, build_device
from mqttcam.devices.store import Store
from mqttcam.settings import CameraSettings

MakeDevice = Callable[..., CameraDevice]


def camera_settings(**settings: Any) -> CameraSettings:
    """A small test pattern."""
    usual = {"name": "Front", "source": {"type": "test_pattern"}, "size": "64x48", "frame_rate": 25}
    return CameraSettings.model_validate({**usual, **settings})


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "values.json")


@pytest.fixture
async def make_device(store: Store) -> MakeDevice:
    """A camera with what the store has of it; not started."""

    def make(camera_id: str = "front", **settings: Any) -> CameraDevice:
        return build_device(camera_id, camera_settings(**settings), store)

    return make


@pytest.fixture
async def device(make_device: MakeDevice) -> CameraDevice:
    return make_device()


@pytest.fixture
async def running(device: CameraDevice) -> AsyncIterator[CameraDevice]:
    """A camera that gives frames."""
    frames = asyncio.Event()

    def look() -> None:
        if device.camera.status is CameraStatus.RUNNING:
            frames.set()

    device.add_listener(look)
    device.camera.start()
    async with asyncio.timeout(10):
        await frames.wait()
    yield device
    await device.camera.stop()


def opened(device: CameraDevice, *controls: Control) -> CameraDevice:
    """The camera as it is once its source has told its controls."""
    device.camera.info = SourceInfo("Test", 320, 240, 10, controls)
    device.camera.controls = {control.key: control for control in controls}
    device.camera.values = {control.key: control.default for control in controls}
    device.camera.status = CameraStatus.RUNNING
    return device
