"""`PICAMERA_*`: the arguments and properties of the older picamera."""

from __future__ import annotations

import pytest

from mqttcam.settings.nii_sender.controls import CONTROL_KINDS
from tests.settings.nii_sender.cases import KAFKA, camera, note_of


@pytest.mark.parametrize(
    ("name", "text", "control", "value"),
    [
        ("AWB_MODE", "sunlight", "AwbMode", "Daylight"),
        ("AWB_MODE", "fluorescent", "AwbMode", "Fluorescent"),
        ("AWB_MODE", "off", "AwbEnable", False),
        ("AWB_GAINS", "(1.5,1.2)", "ColourGains", [1.5, 1.2]),
        ("ISO", "400", "AnalogueGain", 4.0),
        ("ISO", "0", "AnalogueGain", 0.0),
        ("EXPOSURE_COMPENSATION", "-12", "ExposureValue", -2.0),
        ("EXPOSURE_MODE", "night", "AeExposureMode", "Long"),
        ("EXPOSURE_MODE", "sports", "AeExposureMode", "Short"),
        ("EXPOSURE_MODE", "off", "AeEnable", False),
        ("METER_MODE", "spot", "AeMeteringMode", "Spot"),
        ("SHUTTER_SPEED", "20000", "ExposureTime", 20000),
        ("BRIGHTNESS", "50", "Brightness", 0.0),
        ("BRIGHTNESS", "75", "Brightness", 0.5),
        ("CONTRAST", "-100", "Contrast", 0.0),
        ("SATURATION", "50", "Saturation", 1.5),
        ("SHARPNESS", "0", "Sharpness", 1.0),
        ("IMAGE_DENOISE", "false", "NoiseReductionMode", "Off"),
        ("VIDEO_DENOISE", "true", "NoiseReductionMode", "Fast"),
        ("FRAMERATE_RANGE", "(5,10)", "FrameDurationLimits", [100000, 200000]),
        ("COLOR_EFFECTS", "(128,128)", "Saturation", 0.0),
    ],
)
def test_equals(name: str, text: str, control: str, value: object) -> None:
    assert camera(**{f"PICAMERA_{name}": text}).controls == {control: value}
    assert control in CONTROL_KINDS


def test_the_camera_itself() -> None:
    found = camera(
        PICAMERA_HFLIP="true", PICAMERA_VFLIP="false", PICAMERA_ROTATION="180", PICAMERA_CAMERA_NUM="1"
    )
    assert (found.hflip, found.vflip, found.rotation) == (True, False, 180)
    assert found.source.model_dump()["camera"] == 1
    assert camera(PICAMERA_ROTATION="90").rotation == 90


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ISO", "auto"),
        ("AWB_MODE", "purple"),
        ("ROTATION", "45"),
        ("LED", "true"),
        ("ZOOM", "(0,0,1,1)"),
        ("ANNOTATE_TEXT", "Hello"),
        ("FRAMERATE_RANGE", "(0,0)"),
        ("NEVER_HEARD_OF", "1"),
    ],
)
def test_never_an_error(name: str, text: str) -> None:
    """The reference ignores all but two of them, so a `.env` with them runs."""
    variable = f"PICAMERA_{name}"
    assert camera(**{variable: text}) == camera(**KAFKA)
    assert "no effect" in note_of(variable, **{variable: text})


def test_the_newer_ones_count() -> None:
    both = {"PICAMERA_AWB_MODE": "sunlight", "PICAMERA2_CONTROLS_AWB_MODE": "Tungsten"}
    assert camera(**both).controls == {"AwbMode": "Tungsten"}
    assert "no effect together with" in note_of("PICAMERA_AWB_MODE", **both)
