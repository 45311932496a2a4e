"""The camera that the settings mean, among those that libcamera finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mqttcam.camera.source import SourceError


def find(wanted: int | str, attached: Sequence[Any]) -> int:
    """Return the index of a camera in `Picamera2.global_camera_info()`, which is what the constructor takes.

    Raises:
        SourceError: there is no such camera, or more than one.
    """
    if not attached:
        raise SourceError("no camera is attached; check its cable, and dtoverlay in config.txt")
    if isinstance(wanted, int):
        if wanted < len(attached):
            return wanted
        raise SourceError(f"there is no camera number {wanted}; attached: {_names(attached)}")
    for key in ("Id", "Model"):
        matches = [index for index, info in enumerate(attached) if info.get(key) == wanted]
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise SourceError(f"there are {len(matches)} cameras {wanted}; use an id: {_names(attached)}")
    raise SourceError(f"there is no camera {wanted}; attached: {_names(attached)}")


def _names(attached: Sequence[Any]) -> str:
    return ", ".join(
        f"{index}: {info.get('Model', '?')} ({info['Id']})" for index, info in enumerate(attached)
    )
