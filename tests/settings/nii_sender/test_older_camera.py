"""`PICAMERA_*`: the arguments and properties of the older picamera."""

from __future__ import annotations

import pytest

from mqttcam.camera.frame import Frame
from mqttcam.camera.overlay import Overlay
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
        ("ANNOTATE_TEXT_SIZE", "32"),
        ("ANNOTATE_FRAME_NUM", "perhaps"),
        ("ANNOTATE_FRAME_NUM", "0"),
        ("FRAMERATE_RANGE", "(0,0)"),
        ("NEVER_HEARD_OF", "1"),
    ],
)
def test_never_an_error(name: str, text: str) -> None:
    """The reference ignores all but two of them, so a `.env` with them runs."""
    variable = f"PICAMERA_{name}"
    assert camera(**{variable: text}) == camera(**KAFKA)
    assert "no effect" in note_of(variable, **{variable: text})


def test_annotations() -> None:
    """The text is a text, and stands where picamera has it."""
    found = camera(
        PICAMERA_RESOLUTION="640x480",
        PICAMERA_ANNOTATE_TEXT="Garden 100 % {x}",
        PICAMERA_ANNOTATE_TEXT_SIZE="24",
        PICAMERA_ANNOTATE_FOREGROUND="#ff0000",
        PICAMERA_ANNOTATE_BACKGROUND="black",
        PICAMERA_ANNOTATE_FRAME_NUM="True",
    ).overlay
    assert found is not None
    assert (found.position, found.size, found.colour, found.background) == ("top", 5, "#ff0000", "black")
    frame = Frame(0, 640, 480)
    frame.seq = 12
    assert Overlay(found, "Camera").text(frame) == "Garden 100 % {x} 12"


def test_annotation_of_the_number_alone() -> None:
    found = camera(PICAMERA_ANNOTATE_FRAME_NUM="1").overlay
    assert found is not None
    assert found.text == "{seq}"
    assert camera(PICAMERA_ANNOTATE_TEXT="x" * 300).overlay is not None


@pytest.mark.parametrize(
    ("name", "text"), [("FOREGROUND", "whitish"), ("TEXT_SIZE", "500"), ("TEXT_SIZE", "large"), ("X", "1")]
)
def test_an_annotation_that_cannot_be_is_left_out_in_words(name: str, text: str) -> None:
    given = {"PICAMERA_ANNOTATE_TEXT": "Garden", f"PICAMERA_ANNOTATE_{name}": text}
    assert camera(**given) == camera(PICAMERA_ANNOTATE_TEXT="Garden")
    assert "no effect" in note_of(f"PICAMERA_ANNOTATE_{name}", **given)


def test_the_newer_ones_count() -> None:
    both = {"PICAMERA_AWB_MODE": "sunlight", "PICAMERA2_CONTROLS_AWB_MODE": "Tungsten"}
    assert camera(**both).controls == {"AwbMode": "Tungsten"}
    assert "no effect together with" in note_of("PICAMERA_AWB_MODE", **both)
