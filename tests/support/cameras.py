"""Wait for a camera of this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mqttcam.camera.camera import Camera
from mqttcam.camera.status import CameraStatus
from tests.support.waiting import PATIENCE


async def until(camera: Camera, condition: Callable[[], bool], timeout: float = PATIENCE) -> None:
    """Return once a change of the camera has made `condition` true."""
    try:
        async with asyncio.timeout(timeout):
            await camera.until(condition)
    except TimeoutError:
        raise AssertionError(f"in vain: {camera.id} is {camera.status}: {camera.last_error}") from None


async def running(camera: Camera) -> Camera:
    """Return the camera once frames arrive."""
    await until(camera, lambda: camera.status is CameraStatus.RUNNING)
    return camera


async def failed(camera: Camera, words: str = "") -> str:
    """Return its error once it has failed with one that contains these words."""
    await until(camera, lambda: camera.status is CameraStatus.FAILED and words in (camera.last_error or ""))
    assert camera.last_error is not None
    return camera.last_error
