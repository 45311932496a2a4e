"""`PICAMERA2_*`: picamera2's configuration and libcamera's controls."""

from __future__ import annotations

import numpy as np
import pytest

from mqttcam.imaging.raster import oriented_view
from tests.settings.nii_sender.cases import KAFKA, camera, note_of, problem_of, translated


@pytest.mark.parametrize("name", ["PICAMERA2_FORMAT", "PICAMERA2_MAIN_FORMAT", "PICAMERA2_COLOUR_SPACE"])
def test_format_changes_no_jpeg(name: str) -> None:
    assert camera(**{name: "RGB888"}) == camera(**KAFKA)
    assert "no effect" in note_of(name, **{name: "RGB888"})


def test_format_buffers() -> None:
    camera(PICAMERA2_BUFFER_COUNT="2")
    assert note_of("PICAMERA2_BUFFER_COUNT", PICAMERA2_BUFFER_COUNT="2")


def test_format_unknown() -> None:
    """Variables that the reference does not read are not errors."""
    assert camera(PICAMERA2_LORES_SIZE="VGA") == camera(**KAFKA)
    assert "unknown" in note_of("PICAMERA2_LORES_SIZE", PICAMERA2_LORES_SIZE="VGA")


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("0", False), ("false", False)])
def test_transform_flips(text: str, value: bool) -> None:
    found = camera(PICAMERA2_TRANSFORM_HFLIP=text, PICAMERA2_TRANSFORM_VFLIP=text)
    assert (found.hflip, found.vflip) == (value, value)


def test_transform_false_is_noted() -> None:
    assert "any text as true" in note_of("PICAMERA2_TRANSFORM_HFLIP", PICAMERA2_TRANSFORM_HFLIP="false")
    assert "any text" not in note_of("PICAMERA2_TRANSFORM_HFLIP", PICAMERA2_TRANSFORM_HFLIP="0")


def test_transform_neither() -> None:
    assert "neither ON nor OFF" in problem_of(PICAMERA2_TRANSFORM_VFLIP="perhaps")


def test_transform_rotation() -> None:
    assert camera(PICAMERA2_TRANSFORM_ROTATION="180").rotation == 180
    assert camera(PICAMERA2_TRANSFORM_TRANSPOSE="0") == camera(**KAFKA)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("degrees", [None, "0", "90", "180", "270"])
@pytest.mark.parametrize(("hflip", "vflip"), [(False, False), (True, False), (False, True), (True, True)])
def test_transform_is_that_of_libcamera(
    hflip: bool, vflip: bool, degrees: str | None, transposed: bool
) -> None:
    """libcamera combines them by exclusive or, mirrors, and then transposes."""
    given = {"HFLIP": hflip, "VFLIP": vflip, "TRANSPOSE": transposed}
    variables = {name: "1" for name, value in given.items() if value}
    if degrees is not None:
        variables["ROTATION"] = degrees
    shown = np.arange(6).reshape(2, 3)
    across, down, turn = {"90": (0, 1, 1), "180": (1, 1, 0), "270": (1, 0, 1)}.get(degrees or "", (0, 0, 0))
    shown = shown[:, ::-1] if hflip != across else shown
    shown = shown[::-1] if vflip != down else shown
    shown = shown.T if transposed != turn else shown
    names = {f"PICAMERA2_TRANSFORM_{name}": text for name, text in variables.items()}
    found = oriented_view(np.arange(6).reshape(2, 3), camera(**KAFKA, **names).orientation)
    assert np.array_equal(found, shown)
    assert {note.variable for note in translated(**names).notes} >= names.keys()


def test_a_quarter_turn_keeps_its_name() -> None:
    assert camera(PICAMERA2_TRANSFORM_ROTATION="270").rotation == 270
    with pytest.raises(ValueError, match="rotation"):
        camera(PICAMERA2_TRANSFORM_ROTATION="45", PICAMERA2_TRANSFORM_TRANSPOSE="1")


