"""The log of sources: a line names the camera whose thread writes it, as `camera front: …`.

A source does not know its camera, and its lines may come from any of its helpers.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any

_camera_id: ContextVar[str] = ContextVar("camera id", default="")


def set_camera(camera_id: str) -> None:
    """Set the camera that this thread works for. A thread that it starts needs a copy of its context."""
    _camera_id.set(camera_id)


def camera_logger(name: str) -> CameraLogger:
    """Return the logger of a module of a source."""
    return CameraLogger(logging.getLogger(name))


class CameraLogger(logging.LoggerAdapter[logging.Logger]):
    """Puts the camera of the present thread, if it works for one, in front of each line."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        """Return what to log instead of `msg`."""
        camera_id = _camera_id.get()
        return (f"camera {camera_id}: {msg}" if camera_id else msg), kwargs
