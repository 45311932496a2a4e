"""A driver that hangs while cameras are looked for holds one thread, however often they are looked for."""

from __future__ import annotations

import threading

import pytest

from mqttcam.camera.sources import AttachedCamera
from mqttcam.web.camera_search import CameraSearch
from mqttcam.web.errors import ApiError


async def test_a_driver_that_hangs() -> None:
    released = threading.Event()

    def find() -> list[AttachedCamera]:
        released.wait()
        return []

    hanging = CameraSearch(find, within=0.05)
    before = threading.active_count()
    for _ in range(5):
        with pytest.raises(ApiError) as caught:
            await hanging.cameras()
        assert (caught.value.status, caught.value.code) == (503, "unavailable")
    assert threading.active_count() <= before + 1
    released.set()
    hanging.stop()


async def test_it_answers_again() -> None:
    search = CameraSearch()
    for _ in range(2):
        assert {"type": "test_pattern"} in [camera.source for camera in await search.cameras()]
    search.stop()
