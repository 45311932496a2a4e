"""libcamera's own control names, actions, applied values, readings and still pictures, through the whole camera."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any

import pytest
import simplejpeg
from picamera2 import Picamera2
from picamera2.request import CompletedRequest

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2 import PiCamera, frame_reader
from mqttcam.camera.sources.picamera2.frames import FrameMetadata
from mqttcam.values import InvalidValue
from tests.support.cameras import running, until
from tests.virtual_pi.inside import bridge
from tests.virtual_pi.inside.cameras import BARS, OpenCamera, settings_of

_FULL = (0, 0, 4608, 2592)
_MEASURED: dict[str, object] = {
    "ExposureTime": 9_992,
    "AnalogueGain": 2.000001,
    "Lux": 401.23,
    "ColourTemperature": 4_100,
    "SensorTemperature": 31.04,
    "AfState": 2,
    "FrameDuration": 66_661,
    "ColourGains": (1.7, 2.1),
    "ScalerCrop": _FULL,
}
MakeCamera = Callable[..., Camera]


class Measuring(FrameMetadata):
    """The metadata that a Camera Module 3 would report; a virtual sensor reports none."""

    said = _MEASURED

    def _names(self) -> dict[str, object]:
        return super()._names() | self.said


@pytest.fixture
def measuring(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """The metadata of the frames from now on; may be changed."""
    said = dict(_MEASURED)
    monkeypatch.setattr(Measuring, "said", said)
    monkeypatch.setattr(frame_reader, "FrameMetadata", Measuring)
    return said


@pytest.fixture
def source(opened: OpenCamera) -> Iterator[PiCamera]:
    with bridge.offering(bridge.module_3()):
        yield opened(frame_rate=15)


@pytest.fixture
async def make_camera() -> AsyncIterator[MakeCamera]:
    """Return a function that starts cameras with the controls of a Camera Module 3."""
    made: list[Camera] = []

    def make(**settings: Any) -> Camera:
        camera = Camera("front", settings_of(BARS, **{"frame_rate": 30, **settings}))
        made.append(camera)
        camera.start()
        return camera

    # Picamera2 puts noise reduction into every later configuration, where the camera itself has none.
    offered = {id_: limits for id_, limits in bridge.module_3().items() if id_.name != "NoiseReductionMode"}
    with bridge.pace(30), bridge.offering(offered):
        yield make
        for camera in made:
            await camera.stop()


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record the controls that are passed to picamera2 from now on, at each start and with each frame."""
    seen: list[dict[str, Any]] = []
    release, start = CompletedRequest.release, Picamera2.start_

    def spy(self: CompletedRequest) -> None:
        if waiting := self.picam2.controls.make_dict():
            seen.append(waiting)
        release(self)

    def spy_start(self: Picamera2) -> None:
        seen.append(self.controls.make_dict())
        start(self)

    monkeypatch.setattr(CompletedRequest, "release", spy)
    monkeypatch.setattr(Picamera2, "start_", spy_start)
    return seen


# libcamera's own names


def test_libcameras_own_names_come_last_and_are_raw(source: PiCamera) -> None:
    source.close()
    info = source.open()
    raw = [control.name for control in info.controls if control.raw]
    assert raw == [control.name for control in info.controls][-len(raw) :]
    assert set(raw) == {
        "AeFlickerPeriod",
        "ColourCorrectionMatrix",
        "ColourGains",
        "FrameDurationLimits",
        "ScalerCrop",
    }
    assert {action.key for action in info.actions} == {"autofocus", "cancel_autofocus"}


@pytest.mark.parametrize("name", ["ExposureTimeMode", "AnalogueGainMode"])
def test_useless_controls_are_not_offered(source: PiCamera, name: str) -> None:
    with pytest.raises(InvalidValue, match=name):
        source.apply({name: "Manual"})


