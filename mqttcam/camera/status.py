"""What a camera does, and the refusal of one that does nothing."""

from __future__ import annotations

from enum import StrEnum


class CameraStatus(StrEnum):
    """What a camera does: `off` is switched off, `stopped` has come to its end."""

    STARTING = "starting"
    RUNNING = "running"
    OFF = "off"
    FAILED = "failed"
    STOPPED = "stopped"


WITHOUT_FRAMES = frozenset({CameraStatus.OFF, CameraStatus.FAILED, CameraStatus.STOPPED})
"""None come, and none are about to."""


class CameraUnavailable(Exception):
    """The camera gives no pictures and takes no values now; the message says why."""
