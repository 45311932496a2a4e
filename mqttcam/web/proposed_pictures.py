"""A picture of a camera that is not configured yet, to see whether its settings are right."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from mqttcam.camera.capture import Capture
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.trial import TrialFailed, try_camera
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
        try:
            trial = await try_camera(
                f"{camera_id} (test)",
                settings,
                _PICTURE,
                self._within,
                state_dir=self._state_dir,
                stuck=self._stuck,
            )
        except TrialFailed as error:
            raise ApiError(503, "unavailable", str(error), "source") from None
        finally:
            self._busy = False
        return {
            "ok": True,
            "model": trial.model,
            "width": trial.width,
            "height": trial.height,
            "remark": trial.remark,
            "picture": b64encode(trial.picture.jpeg).decode(),
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