@pytest.mark.parametrize(
    ("first", "then", "follows"),
    [
        ({}, {"ScalerCrop": (0, 0, 640, 360)}, {"Zoom": None, "Pan": None, "Tilt": None}),
        ({"ScalerCrop": (0, 0, 640, 360)}, {"Zoom": 2.0}, {"ScalerCrop": None}),
        ({}, {"FrameDurationLimits": (33_333, 100_000)}, {"FrameRate": None}),
        ({"FrameDurationLimits": (33_333, 100_000)}, {"FrameRate": 25.0}, {"FrameDurationLimits": None}),
        ({}, {"AeFlickerPeriod": 9_000}, {"AeFlickerMode": None}),
        ({"AeFlickerPeriod": 9_000}, {"AeFlickerMode": "50Hz"}, {"AeFlickerPeriod": None}),
        ({"ColourGainRed": 2.0}, {"ColourGains": (1.0, 1.0)}, {"AwbEnable": False, "ColourGainRed": None}),
        ({"ColourGains": (1.0, 1.0)}, {"AwbEnable": True}, {"ColourGains": None}),
        ({"ColourGains": (1.0, 1.0)}, {"ColourTemperature": 5000}, {"AwbEnable": False, "ColourGains": None}),
        (
            {"ColourTemperature": 5000},
            {"ColourGains": (2.0, 1.5)},
            {"AwbEnable": False, "ColourTemperature": None},
        ),
        (
            {"ColourTemperature": 5000},
            {"ColourGains": (0.0, 0.0)},
            {"AwbEnable": True, "ColourTemperature": None},
        ),
    ],
)
def test_of_two_names_for_the_same_the_last_one_counts(
    source: PiCamera, first: Mapping[str, Any], then: Mapping[str, Any], follows: Mapping[str, Any]
) -> None:
    if first:
        source.apply(first)
    assert source.apply(then) == {**then, **follows}


@pytest.mark.parametrize(
    ("patches", "told"),
    [
        (({"ColourGains": (2.0, 1.5)}, {"AwbEnable": True}), {"AwbEnable": True}),
        (({"AwbEnable": True}, {"ColourGains": (2.0, 1.5)}), {"ColourGains": (2.0, 1.5)}),
        (
            ({"ColourGainRed": 2.0, "ColourGainBlue": 1.5}, {"ColourTemperature": 5000}),
            {"ColourTemperature": 5000},
        ),
        (({"ColourTemperature": 5000}, {"ColourGainRed": 2.0}), {"ColourGains": (2.0, 1.0)}),
    ],
)
def test_replaced_value_is_not_set_again_at_the_next_start(
    source: PiCamera, patches: tuple[dict[str, Any], ...], told: dict[str, Any]
) -> None:
    for patch in patches:
        source.apply(patch)
    assert source._opened().table.native == told


@pytest.mark.parametrize(
    ("patches", "follows", "told"),
    [
        (({"ExposureTime": 5000}, {"AnalogueGain": 2.0}), {"AeEnable": False}, {"AnalogueGain": 2.0}),
        (
            ({"ExposureTime": 5000, "AnalogueGain": 2.0}, {"ExposureTime": 0}),
            {"AeEnable": True},
            {"ExposureTime": 0},
        ),
        (
            ({"AeEnable": False}, {"ExposureTime": 0}),
            {"AeEnable": True, "AnalogueGain": 0},
            {"ExposureTime": 0, "AnalogueGain": 0.0},
        ),
        (({"AeEnable": False}, {"ExposureTime": 5000}), {}, {"ExposureTime": 5000}),
        (
            ({"AeEnable": False}, {"ExposureTime": 5000, "AeEnable": False}),
            {},
            {"ExposureTime": 5000, "AeEnable": False},
        ),
    ],
)
def test_automatic_exposure_follows_from_time_and_gain(
    source: PiCamera, patches: tuple[dict[str, Any], ...], follows: dict[str, Any], told: dict[str, Any]
) -> None:
    *before, last = patches
    for patch in before:
        source.apply(patch)
    change = source._opened().table.change(last)
    assert change.applied == last | follows
    assert {name: value for name, value in change.native.items() if name != "FrameDurationLimits"} == told


def test_setting_one_gain_keeps_the_other(source: PiCamera, measuring: dict[str, object]) -> None:
    assert source.read(2) is not None
    applied = source.apply({"ColourGainRed": 2.5})
    assert applied == {"ColourGainRed": 2.5, "ColourGainBlue": 2.1, "AwbEnable": False}
    assert source._opened().table.native == {"ColourGains": (2.5, 2.1)}


def test_panning_a_window_that_was_set_keeps_its_zoom(source: PiCamera, measuring: dict[str, object]) -> None:
    source.apply({"ScalerCrop": (1152, 648, 2304, 1296)})
    measuring["ScalerCrop"] = (1152, 648, 2304, 1296)
    assert source.read(2) is not None
    applied = source.apply({"Pan": 1.0})
    assert applied == {"Zoom": 2.0, "Pan": 1.0, "Tilt": 0.0, "ScalerCrop": None}
    assert source._opened().table.native == {"ScalerCrop": (2304, 648, 2304, 1296)}


