"""Test pictures of real sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from mqttcam.camera.trial import TrialFailed
from mqttcam.setup.answers import InvalidAnswer
from mqttcam.setup.cameras import find_cameras, take_picture
from tests.camera.sources.camera_process import CameraProcess, http_camera_command
from tests.support.pictures import jpeg_folder
from tests.support.waiting import HOST, free_port


async def test_a_network_camera(tmp_path: Path) -> None:
    jpeg_folder(tmp_path, count=2, width=320, height=240)
    camera = CameraProcess(*http_camera_command(tmp_path, "plain", "viewer", "secret"))
    try:
        url = f"http://{HOST}:{camera.port}/stream"
        picture = await take_picture({"type": "url", "url": url, "username": "viewer", "password": "secret"})
        assert (picture.width, picture.height) == (320, 240)
        with pytest.raises(TrialFailed, match="401"):
            await take_picture({"type": "url", "url": url})
    finally:
        camera.kill()


async def test_a_camera_that_is_not_there() -> None:
    with pytest.raises(TrialFailed, match="refused"):
        await take_picture({"type": "url", "url": f"http://{HOST}:{free_port()}/"})
    with pytest.raises(TrialFailed, match=r"/dev/no-camera does not exist|videodev2"):
        await take_picture({"type": "v4l2", "device": "/dev/no-camera"})


async def test_the_test_picture() -> None:
    picture = await take_picture({"type": "test_pattern"}, "320x240")
    assert (picture.width, picture.height) == (320, 240)


async def test_what_is_no_source() -> None:
    with pytest.raises(InvalidAnswer, match="type"):
        await take_picture({"type": "film"})


def test_the_test_picture_is_not_among_the_cameras_of_this_machine() -> None:
    assert "test_pattern" not in [camera.source["type"] for camera in find_cameras()]
