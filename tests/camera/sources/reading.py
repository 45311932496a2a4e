"""Frames and failures of a source under test."""

from __future__ import annotations

import time

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceError
from tests.support.waiting import PATIENCE


def frame_of(camera: Source, timeout: float = PATIENCE) -> Frame:
    """The next frame."""
    frame = camera.read(timeout)
    assert frame is not None
    return frame


def failure_of(camera: Source, timeout: float = PATIENCE) -> str:
    """Return the error that a read raises eventually."""
    end = time.monotonic() + timeout
    try:
        while time.monotonic() < end:
            camera.read(0.1)
    except SourceError as error:
        return str(error)
    raise AssertionError("no failure")
