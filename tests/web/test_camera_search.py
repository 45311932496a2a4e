"""A driver that hangs while cameras are looked for holds one thread, however often they are looked for."""

from __future__ import annotations

import threading

import pytest

from mqttcam.camera.sources import AttachedCamera
from mqttcam.web.camera_search import CameraSearch
from mqttcam.web.errors import ApiError
from tests.support.waiting import PATIENCE


async def test_a_driver_that_hangs() -> None:
    released = threading.Event()
    used: list[threading.Thread] = []

    def find() -> list[AttachedCamera]:
        used.append(threading.current_thread())
        released.wait()
        return []

    hanging = CameraSearch(find, within=0.05)
    for _ in range(5):
        with pytest.raises(ApiError) as caught:
            await hanging.cameras()
        assert (caught.value.status, caught.value.code) == (503, "unavailable")
    released.set()
    hanging.stop()
    used[0].join(PATIENCE)
    assert len(set(used)) == 1


async def test_it_answers_again() -> None:
    search = CameraSearch()
    for _ in range(2):
        assert {"type": "test_pattern"} in [camera.source for camera in await search.cameras()]
    search.stop()
