"""The controls of a Camera Module 3, with libcamera's own ids; libcamera itself converts every value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import libcamera
import pytest
from picamera2.request import CompletedRequest

from mqttcam.camera.control import Control
from mqttcam.camera.sources.picamera2 import PiCamera
from mqttcam.camera.sources.picamera2.controls import validate_controls
from mqttcam.values import Choice, InvalidValue, Number, Rectangle, Switch
from tests.virtual_pi.inside import bridge
from tests.virtual_pi.inside.cameras import LINES, OpenCamera

_FULL = (0, 0, 4608, 2592)


@pytest.fixture
def source(opened: OpenCamera) -> Iterator[PiCamera]:
    """A camera with the controls of a Camera Module 3, at 15 frames per second."""
    with bridge.offering(bridge.module_3()):
        yield opened(frame_rate=15)


def controls_of(source: PiCamera) -> dict[str, Control]:
    return {control.name: control for control in source._opened().table.controls}


def sent(source: PiCamera) -> dict[str, Any]:
    """Return the controls that libcamera gets with the next request, after its own conversion."""
    waiting = source._camera.controls.get_libcamera_controls()
    request = source._camera.camera.create_request(0)
    for id_, value in waiting.items():
        request.set_control(id_, value)
    for _ in range(8):
        assert source.read(2) is not None
    assert source._camera.controls.get_libcamera_controls() == {}, "all of it was taken"
    return {
        id_.name: value.to_tuple() if isinstance(value, libcamera.Rectangle) else value
        for id_, value in waiting.items()
    }


def test_kind_of_every_control_follows_from_its_type(source: PiCamera) -> None:
    kinds: dict[str, type] = {name: type(control.kind) for name, control in controls_of(source).items()}
    assert kinds == {
        "FrameRate": Number,
        "AeEnable": Switch,
        "ExposureTime": Number,
        "AnalogueGain": Number,
        "AeMeteringMode": Choice,
        "AeExposureMode": Choice,
        "ExposureValue": Number,
        "AeFlickerMode": Choice,
        "Brightness": Number,
        "Contrast": Number,
        "Saturation": Number,
        "Sharpness": Number,
        "AwbEnable": Switch,
        "AwbMode": Choice,
        "ColourGainRed": Number,
        "ColourGainBlue": Number,
        "ColourTemperature": Number,
        "NoiseReductionMode": Choice,
        "HdrMode": Choice,
        "Zoom": Number,
        "Pan": Number,
        "Tilt": Number,
        "AfMode": Choice,
        "AfRange": Choice,
        "AfSpeed": Choice,
        "AfMetering": Choice,
        "AfWindows": Rectangle,
        "AfPause": Choice,
        "LensPosition": Number,
    }


def test_replaced_controls_can_be_set_by_their_own_names(source: PiCamera) -> None:
    raw = {control.name for control in source._opened().table.raw}
    assert raw == {
        "AeFlickerPeriod",
        "ColourCorrectionMatrix",
        "ColourGains",
        "FrameDurationLimits",
        "ScalerCrop",
    }
    source.apply({"ColourGains": (1.5, 2.0), "FrameDurationLimits": (33333, 100000)})
    assert sent(source) == {"ColourGains": (1.5, 2.0), "FrameDurationLimits": (33333, 100000)}


def test_ranges_defaults_and_units_are_libcamera_s(source: PiCamera) -> None:
    controls = controls_of(source)
    exposure = controls["ExposureTime"]
    assert exposure.kind == Number(
        0, 11767556, integer=True, unit="µs", words=(("auto", 0),), manual_minimum=9
    )
    assert exposure.default == 0, "automatic, whatever libcamera's default for a manual exposure is"
    assert controls["Sharpness"].kind == Number(0.0, 16.0)
    assert controls["Sharpness"].default == 1.0
    assert controls["LensPosition"].kind == Number(0.0, 15.0, unit="dpt")
    assert controls["ColourTemperature"].default is None, "libcamera does not say"
    assert controls["AwbEnable"].default is True, "it runs until somebody ends it"
    assert controls["AfPause"].default == "Resume", "nothing is paused"
    assert controls["FrameRate"].kind == Number(0.085, 56.025, unit="fps")
    assert controls["FrameRate"].default == 15


def test_common_prefix_of_an_enum_is_removed(source: PiCamera) -> None:
    controls = controls_of(source)

    def options(name: str) -> tuple[str, ...]:
        kind = controls[name].kind
        assert isinstance(kind, Choice)
        return kind.options

    assert options("AwbMode") == (
        "Auto",
        "Incandescent",
        "Tungsten",
        "Fluorescent",
        "Indoor",
        "Daylight",
        "Cloudy",
        "Custom",
    )
    assert options("AeMeteringMode") == ("CentreWeighted", "Spot", "Matrix", "Custom")
    assert options("HdrMode") == ("Off", "MultiExposureUnmerged", "MultiExposure", "SingleExposure", "Night")
    assert options("NoiseReductionMode") == ("Off", "Fast", "HighQuality", "Minimal", "ZSL")
    assert options("AfMode") == ("Manual", "Auto", "Continuous")
    assert controls["AwbMode"].default == "Auto"


def test_only_offered_values_of_an_enum_are_options(opened: OpenCamera) -> None:
    ids = libcamera.controls
    with bridge.offering({ids.AwbMode: bridge.info(0, 7, 0, (0, 5)), ids.AfMode: bridge.info(0, 0, 0, (0,))}):
        controls = controls_of(opened())
    assert controls["AwbMode"].kind == Choice(("Auto", "Daylight"))
    assert "AfMode" not in controls, "one option is no choice"


@pytest.mark.parametrize(
    ("values", "native"),
    [
        ({"AeEnable": False}, {"AeEnable": False}),
        ({"AwbMode": "Daylight"}, {"AwbMode": 5}),
        ({"Brightness": 1}, {"Brightness": 1.0}),
        ({"AnalogueGain": 4}, {"AnalogueGain": 4.0}),
        ({"ExposureTime": 10000}, {"ExposureTime": 10000, "FrameDurationLimits": (66667, 66667)}),
        ({"ExposureTime": 0}, {"ExposureTime": 0, "FrameDurationLimits": (66667, 66667)}),
        ({"FrameRate": 30}, {"FrameDurationLimits": (33333, 33333)}),
        ({"AeFlickerMode": "50Hz"}, {"AeFlickerMode": 1, "AeFlickerPeriod": 10000}),
        ({"AeFlickerMode": "60Hz"}, {"AeFlickerMode": 1, "AeFlickerPeriod": 8333}),
        ({"AeFlickerMode": "Off"}, {"AeFlickerMode": 0}),
        ({"ColourGainRed": 2, "ColourGainBlue": 1.5}, {"ColourGains": (2.0, 1.5)}),
        ({"NoiseReductionMode": "Off"}, {"NoiseReductionMode": 0}),
        ({"LensPosition": 2}, {"LensPosition": 2.0, "AfMode": 0}),
        ({"AfTrigger": "Start"}, {"AfTrigger": 0, "AfMode": 1}),
        ({"ColourCorrectionMatrix": (1,) * 9}, {"ColourCorrectionMatrix": (1.0,) * 9}),
        ({"Zoom": 2}, {"ScalerCrop": (1152, 648, 2304, 1296)}),
        ({"Zoom": 2, "Pan": -1, "Tilt": 1}, {"ScalerCrop": (0, 1296, 2304, 1296)}),
        ({"Zoom": 1}, {"ScalerCrop": _FULL}),
    ],
)
def test_values_reach_libcamera_in_its_own_types(
    source: PiCamera, values: dict[str, Any], native: dict[str, Any]
) -> None:
    assert set(values) <= set(source.apply(values))
    got = sent(source)
    assert got == native
    assert {name: type(value) for name, value in got.items()} == {
        name: type(value) for name, value in native.items()
    }


def test_windows_are_in_pixels_of_the_largest_crop(source: PiCamera) -> None:
    offered = source._opened().table._offered
    assert offered["ScalerCrop"].kind == Rectangle((0, 0, 4608, 2592), (64, 64), "scaler_crop")
    assert offered["AfWindows"].kind == Rectangle((0, 0, 4608, 2592), (1, 1), "scaler_crop")


def test_scaler_crop_can_be_set_directly(source: PiCamera) -> None:
    source.apply({"ScalerCrop": (100, 200, 2304, 1296)})
    assert sent(source) == {"ScalerCrop": (100, 200, 2304, 1296)}


def test_autofocus_window(source: PiCamera) -> None:
    applied = source.apply({"AfWindows": (100, 200, 300, 400)})
    assert applied["AfMetering"] == "Windows"
    got = sent(source)
    assert got["AfMetering"] == 1
    assert [window.to_tuple() for window in got["AfWindows"]] == [(100, 200, 300, 400)]


def test_an_exposure_longer_than_a_frame_makes_frames_longer(source: PiCamera) -> None:
    source.apply({"ExposureTime": 200_000})
    low, high = sent(source)["FrameDurationLimits"]
    assert low == high
    assert 200_000 < low < 210_000
    assert source.frame_interval == pytest.approx(0.2)
    source.apply({"ExposureTime": 0})
    assert sent(source)["FrameDurationLimits"] == (66667, 66667)
    assert source.frame_interval == pytest.approx(1 / 15, rel=0.01)


def test_a_frame_rate_never_cuts_the_exposure(source: PiCamera) -> None:
    source.apply({"ExposureTime": 100_000})
    source.apply({"FrameRate": 50})
    assert sent(source)["FrameDurationLimits"][0] > 100_000


def test_manual_colour_ends_automatic_white_balance(source: PiCamera) -> None:
    applied = source.apply({"ColourGainRed": 2.0, "ColourGainBlue": 1.5})
    assert applied == {"ColourGainRed": 2.0, "ColourGainBlue": 1.5, "AwbEnable": False}
    applied = source.apply({"AwbEnable": True})
    assert applied == {"AwbEnable": True, "ColourGainRed": None, "ColourGainBlue": None}
    assert sent(source)["AwbEnable"] is True


def test_automatic_exposure_takes_over_time_and_gain(source: PiCamera) -> None:
    source.apply({"ExposureTime": 5000, "AnalogueGain": 2.0})
    sent(source)
    assert source.apply({"AeEnable": True}) == {"AeEnable": True, "ExposureTime": 0, "AnalogueGain": 0}
    got = sent(source)
    assert (got["ExposureTime"], got["AnalogueGain"]) == (0, 0.0)


def test_autofocus_trigger_leaves_continuous_focus_alone(source: PiCamera) -> None:
    source.apply({"AfMode": "Continuous"})
    sent(source)
    source.apply({"AfTrigger": "Start"})
    assert sent(source) == {"AfTrigger": 0}


def test_unknown_control_changes_nothing(source: PiCamera) -> None:
    with pytest.raises(InvalidValue, match="no control Gamma"):
        source.apply({"Brightness": 0.5, "Gamma": 2.0})
    assert source._camera.controls.make_dict() == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [("ExposureTime", "10000"), ("ExposureTime", 10000.5), ("ScalerCrop", (1, 2, 3)), ("AeEnable", "maybe")],
)
def test_value_that_libcamera_refuses_is_refused_before_a_request_has_it(
    source: PiCamera, name: str, value: object
) -> None:
    with pytest.raises(InvalidValue, match=name):
        validate_controls(source._camera, {name: value})
    assert source.read(2) is not None


def test_values_as_the_frames_were_really_taken(source: PiCamera) -> None:
    source.apply({"ExposureTime": 10_000, "Zoom": 2, "Contrast": 1.5})
    reported = source._opened().table.applied(
        {
            "ExposureTime": 9_992,
            "AnalogueGain": 3.7,
            "FrameDuration": 66_661,
            "ScalerCrop": (1150, 648, 2306, 1296),
            "Contrast": 1.5,
        }
    )
    where = {"Zoom": 2.0, "Pan": 0.0, "Tilt": 0.0, "ScalerCrop": (1150, 648, 2306, 1296)}
    assert reported == {"ExposureTime": 9992, "Contrast": 1.5, **where}
    source.apply({"ExposureTime": 0})
    assert "ExposureTime" not in source._opened().table.applied({"ExposureTime": 33_000}), (
        "automatic stays automatic"
    )


def test_a_camera_without_any_control(opened: OpenCamera) -> None:
    source = opened(LINES, size=None)
    assert source._opened().table.controls == []
    assert source.applied == {}


def test_a_control_arrives_with_the_very_next_request(
    source: PiCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    released: list[dict[str, Any]] = []
    release = CompletedRequest.release

    def spy(self: CompletedRequest) -> None:
        released.append(self.picam2.controls.make_dict())
        release(self)

    monkeypatch.setattr(CompletedRequest, "release", spy)
    assert source.read(2) is not None
    source.apply({"Brightness": 0.25})
    released.clear()
    assert source.read(2) is not None
    assert released[0] == {"Brightness": 0.25}
