"""A picture of a camera that does not run."""

from __future__ import annotations

import asyncio
import threading

import pytest

from mqttcam.camera.capture import Capture
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import SourceInfo
from mqttcam.camera.sources.test_pattern.source import TestPattern
from mqttcam.camera.trial import TrialFailed, try_camera
from mqttcam.settings import CameraSettings
from tests.support.waiting import PATIENCE

PATTERN = CameraSettings.model_validate(
    {"source": {"type": "test_pattern"}, "size": "640x480", "enabled": False}
)


async def test_a_picture_with_what_the_camera_says() -> None:
    trial = await try_camera("new", PATTERN, PictureSpec(80, 320), PATIENCE)
    assert (trial.picture.width, trial.picture.height) == (320, 240)
    assert (trial.width, trial.height, trial.model, trial.remark) == (640, 480, "Test pattern", None)


async def test_a_camera_that_fails() -> None:
    source = {"source": {"type": "url", "url": "http://127.0.0.1:9/a.jpg", "timeout": 1}}
    nothing = CameraSettings.model_validate(source)
    with pytest.raises(TrialFailed, match="refused"):
        await try_camera("new", nothing, PictureSpec(), PATIENCE)


@pytest.mark.parametrize("leaves", [False, True])
async def test_a_driver_that_hangs_is_remembered(monkeypatch: pytest.MonkeyPatch, leaves: bool) -> None:
    opened, released = threading.Event(), threading.Event()
    really_open = TestPattern.open

    def hang(source: TestPattern) -> SourceInfo:
        opened.set()
        assert released.wait(PATIENCE)
        return really_open(source)

    monkeypatch.setattr(TestPattern, "open", hang)
    stuck: set[Capture] = set()
    trial = asyncio.create_task(
        try_camera("new", PATTERN, PictureSpec(), PATIENCE if leaves else 0.2, stuck=stuck)
    )
    await asyncio.to_thread(opened.wait, PATIENCE)
    if leaves:
        trial.cancel()
    with pytest.raises(asyncio.CancelledError if leaves else TrialFailed):
        await trial
    (capture,) = stuck
    assert not capture.done.done()
    released.set()
    await asyncio.wait_for(asyncio.wrap_future(capture.done), PATIENCE)
