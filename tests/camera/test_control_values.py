"""Controls: any spelling, all or nothing, and kept when the source is opened again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from mqttcam.camera.control import Control, WantedValues, find_control, plain_name
from mqttcam.camera.control_words import icon_of, key_of, option_titles, title_of
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraUnavailable
from mqttcam.values import InvalidValue, Switch, Value
from tests.camera.broken import Broken, Hardware
from tests.camera.conftest import QUICK, MakeCamera, loop_turns
from tests.support.cameras import failed, running
from tests.support.waiting import until


@pytest.mark.parametrize("name", ["AwbMode", "awbmode", "awb_mode", "AWB_MODE", "awb-mode", "Awb mode"])
async def test_configured_controls_can_be_spelled_in_any_style(make_camera: MakeCamera, name: str) -> None:
    camera = make_camera(Hardware(), settings={"controls": {name: "daylight"}})
    camera.start()
    await running(camera)
    assert camera.values["awb_mode"] == "Daylight"
    assert camera.last_error is None


async def test_invalid_configured_values_are_reported_while_the_camera_runs(
    make_camera: MakeCamera, caplog: pytest.LogCaptureFixture
) -> None:
    hardware = Hardware(notes=["2 buffers instead of 4"])
    controls = {"Brightnes": 1, "AwbMode": "Night", "ExposureTime": 5000}
    camera = make_camera(hardware, settings={"controls": controls})
    camera.start()
    await running(camera)
    error = str(camera.last_error)
    assert "no control Brightnes" in error
    assert "Brightness, AwbMode, ExposureTime" in error
    assert "AwbMode: 'Night' is not one of Auto, Daylight" in error
    assert "2 buffers instead of 4" in error
    assert camera.values == {"brightness": 0.0, "awb_mode": "Auto", "exposure_time": 5000}
    await camera.restart()
    said = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(said) == 1, "once, not at every opening"


async def test_value_that_the_device_refuses_does_not_affect_the_others(make_camera: MakeCamera) -> None:
    class Choosy(Broken):
        def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
            if "Brightness" in values:
                raise SourceError("the driver refuses")
            return super().apply(values)

    hardware = Hardware()
    controls = {"Brightness": 0.5, "AwbMode": "Daylight"}
    camera = make_camera(
        hardware, make_source=lambda wake: Choosy(hardware, wake), settings={"controls": controls}
    )
    camera.start()
    await running(camera)
    assert camera.last_error == "Brightness: the driver refuses"
    assert camera.values["awb_mode"] == "Daylight"


async def test_values_of_commands_take_precedence_and_are_kept(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(
        hardware,
        settings={"controls": {"AwbMode": "Auto", "Brightness": 0.1}},
        values={"awb_mode": "Daylight"},
    )
    camera.start()
    await running(camera)
    assert camera.values["awb_mode"] == "Daylight"
    assert await camera.apply({"brightness": 0.7}) == {"brightness": 0.7}
    assert camera.values["brightness"] == 0.7
    hardware.applied.clear()
    await camera.restart()
    assert camera.values == {"brightness": 0.7, "awb_mode": "Daylight", "exposure_time": 20_000}
    assert hardware.applied == [{"AwbMode": "Daylight"}, {"Brightness": 0.7}], "each once, the newest last"
    hardware.fail("read", SourceError("unplugged"))
    await failed(camera)
    hardware.heal()
    await running(camera)
    assert camera.values["brightness"] == 0.7


async def test_refused_values_change_nothing(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    hardware.fail("apply", InvalidValue("too bright", {"max": 0.5}, "Brightness"))
    with pytest.raises(InvalidValue) as caught:
        await camera.apply({"brightness": 0.9})
    assert caught.value.field == "brightness", "the key, not the name"
    with pytest.raises(InvalidValue, match="no control nonsense"):
        await camera.apply({"nonsense": 1, "brightness": 0.9})
    hardware.fail("apply", SourceError("the device failed"))
    with pytest.raises(SourceError, match="the device failed"):
        await camera.apply({"brightness": 0.9})
    hardware.heal()
    assert camera.values["brightness"] == 0.0
    await camera.restart()
    assert camera.values["brightness"] == 0.0


async def test_values_cannot_be_set_before_the_camera_is_open(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    hardware.fail("open", SourceError("no camera is attached"))
    camera = make_camera(hardware)
    camera.start()
    await failed(camera)
    with pytest.raises(CameraUnavailable, match="no camera is attached"):
        await camera.apply({"brightness": 0.5})
    camera.set_enabled(False)
    with pytest.raises(CameraUnavailable, match="switched off"):
        await camera.apply({"brightness": 0.5})


async def test_waiting_values_are_refused_if_the_camera_fails(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)

    def stall_and_fail() -> None:
        stalled.wait()
        raise SourceError("unplugged")

    stalled = hardware.hang("read")
    hardware.faults["read"] = stall_and_fail
    await stalled.reached()
    applying = asyncio.create_task(camera.apply({"brightness": 0.5}))
    await loop_turns()
    stalled.release()
    with pytest.raises(CameraUnavailable):
        await asyncio.wait_for(applying, 2)
    assert {"Brightness": 0.5} not in hardware.applied


async def test_values_that_timed_out_in_the_queue_are_never_set(
    make_camera: MakeCamera,
) -> None:
    hardware = Hardware()
    camera = make_camera(hardware, timing=replace(QUICK, request_timeout=0.1))
    camera.start()
    await running(camera)
    hang = hardware.hang("read")
    await hang.reached()
    with pytest.raises(CameraUnavailable, match="does not answer"):
        await camera.apply({"brightness": 0.5})
    hardware.heal()
    hang.release()
    await camera.apply({"awb_mode": "Daylight"})
    assert hardware.applied == [{"AwbMode": "Daylight"}]
    assert camera.values["brightness"] == 0.0


async def test_values_that_take_effect_late_are_shown(
    make_camera: MakeCamera,
) -> None:
    hardware = Hardware()
    camera = make_camera(hardware, timing=replace(QUICK, request_timeout=0.1))
    camera.start()
    await running(camera)
    setting = hardware.hang("apply")
    with pytest.raises(CameraUnavailable, match="does not answer"):
        await camera.apply({"brightness": 0.5})
    setting.release()
    await until(lambda: camera.values["brightness"] == 0.5)


async def test_cancelled_caller_does_not_affect_the_camera(make_camera: MakeCamera) -> None:
    hardware = Hardware()
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    setting = hardware.hang("apply")
    applying = asyncio.create_task(camera.apply({"brightness": 0.5}))
    await setting.reached()
    applying.cancel()
    await asyncio.gather(applying, return_exceptions=True)
    setting.release()
    hardware.heal()
    assert await camera.apply({"awb_mode": "Daylight"})


async def test_values_set_during_restarts_are_set_or_refused(make_camera: MakeCamera) -> None:
    hardware = Hardware(rate=1000)
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    for turn in range(40):
        wanted = turn / 100
        restart = asyncio.create_task(camera.restart())
        if turn % 3:
            await asyncio.sleep(turn % 3 / 1000)
        try:
            await camera.apply({"brightness": wanted})
        except CameraUnavailable:
            wanted = -1.0
        await restart
        if wanted >= 0:
            assert camera.values["brightness"] == wanted, turn
            assert {"Brightness": wanted} in hardware.applied[-2:], "the open source has it"


async def test_long_exposure_extends_the_time_until_a_stall(make_camera: MakeCamera) -> None:
    hardware = Hardware()

    class Slow(Broken):
        frame_interval = 0.01

        def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
            self.frame_interval = 0.5
            return super().apply(values)

    camera = make_camera(hardware, make_source=lambda wakeup: Slow(hardware, wakeup))
    camera.start()
    await running(camera)
    await camera.apply({"exposure_time": 100_000})
    capture = camera._supervisor.capture
    assert capture is not None
    assert capture.interval == 0.5


def test_names() -> None:
    control = Control("AnalogueGainMode", Switch())
    assert (control.key, control.title) == ("analogue_gain_mode", "Analogue gain mode")
    assert Control("HDRMode", Switch()).key == "hdr_mode"
    assert plain_name("Analogue_gain-Mode") == plain_name(control.name)
    assert find_control([control], "analoguegainmode") is control
    assert find_control([control], "gain") is None


def test_last_wanted_value_counts_and_none_makes_it_automatic() -> None:
    wanted = WantedValues({"AwbMode": "Auto", "Gain": 2}, {"awb_mode": "Daylight"})
    assert wanted.items() == [("Gain", 2), ("awb_mode", "Daylight")]
    wanted.want({"gain": None, "brightness": 0.0})
    assert wanted.items() == [("awb_mode", "Daylight"), ("brightness", 0.0)]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("AwbLocked", "AWB locked"),
        ("HdrMode", "HDR mode"),
        ("OSDTextMode", "OSD text mode"),
        ("ISOSensitivity", "ISO sensitivity"),
        ("CancelAutofocus", "Cancel autofocus"),
        ("Zoom", "Zoom"),
    ],
)
def test_titles(name: str, title: str) -> None:
    assert title_of(name) == title_of(key_of(name)) == title
    assert plain_name(title) == plain_name(name)


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("AeEnable", "Auto exposure"),
        ("AeExposureMode", "Exposure mode"),
        ("AfRange", "Focus range"),
        ("AwbMode", "White balance"),
        ("NoiseReductionMode", "Noise reduction"),
        ("ScalerCrop", "Crop"),
        ("WhiteBalanceAutomatic", "Auto white balance"),
        ("ExposureTimeAbsolute", "Exposure time"),
    ],
)
def test_titles_of_controls_whose_name_is_jargon(name: str, title: str) -> None:
    assert title_of(name) == title_of(key_of(name)) == title


def test_icons() -> None:
    assert icon_of("AeEnable") == "mdi:brightness-auto"
    assert icon_of("Speciality") is None


@pytest.mark.parametrize(
    ("options", "titles"),
    [
        (("Off", "Fast", "HighQuality"), {"HighQuality": "High quality"}),
        (("CentreWeighted", "Spot"), {"CentreWeighted": "Centre-weighted"}),
        (("Immediate", "Resume"), {"Immediate": "Paused", "Resume": "Not paused"}),
        (("Off", "50Hz", "60 Hz"), {"50Hz": "50 Hz"}),
        (("Manual Mode", "Aperture Priority Mode", "bars", "sRGB"), {}),
        (("HighQuality", "High quality"), {}),
    ],
)
def test_options_in_words(options: tuple[str, ...], titles: dict[str, str]) -> None:
    assert option_titles(options) == titles
