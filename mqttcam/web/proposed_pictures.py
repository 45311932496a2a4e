"""A picture of a camera that is not configured yet, to see whether its settings are right."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from pathlib import Path

from mqttcam.camera.camera import Camera
from mqttcam.camera.capture import Capture
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.v4l2 import V4l2Source
from mqttcam.web.errors import ApiError

WITHIN = 20.0
"""Seconds that a camera has for its picture."""
_PICTURE = PictureSpec(80, 1280)
_MAX_STUCK = 2
"""Threads of earlier pictures that hang in a driver; each holds memory until it ends."""


class ProposedPictures:
    """Takes one picture at a time; the camera is opened for it, and closed again."""

    def __init__(self, registry: DeviceRegistry, state_dir: Path | None, within: float = WITHIN) -> None:
        self._registry = registry
        self._state_dir = state_dir
        self._within = within
        self._busy = False
        self._stuck: set[Capture] = set()

    async def take(self, camera_id: str, settings: CameraSettings) -> dict[str, object]:
        """Return a picture as JSON, with what the camera says of itself.

        Raises:
            ApiError: the camera is in use or gives no picture, or another picture is being taken.
        """
        self._check_device(settings)
        self._stuck = {capture for capture in self._stuck if not capture.done.done()}
        if self._busy or len(self._stuck) >= _MAX_STUCK:
            raise ApiError(429, "busy", "another test picture is being taken: try again in some seconds")
        self._busy = True
        camera = Camera(
            f"{camera_id} (test)",
            settings.model_copy(update={"enabled": True}),
            state_dir=self._state_dir,
        )
        try:
            return await self._take(camera)
        finally:
            self._busy = False
            await camera.stop()
            self._stuck |= camera.abandoned

    async def _take(self, camera: Camera) -> dict[str, object]:
        camera.start()
        try:
            async with asyncio.timeout(self._within):
                await camera.until(lambda: camera.status is not CameraStatus.STARTING)
                picture = await camera.take_snapshot(_PICTURE, self._within)
        except TimeoutError:
            why = camera.last_error or "no picture came"
            raise ApiError(503, "unavailable", f"{why} (within {self._within:g} s)", "source") from None
        except (CameraUnavailable, SourceError) as error:
            raise ApiError(503, "unavailable", str(error), "source") from None
        info = camera.info
        return {
            "ok": True,
            "model": info.model if info is not None else None,
            "width": camera.stats.width,
            "height": camera.stats.height,
            "remark": camera.last_error,
            "picture": b64encode(picture.jpeg).decode(),
        }

    def _check_device(self, settings: CameraSettings) -> None:
        """Refuse a device that a running camera has open.

        Raises:
            ApiError: one has.
        """
        source = settings.source
        for camera_id, device in self._registry.devices.items():
            other = device.settings.source
            if other.type != source.type or not device.camera.enabled:
                continue
            first = isinstance(source, V4l2Source) and isinstance(other, V4l2Source)
            any_device = first and None in (source.exclusive_device, other.exclusive_device)
            is_same = (
                source.exclusive_device is not None and source.exclusive_device == other.exclusive_device
            )
            if any_device or is_same:
                message = f"{camera_id} uses this camera: its live picture shows it"
                raise ApiError(409, "busy", message, "source")
