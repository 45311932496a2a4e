"""Which changes of a camera's settings apply while it runs."""

from __future__ import annotations

from typing import Any

import pytest

from mqttcam.run.cameras import must_be_reopened
from mqttcam.settings import CameraSettings


def settings(encoder: str, **source: Any) -> CameraSettings:
    return CameraSettings.model_validate({"source": {"type": "v4l2"} | source, "video": {"encoder": encoder}})


@pytest.mark.parametrize(
    ("source", "before", "after", "expected"),
    [
        ({}, "auto", "copy", True),
        ({}, "copy", "libx264", True),
        ({}, "auto", "libx264", False),
        ({"format": "h264"}, "auto", "copy", False),
        ({"type": "test_pattern"}, "auto", "copy", False),
    ],
)
def test_a_usb_camera_is_reopened_for_another_format(
    source: dict[str, Any], before: str, after: str, expected: bool
) -> None:
    assert must_be_reopened(settings(before, **source), settings(after, **source)) is expected
