"""The supervised camera on a network camera that is killed, stalled and started again: it recovers by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.sources.url import source as url_source
from mqttcam.camera.status import CameraStatus
from mqttcam.camera.timing import Timing
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.url import UrlSource
from tests.camera.sources.conftest import StartCamera
from tests.support.cameras import failed, running
from tests.support.waiting import PATIENCE, until


@pytest.fixture
async def cameras() -> AsyncIterator[list[Camera]]:
    """Cameras to stop at the end."""
    started: list[Camera] = []
    yield started
    for camera in started:
        await camera.stop()


async def watched(cameras: list[Camera], url: str) -> Camera:
    source = UrlSource(url=url, timeout=1, interval=0.1)  # type: ignore[arg-type]
    camera = Camera("front", CameraSettings(source=source))
    cameras.append(camera)
    camera.start()
    await running(camera)
    return camera


@pytest.mark.parametrize("path", ["/stream", "/snapshot.jpg"])
async def test_killed_and_started_again(http_camera: StartCamera, cameras: list[Camera], path: str) -> None:
    server = http_camera()
    camera = await watched(cameras, f"http://127.0.0.1:{server.port}{path}")
    server.kill()
    await failed(camera)
    assert camera.last_error
    http_camera(port=server.port)
    await running(camera)
    assert (await camera.take_snapshot(PictureSpec(), timeout=60)).width == 320


async def test_stalled_and_going_on(http_camera: StartCamera, cameras: list[Camera]) -> None:
    server = http_camera()
    camera = await watched(cameras, f"http://127.0.0.1:{server.port}/stream")
    server.stall()
    await failed(camera)
    assert "does not answer within 1 s" in str(camera.last_error)
    server.go_on()
    await running(camera)


async def test_missing_at_the_start_it_comes_when_it_is_there(
    http_camera: StartCamera, cameras: list[Camera]
) -> None:
    server = http_camera()
    server.kill()
    source = UrlSource(url=f"http://127.0.0.1:{server.port}/stream", timeout=1)  # type: ignore[arg-type]
    camera = Camera("front", CameraSettings(source=source))
    cameras.append(camera)
    camera.start()
    await failed(camera)
    http_camera(port=server.port)
    await running(camera)


@pytest.mark.parametrize("kind", ["auto", "mjpeg"])
async def test_a_timeout_longer_than_the_watchdog_s_holds(
    http_camera: StartCamera, cameras: list[Camera], kind: str
) -> None:
    server = http_camera()
    server.stall()
    source = UrlSource(url=f"http://127.0.0.1:{server.port}/stream", kind=kind, timeout=60)  # type: ignore[arg-type]
    camera = Camera("front", CameraSettings(source=source), timing=Timing(open_timeout=0.5, tick=0.1))
    cameras.append(camera)
    seen: list[CameraStatus] = []
    camera.add_listener(lambda: seen.append(camera.status))
    camera.start()
    capture = await until(lambda: camera._supervisor.capture)
    await until(lambda: time.monotonic() > capture.started + 1, "longer than the usual time to open")
    server.go_on()
    await running(camera)
    assert CameraStatus.FAILED not in seen


async def test_stopping_takes_no_time_while_it_is_stalled(
    http_camera: StartCamera, cameras: list[Camera]
) -> None:
    server = http_camera()
    camera = await watched(cameras, f"http://127.0.0.1:{server.port}/stream")
    server.stall()
    async with asyncio.timeout(PATIENCE):
        await camera.stop()


@pytest.mark.parametrize("kind", ["auto", "snapshot"])
async def test_a_long_interval_between_snapshots_is_no_silence(http_camera: StartCamera, kind: str) -> None:
    server = http_camera()
    address = f"http://127.0.0.1:{server.port}/snapshot.jpg"
    source = UrlSource(url=address, kind=kind, timeout=1, interval=3600)  # type: ignore[arg-type]
    camera = url_source.UrlCamera(CameraSettings(source=source), Wakeup(), silence=0.1)
    try:
        info = camera.open()
        assert info.frame_rate == 1 / 3600
        assert camera.read(1) is not None
        assert camera.read(1.3) is None
    finally:
        camera.close()
