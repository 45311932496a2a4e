"""Fixtures of the tests inside the chroot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mqttcam.camera.sources.picamera2 import PiCamera
from tests.virtual_pi.inside import bridge
from tests.virtual_pi.inside.cameras import BARS, OpenCamera, source_of

assert bridge  # before anything loads picamera2


@pytest.fixture
def opened() -> Iterator[OpenCamera]:
    """Return a function that opens sources; each is closed after the test."""
    sources: list[PiCamera] = []

    def open_one(camera: int | str = BARS, **more: Any) -> PiCamera:
        source = source_of(camera, **more)
        sources.append(source)
        source.open()
        return source

    yield open_one
    for source in sources:
        source.close()
