"""Camera devices, one never opened and one running, and observers of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.control import Control
from mqttcam.camera.frame import Picture
from mqttcam.camera.source import SourceInfo
from mqttcam.camera.status import CameraStatus
from mqttcam.devices.build import build_device
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.node import Daemon
from mqttcam.devices.observer import CameraObserver, NodeObserver
from mqttcam.devices.store import Store
from mqttcam.settings import CameraSettings
from tests.support.waiting import PATIENCE

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
    """A camera with its stored values, not started."""

    def make(camera_id: str = "front", **settings: Any) -> CameraDevice:
        return build_device(camera_id, camera_settings(**settings), store)

    return make


@pytest.fixture
async def device(make_device: MakeDevice) -> CameraDevice:
    return make_device()


@pytest.fixture
async def running(device: CameraDevice) -> AsyncIterator[CameraDevice]:
    """A camera that delivers frames."""
    device.camera.start()
    async with asyncio.timeout(PATIENCE):
        await device.camera.until(lambda: device.camera.status is CameraStatus.RUNNING)
    yield device
    await device.camera.stop()


class Recorder(CameraObserver):
    """Records what a camera device reports, and refuses snapshots if it has a `problem`."""

    dropped_frames = 0
    max_snapshot_bytes: int | None = None

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem
        self.changes = 0
        self.events: list[Mapping[str, object]] = []
        self.snapshots: list[tuple[Picture, str | None]] = []
        self.motion_pictures: list[Picture] = []
        self.photos: list[Mapping[str, object]] = []
        self.series_pictures: list[tuple[str, Picture]] = []

    def changed(self) -> None:
        self.changes += 1

    def event(self, event: Mapping[str, object]) -> None:
        self.events.append(event)

    def motion_picture(self, picture: Picture) -> None:
        self.motion_pictures.append(picture)

    def photo(self, meta: Mapping[str, object]) -> None:
        self.photos.append(meta)

    def series_picture(self, series: str, picture: Picture) -> None:
        self.series_pictures.append((series, picture))

    async def snapshot(self, picture: Picture, request_id: str | None) -> None:
        if self.problem is not None:
            raise self.problem
        self.snapshots.append((picture, request_id))


class Failing(CameraObserver):
    """Raises at every change and event."""

    def changed(self) -> None:
        raise RuntimeError("a bug")

    def event(self, event: Mapping[str, object]) -> None:
        raise RuntimeError("a bug")


def opened(device: CameraDevice, *controls: Control) -> CameraDevice:
    """Return the camera once its source has reported its controls."""
    device.camera.info = SourceInfo("Test", 320, 240, 10, controls)
    device.camera.controls = {control.key: control for control in controls}
    device.camera.values = {control.key: control.default for control in controls}
    device.camera.status = CameraStatus.RUNNING
    return device


class RecordedDaemon(Daemon):
    """Records what commands request of the process."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def restart(self) -> None:
        self.asked.append("restart")

    async def reload(self) -> None:
        self.asked.append("reload")


class RecordedNode(NodeObserver):
    """Counts the notifications of a node."""

    reconnects = 2

    def __init__(self) -> None:
        self.changes = self.rediscovered = 0

    def changed(self) -> None:
        self.changes += 1

    def rediscover(self) -> None:
        self.rediscovered += 1