def test_only_continuous_autofocus_is_paused(source: PiCamera) -> None:
    with pytest.raises(
        InvalidValue, match="Immediate requires AfMode Continuous, and AfMode is Manual"
    ) as error:
        source.apply({"AfPause": "Immediate"})
    assert (error.value.field, error.value.allowed) == ("AfPause", ["Resume"])
    with pytest.raises(InvalidValue, match="AfMode is Manual"):
        source.apply({"AfPause": "Deferred", "LensPosition": 2.0})
    assert source.apply({"AfPause": "Resume"}) == {"AfPause": "Resume"}
    assert "AfPause" not in source._opened().table.native, "libcamera would complain"
    both = source.apply({"AfPause": "Immediate", "AfMode": "Continuous"})
    assert list(both.items()) == [("AfMode", "Continuous"), ("AfPause", "Immediate")]
    again = source.apply({"AfMode": "Continuous"})
    assert list(again.items()) == [("AfMode", "Continuous"), ("AfPause", "Immediate")]
    assert source._opened().table.native["AfPause"] == 0
    assert source.apply({"LensPosition": 2.0}) == {
        "LensPosition": 2.0,
        "AfMode": "Manual",
        "AfPause": "Resume",
    }
    assert "AfPause" not in source._opened().table.native


def test_gain_that_would_turn_white_balance_automatic_is_refused(source: PiCamera) -> None:
    red = next(one for one in source._opened().table.controls if one.name == "ColourGainRed")
    with pytest.raises(InvalidValue, match=r"not between 0\.1 and 32"):
        red.kind.coerce(0)


