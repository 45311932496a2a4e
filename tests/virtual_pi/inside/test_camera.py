"""Recovery of a camera on the real picamera2."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import simplejpeg
from picamera2 import Picamera2

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.sources.picamera2.requests import CompletedRequests
from mqttcam.camera.timing import DEFAULT_TIMING, Timing
from tests.support.cameras import failed, running
from tests.virtual_pi.inside import bridge
from tests.virtual_pi.inside.cameras import BARS, LINES, settings_of, source_of

_TIMEOUT = 15


@pytest.fixture
async def camera(request: pytest.FixtureRequest) -> AsyncIterator[Camera]:
    """A camera at 30 frames per second, not started; its `Timing` can be set by indirect parametrization."""
    with bridge.pace(30):
        timing = getattr(request, "param", DEFAULT_TIMING)
        one = Camera("front", settings_of(BARS, frame_rate=30), timing=timing)
        yield one
        await one.stop()


async def test_snapshot_has_the_configured_size(camera: Camera) -> None:
    camera.start()
    await running(camera)
    picture = await camera.take_snapshot(PictureSpec(), timeout=60)
    assert simplejpeg.decode_jpeg(picture.jpeg).shape == (480, 640, 3)
    assert camera.info is not None
    assert camera.info.model == "virtual-bars"


async def test_failing_callback_of_picamera2_makes_the_camera_start_again(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.start()
    await running(camera)
    with monkeypatch.context() as broken:

        def fail(self: Picamera2, _: object) -> None:
            raise ValueError("a bad callback")

        broken.setattr(Picamera2, "process_requests", fail)
        assert "a bad callback" in await failed(camera)
    await running(camera)
    assert camera.stats.restarts >= 1
    assert camera.last_error is None


@pytest.mark.parametrize("camera", [Timing(min_frame_age=0.5, tick=0.05)], indirect=True)
async def test_stall_is_ended_by_starting_the_stream_again(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.start()
    await running(camera)
    closed: list[Picamera2] = []
    close = Picamera2.close

    def spy(self: Picamera2) -> None:
        closed.append(self)
        close(self)

    monkeypatch.setattr(Picamera2, "close", spy)
    with monkeypatch.context() as leaking:
        # No buffer is given back any more, so that libcamera has none left to fill.
        leaking.setattr(CompletedRequests, "release", lambda self: setattr(self, "_held", None))
        assert "no frame for" in await failed(camera)
    await running(camera)
    assert (closed, camera.stats.restarts, camera.last_error) == ([], 1, None)


async def test_camera_that_is_busy_at_the_start_comes_when_it_is_free(camera: Camera) -> None:
    holder = source_of(BARS)
    holder.open()
    camera.start()
    assert "in use" in await failed(camera)
    holder.close()
    await running(camera)


async def test_camera_that_is_missing_at_the_start_is_opened_once_it_is_attached(
    camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as unplugged:
        unplugged.setattr(Picamera2, "global_camera_info", staticmethod(list))
        camera.start()
        assert "no camera is attached" in await failed(camera)
    await running(camera)


async def test_switched_off_camera_can_be_opened_elsewhere(camera: Camera) -> None:
    camera.start()
    await running(camera)
    camera.set_enabled(False)
    other = source_of(BARS)
    async with asyncio.timeout(_TIMEOUT):
        while True:
            try:
                await asyncio.to_thread(other.open)
                break
            except Exception:  # noqa: BLE001 - until the camera is free
                await asyncio.sleep(0.05)
    await asyncio.to_thread(other.close)
    camera.set_enabled(True)
    await running(camera)


async def test_one_failing_camera_does_not_touch_the_other(camera: Camera) -> None:
    lines = Camera("back", settings_of(LINES, size=None))
    missing = Camera("gone", settings_of("imx477"))
    camera.start()
    lines.start()
    missing.start()
    try:
        await running(camera)
        await running(lines)
        assert "no camera imx477" in await failed(missing)
        assert await camera.take_snapshot(PictureSpec(), timeout=60)
        assert await lines.take_snapshot(PictureSpec(), timeout=60)
    finally:
        await lines.stop()
        await missing.stop()


async def test_controls_are_set_again_after_a_restart(camera: Camera) -> None:
    camera.start()
    await running(camera)
    assert await camera.apply({"frame_rate": 50.0}) == {"frame_rate": 50.0}
    await camera.restart()
    assert camera.values["frame_rate"] == 50.0
