"""A remote source as its camera's capture thread drives it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceError
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings.cameras import CameraSettings
from mqttcam.settings.sources.test_pattern import TestPatternSource
from tests.support.waiting import PATIENCE


def settings_of(source: Any) -> CameraSettings:
    """A camera's settings with that source."""
    return CameraSettings(source=TestPatternSource()).model_copy(update={"source": source})


@contextmanager
def opened(kind: Any, source: Any) -> Iterator[Source]:
    """The source, open for the block."""
    made: Source = kind(settings_of(source), Wakeup())
    try:
        made.open()
        yield made
    finally:
        made.close()


def next_frame(source: Source, timeout: float = PATIENCE) -> Frame:
    """Return the next frame."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if (frame := source.read(0.25)) is not None:
            return frame
    raise AssertionError("no frame came")


def failure(source: Source, timeout: float = PATIENCE) -> str:
    """Return the error that the source raises."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            source.read(0.25)
        except SourceError as error:
            return str(error)
    raise AssertionError("it did not fail")
