"""What is still to be done to the frames of a source, and the size that they have then."""

from __future__ import annotations

from typing import Any

import pytest

from mqttcam.camera.adjustment import Adjustment, adjusted_size, adjustment_for
from mqttcam.imaging.orientation import rotation
from mqttcam.settings import CameraSettings


def settings(**keys: Any) -> CameraSettings:
    return CameraSettings.model_validate({"source": {"type": "test_pattern"}, **keys})


@pytest.mark.parametrize(
    ("keys", "size", "adjustment"),
    [
        ({}, (640, 480), None),
        ({"size": "640x480"}, (640, 480), None),
        ({"size": "1280x720"}, (640, 480), None),
        ({"size": "320x200"}, (266, 200), Adjustment(width=320, height=200)),
        ({"rotation": 90}, (480, 640), Adjustment(rotation(90))),
        ({"rotation": 270, "size": "640x480"}, (480, 640), Adjustment(rotation(270))),
        ({"rotation": 90, "size": "320x200"}, (200, 266), Adjustment(rotation(90), 320, 200)),
        ({"rotation": 180, "hflip": True, "vflip": True}, (640, 480), None),
    ],
)
def test_size(keys: dict[str, Any], size: tuple[int, int], adjustment: Adjustment | None) -> None:
    assert adjusted_size(settings(**keys), 640, 480) == size
    assert adjustment_for(settings(**keys), 640, 480) == adjustment
    wanted = Adjustment.from_settings(settings(**keys)) or Adjustment()
    assert wanted.keeps(640, 480) == (adjustment is None)