def test_controls_start_with_the_values_of_the_configuration(
    opened: OpenCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    """picamera2 sets noise reduction by itself, and `hdr` in the settings becomes HdrMode."""
    configured = Picamera2.camera_configuration
    first = {"NoiseReductionMode": 1, "HdrMode": 3, "FrameDurationLimits": (66_667, 66_667)}
    monkeypatch.setattr(
        Picamera2, "camera_configuration", lambda self: configured(self) | {"controls": first}
    )
    with bridge.offering(bridge.module_3()):
        defaults = {control.name: control.default for control in opened()._opened().table.controls}
    assert (defaults["NoiseReductionMode"], defaults["HdrMode"]) == ("Fast", "SingleExposure")
    assert defaults["AwbMode"] == "Auto"


def test_limits_set_by_hand_hold_for_a_short_exposure_and_grow_for_a_long_one(source: PiCamera) -> None:
    source.apply({"FrameDurationLimits": (33_333, 100_000)})
    assert source.frame_interval == pytest.approx(0.1)
    source.apply({"ExposureTime": 5_000})
    assert source._opened().table.native["FrameDurationLimits"] == (33_333, 100_000)
    source.apply({"ExposureTime": 200_000})
    assert min(source._opened().table.native["FrameDurationLimits"]) > 200_000


async def test_a_control_is_configured_by_libcameras_own_name(make_camera: MakeCamera) -> None:
    camera = await running(make_camera(controls={"ColourGains": [1.5, 2.0], "AfTrigger": "Start"}))
    assert camera.values["colour_gains"] == (1.5, 2.0)
    assert camera.values["awb_enable"] is False
    assert camera.last_error == "AfTrigger is an action and has no value; use the command autofocus"


# actions


async def test_autofocus_is_started_once_and_its_mode_stays(
    make_camera: MakeCamera, told: list[dict[str, Any]]
) -> None:
    camera = await running(make_camera())
    assert await camera.act(camera.actions["autofocus"]) == {"af_mode": "Auto"}
    await camera.take_snapshot(PictureSpec(), 5)
    assert [one for one in told if "AfTrigger" in one] == [{"AfMode": 1, "AfTrigger": 0}]
    await camera.take_still(PictureSpec())
    await camera.restart()
    await camera.take_snapshot(PictureSpec(), 5)
    assert camera.values["af_mode"] == "Auto"
    assert len([one for one in told if "AfTrigger" in one]) == 1
    await camera.act(camera.actions["cancel_autofocus"])
    await camera.take_snapshot(PictureSpec(), 5)
    assert told[-1]["AfTrigger"] == 1


async def test_a_camera_without_a_lens_has_no_autofocus() -> None:
    camera = Camera("front", settings_of(BARS, frame_rate=30))
    camera.start()
    await running(camera)
    assert camera.actions == {}
    await camera.stop()


# values as they were taken, and what was measured


async def test_the_state_is_what_the_frames_were_taken_with(
    make_camera: MakeCamera, measuring: dict[str, object]
) -> None:
    camera = await running(make_camera(controls={"ExposureTime": 10_000}))
    assert camera.values["exposure_time"] == 10_000
    await until(camera, lambda: camera.values["exposure_time"] == 9_992)
    assert camera.values["scaler_crop"] == _FULL
    assert camera.values["zoom"] == 1.0, "the default: it was not set"
    assert camera.values["colour_gains"] is None, "automatic white balance has it"
    assert camera.values.get("colour_gain_red") is None
    await camera.apply({"awb_enable": False})
    await until(camera, lambda: camera.values["colour_gain_red"] == 1.7)
    await camera.apply({"awb_enable": True})
    await until(camera, lambda: camera.values["colour_gain_red"] is None)
    await camera.apply({"colour_gain_red": 1.5, "colour_gain_blue": 2.0})
    await until(camera, lambda: camera.values["colour_gains"] == (1.7, 2.1))
    assert (camera.values["colour_gain_red"], camera.values["colour_gain_blue"]) == (1.7, 2.1)
    await camera.restart()
    assert camera.values["exposure_time"] == 10_000, "what was asked for is what is set again"
    measuring["FrameDuration"] = 17_848
    await camera.apply({"frame_rate": 56.025})
    await until(camera, lambda: camera.readings.complete)
    assert camera.values["frame_rate"] == 56.025, "not past the end of its range for being rounded"


async def test_readings_are_those_that_frames_bring(
    make_camera: MakeCamera, measuring: dict[str, object]
) -> None:
    camera = await running(make_camera())
    assert not camera.complete
    await until(camera, lambda: camera.complete)
    assert camera.readings.values == {
        "measured_exposure_time": 9_992,
        "measured_analogue_gain": 2.0,
        "measured_lux": 401.2,
        "measured_colour_temperature": 4_100,
        "measured_sensor_temperature": 31.0,
        "measured_autofocus_state": "Focused",
    }
    del measuring["Lux"]
    measuring["LensPosition"] = 2.345
    await until(camera, lambda: "measured_lens_position" in camera.readings.fields)
    assert camera.readings.values["measured_lens_position"] == 2.35
    assert "measured_lux" in camera.readings.fields, "unknown now, and not gone"
    assert "measured_lux" not in camera.readings.values


async def test_a_virtual_camera_measures_nothing() -> None:
    with bridge.pace(30):
        camera = Camera("front", settings_of(BARS, frame_rate=30))
        camera.start()
        await until(camera, lambda: camera.complete)
        assert camera.readings.fields == {}
        await camera.stop()


# full pictures


async def test_full_picture_between_two_frames(make_camera: MakeCamera) -> None:
    camera = await running(make_camera(size="640x480"))
    assert camera.takes_stills
    before = await camera.take_snapshot(PictureSpec(), 5)
    picture = await camera.take_still(PictureSpec(quality=90))
    assert simplejpeg.decode_jpeg(picture.jpeg).shape == (1080, 1920, 3)
    after = await camera.take_snapshot(PictureSpec(), 5)
    assert before.seq < picture.seq < after.seq
    assert before.ts_ns < picture.ts_ns < after.ts_ns
    assert after.width == 640
    small = await camera.take_still(PictureSpec(quality=90), max_bytes=len(picture.jpeg) // 2)
    assert len(small.jpeg) <= len(picture.jpeg) // 2
    assert camera.stats.restarts == 0


async def test_stream_continues_if_there_is_no_memory_for_a_full_picture(make_camera: MakeCamera) -> None:
    with bridge.memory(4 * 640 * 480 * 3 // 2):
        camera = await running(make_camera(size="640x480"))
        with pytest.raises(SourceError, match="too little camera memory for a full picture"):
            await camera.take_still(PictureSpec())
        assert await camera.take_snapshot(PictureSpec(), 5)
    assert camera.stats.restarts == 0
