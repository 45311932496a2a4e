"""When the video of a source must not be passed on."""

from __future__ import annotations

from typing import Any

import pytest

from mqttcam.camera.video_packet import VideoOffer
from mqttcam.settings import CameraSettings
from mqttcam.video.choice import must_be_encoded

MASK = {"privacy": [{"points": [[0, 0], [1, 0], [1, 1]]}]}


@pytest.mark.parametrize("encoder", ["copy", "picamera2"])
@pytest.mark.parametrize(
    ("keys", "unless_oriented"),
    [
        ({}, False),
        (MASK, True),
        ({"overlay": True}, True),
        ({"rotation": 90}, False),
        ({"hflip": True}, False),
        ({"rotation": 270, **MASK}, True),
    ],
)
def test_video_of_a_picture_that_is_changed_is_encoded(
    encoder: Any, keys: dict[str, Any], unless_oriented: bool
) -> None:
    settings = CameraSettings.model_validate({"source": {"type": "test_pattern"}, **keys})
    offer = VideoOffer(encoder, "h264", 640, 480)
    assert must_be_encoded(settings, offer) == bool(keys)
    oriented = VideoOffer(encoder, "h264", 640, 480, is_oriented=True)
    assert must_be_encoded(settings, oriented) == unless_oriented