@pytest.mark.parametrize(
    ("name", "text", "control", "value"),
    [
        ("AWB_MODE", "Tungsten", "AwbMode", "Tungsten"),
        ("AWB_MODE", "tungsten", "AwbMode", "Tungsten"),
        ("AWB_MODE", "2", "AwbMode", "Tungsten"),
        ("AF_MODE", "Continuous", "AfMode", "Continuous"),
        ("NOISE_REDUCTION_MODE", "fast", "NoiseReductionMode", "Fast"),
        ("AE_ENABLE", "false", "AeEnable", False),
        ("AWB_ENABLE", "1", "AwbEnable", True),
        ("COLOUR_GAINS", "(1.5,1.2)", "ColourGains", [1.5, 1.2]),
        ("SCALER_CROP", "(0, 0, 640, 480)", "ScalerCrop", [0, 0, 640, 480]),
        ("AF_WINDOWS", "(0, 0, 640, 480)", "AfWindows", [0, 0, 640, 480]),
        ("FRAME_DURATION_LIMITS", "(100000,200000)", "FrameDurationLimits", [100000, 200000]),
        ("EXPOSURE_TIME", "10000", "ExposureTime", 10000),
        ("BRIGHTNESS", "-0.2", "Brightness", -0.2),
        ("CNN_ENABLE_INPUT_TENSOR", "true", "CnnEnableInputTensor", True),
    ],
)
def test_control_converted(name: str, text: str, control: str, value: object) -> None:
    """`CONTROLS_A_B` is the control `AB`, its value by the control's type, members in any case."""
    found = camera(**{f"PICAMERA2_CONTROLS_{name}": text}).controls
    assert found == {control: value}
    assert type(found[control]) is type(value)


def test_control_unknown_control() -> None:
    line = problem_of(PICAMERA2_CONTROLS_AWB_MOOD="Tungsten")
    assert (
        "PICAMERA2_CONTROLS_AWB_MOOD: AwbMood is not a control (did you mean AwbMode?), allowed: Ae" in line
    )


def test_control_unknown_member() -> None:
    line = problem_of(PICAMERA2_CONTROLS_AWB_MODE="Sunny")
    assert line.startswith("environment: PICAMERA2_CONTROLS_AWB_MODE: 'Sunny' is unknown, allowed: Auto")
    assert line.endswith("Indoor, Daylight, Cloudy, Custom")


@pytest.mark.parametrize(("name", "text"), [("EXPOSURE_TIME", "long"), ("COLOUR_GAINS", "1.5")])
def test_control_wrong_type(name: str, text: str) -> None:
    assert "allowed: " in problem_of(**{f"PICAMERA2_CONTROLS_{name}": text})


def test_frame_rate_new_beats_old() -> None:
    assert camera(PICAMERA2_CONTROLS_FRAME_RATE="5").frame_rate == 5
    assert camera(PICAMERA_FRAMERATE="2.5").frame_rate == 2.5
    both = {"PICAMERA2_CONTROLS_FRAME_RATE": "5", "PICAMERA_FRAMERATE": "30"}
    assert camera(**both).frame_rate == 5
    assert "no effect together with PICAMERA2_CONTROLS_FRAME_RATE" in note_of("PICAMERA_FRAMERATE", **both)


@pytest.mark.parametrize("rate", ["PICAMERA2_CONTROLS_FRAME_RATE", "PICAMERA_FRAMERATE"])
@pytest.mark.parametrize("limits", ["PICAMERA2_CONTROLS_FRAME_DURATION_LIMITS", "PICAMERA_FRAMERATE_RANGE"])
def test_frame_rate_beats_its_limits(rate: str, limits: str) -> None:
    """It becomes FrameDurationLimits, and replaces an existing one."""
    both = {rate: "5", limits: "(33333,33333)"}
    assert (camera(**both).frame_rate, camera(**both).controls) == (5, {})
    assert f"no effect together with {rate}" in note_of(limits, **both)
