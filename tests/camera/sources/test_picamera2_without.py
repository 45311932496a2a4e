"""What the picamera2 source does without picamera2; with it, see tests/virtual_pi."""

from __future__ import annotations

import errno
import importlib.util
import itertools
import re

import pytest

from mqttcam.camera.metadata_fields import METADATA_FIELDS, fields_in
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2 import PiCamera, attached
from mqttcam.camera.sources.picamera2.failures import in_words, is_busy, is_memory
from mqttcam.camera.sources.picamera2.memory import StreamConfig, stream_configs
from mqttcam.camera.sources.picamera2.selection import find
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.settings.sources.picamera2 import Picamera2Source
from mqttcam.text import as_root

_CAMERAS = [
    {"Id": "/base/i2c/imx708@1a", "Model": "imx708"},
    {"Id": "/base/i2c/imx219@10", "Model": "imx219"},
]


@pytest.mark.skipif(importlib.util.find_spec("picamera2") is not None, reason="it is installed here")
def test_missing_picamera2_is_said_with_what_to_do() -> None:
    camera = PiCamera(CameraSettings(source=Picamera2Source()), Wakeup())
    command = as_root("apt install python3-picamera2")
    with pytest.raises(SourceError, match=re.escape(f"not installed; on Raspberry Pi OS: {command}, and")):
        camera.open()
    camera.close()
    assert attached() == []


def test_plans_take_buffers_before_pixels() -> None:
    assert stream_configs((1920, 1080), 6)[:5] == [
        StreamConfig((1920, 1080), 6),
        StreamConfig((1920, 1080), 3),
        StreamConfig((1920, 1080), 2),
        StreamConfig((1440, 810), 2),
        StreamConfig((1080, 608), 2),
    ]
    assert all(
        width % 2 == height % 2 == 0 and width >= 320
        for (width, height), _ in map(parts, stream_configs((4056, 3040), 4))
    )


def parts(config: StreamConfig) -> tuple[tuple[int, int], int]:
    return config.size, config.buffers


@pytest.mark.parametrize(("wanted", "index"), [(0, 0), (1, 1), ("imx219", 1), ("/base/i2c/imx708@1a", 0)])
def test_camera_by_number_model_or_id(wanted: int | str, index: int) -> None:
    assert find(wanted, _CAMERAS) == index


def test_two_cameras_of_one_model_need_their_ids() -> None:
    twins = [{"Id": "a", "Model": "imx708"}, {"Id": "b", "Model": "imx708"}]
    with pytest.raises(
        SourceError, match="2 cameras imx708; use an id: 0: imx708 \\(a\\), 1: imx708 \\(b\\)"
    ):
        find("imx708", twins)


def nested(*errors: Exception) -> Exception:
    """The last of a chain, each the cause of the next."""
    for inner, outer in itertools.pairwise(errors):
        outer.__cause__ = inner
    return errors[-1]


def test_innermost_cause_is_told() -> None:
    error = nested(
        OSError(errno.EIO, "i2c\nfailed"), RuntimeError("Failed to initialize"), RuntimeError("Camera")
    )
    assert in_words(error) == "[Errno 5] i2c failed"
    assert in_words(ValueError()) == "ValueError"


@pytest.mark.parametrize(
    ("error", "busy", "memory"),
    [
        (
            nested(RuntimeError("Failed to acquire camera: Device or resource busy"), RuntimeError("x")),
            True,
            False,
        ),
        (nested(OSError(errno.EBUSY, "whatever"), RuntimeError("x")), True, False),
        (RuntimeError("Failed to start camera: Cannot allocate memory"), False, True),
        (nested(OSError(errno.ENOMEM, "whatever"), RuntimeError("x")), False, True),
        (RuntimeError("failed to allocate capture buffers for stream 0"), False, True),
        (RuntimeError("Configuration failed"), False, False),
    ],
)
def test_kinds_of_failure(error: Exception, busy: bool, memory: bool) -> None:
    assert (is_busy(error), is_memory(error)) == (busy, memory)


def test_readings_are_those_that_the_camera_reports() -> None:
    metadata = {"ExposureTime": 9992, "AnalogueGain": 1.23456, "Lux": 401.26, "AfState": 2, "FocusFoM": 812}
    found = {reading.name: reading.value(metadata) for reading in fields_in(metadata)}
    assert found == {
        "ExposureTime": 9992,
        "AnalogueGain": 1.23,
        "Lux": 401.3,
        "AfState": "Focused",
        "FocusFoM": 812,
    }
    assert METADATA_FIELDS[0].value({}) is None
