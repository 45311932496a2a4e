"""The status of a camera, and the error of one that is not available."""

from __future__ import annotations

from enum import StrEnum


class CameraStatus(StrEnum):
    """The status of a camera: `off` means switched off, `stopped` that its source has come to its end."""

    STARTING = "starting"
    RUNNING = "running"
    OFF = "off"
    FAILED = "failed"
    STOPPED = "stopped"


WITHOUT_FRAMES = frozenset({CameraStatus.OFF, CameraStatus.FAILED, CameraStatus.STOPPED})
"""No frames come, and none are expected."""


class CameraUnavailable(Exception):
    """The camera gives no pictures and takes no values at the moment; the message says why."""
