"""Sources on the virtual cameras, and their settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mqttcam.camera.sources.picamera2 import PiCamera
from mqttcam.camera.sources.picamera2.library import LOCK_TIMEOUT
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings, parse_size
from mqttcam.settings.sources.picamera2 import Picamera2Source

BARS, LINES = "Virtual0", "Virtual1"
OpenCamera = Callable[..., PiCamera]


def settings_of(camera: int | str = BARS, *, size: str | None = "640x480", **more: Any) -> CameraSettings:
    """Return the settings of a camera; fields of `Picamera2Source` go to its source, the others to the camera."""
    source = {name: more.pop(name) for name in list(more) if name in Picamera2Source.model_fields}
    return CameraSettings(
        source=Picamera2Source(camera=camera, **source), size=parse_size(size) if size else None, **more
    )


def source_of(camera: int | str = BARS, *, lock_timeout: float = LOCK_TIMEOUT, **more: Any) -> PiCamera:
    """Return a source that is not open yet."""
    return PiCamera(settings_of(camera, **more), Wakeup(), lock_timeout=lock_timeout)
