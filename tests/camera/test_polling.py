"""The metadata of frames: applied values and measurements, read once per second, never per frame."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import pytest

from mqttcam.camera import polling
from mqttcam.camera.metadata_field import MetadataField
from mqttcam.camera.polling import SourcePoller
from mqttcam.camera.source import MeasuringSource, SourceError, SourceInfo
from mqttcam.camera.source_controls import SourceControls
from mqttcam.camera.wakeup import Wakeup
from mqttcam.values import Choice, Number, Value
from tests.camera.broken import Broken, Hardware
from tests.camera.conftest import MakeCamera
from tests.support.cameras import failed, running
from tests.support.waiting import until

LUX = MetadataField("Lux", Number(0, 1e6, unit="lx"), 1, "illuminance")
TIME = MetadataField("ExposureTime", Number(0, 1e9, integer=True, unit="µs"))
LENS = MetadataField("LensPosition", Number(0, 1000, unit="dpt"), 2)
STATE = MetadataField("AfState", Choice(("Idle", "Scanning")), label="autofocus state")


@pytest.mark.parametrize(
    ("reading", "key", "title"),
    [
        (LUX, "measured_lux", "Measured lux"),
        (TIME, "measured_exposure_time", "Measured exposure time"),
        (STATE, "measured_autofocus_state", "Measured autofocus state"),
        (LENS, "measured_lens_position", "Measured focus position"),
    ],
)
def test_names(reading: MetadataField, key: str, title: str) -> None:
    assert (reading.key, reading.title) == (key, title)


@pytest.mark.parametrize(
    ("reading", "raw", "value"),
    [
        (LUX, 401.26, 401.3),
        (LUX, float("nan"), None),
        (LUX, float("inf"), None),
        (LUX, None, None),
        (LUX, True, None),
        (TIME, 9991.6, 9992),
        (STATE, 1, "Scanning"),
        (STATE, 2, None),
        (STATE, -1, None),
        (STATE, 0.5, None),
        (STATE, "Idle", None),
    ],
)
def test_value_of_a_metadata_field(reading: MetadataField, raw: object, value: Value) -> None:
    assert reading.value({reading.name: raw}) == value
    assert reading.value({}) is None


async def test_values_are_those_that_frames_were_taken_with(make_camera: MakeCamera) -> None:
    applied: dict[str, Value] = {"ExposureTime": 9_992, "Gamma": 3}
    camera = make_camera(Hardware(applied=applied))
    camera.start()
    await running(camera)
    await until(lambda: camera.values["exposure_time"] == 9_992)
    assert "gamma" not in camera.values, "no control of its"
    assert await camera.apply({"exposure_time": 5_000}) == {"exposure_time": 5_000}
    await camera.restart()
    assert camera.values["exposure_time"] == 5_000, "what was asked for is what is set again"


def poller_of(hardware: Hardware) -> SourcePoller:
    source = hardware(Wakeup())
    return SourcePoller(source, SourceControls(source, source.open()))


def test_frames_from_before_a_value_was_set_do_not_show_it() -> None:
    poller = poller_of(Hardware(applied={"ExposureTime": 9_992}))
    poller.controls_changed(1)
    early = poller.poll(polling._FRAMES_IN_FLIGHT)
    assert early is not None
    assert early.applied == {}


def test_value_that_the_camera_does_not_follow_is_reported_again() -> None:
    hardware = Hardware(applied={"ExposureTime": 9_992})
    poller = poller_of(hardware)
    first = poller.poll(0)
    assert first is not None
    assert first.applied == {"exposure_time": 9_992}
    poller.controls_changed(1)
    again = poller.poll(1 + polling._FRAMES_IN_FLIGHT)
    assert again is not None
    assert again.applied == {"exposure_time": 9_992}


def test_frames_are_polled_once_and_results_reported_once() -> None:
    readings: dict[MetadataField, Value] = {LUX: 1.0}
    poller = poller_of(Hardware(readings=readings))
    told = [poller.poll(frames) for frames in (1, 1, 2, 3, 4, 5)]
    assert [one is not None for one in told] == [True, False, False, True, False, False]
    assert [one.complete for one in told if one] == [False, True]
    readings[LUX] = 2.0
    assert poller.poll(5) is None
    assert poller.poll(6) is not None


async def test_fields_stay_known_once_they_were_seen(make_camera: MakeCamera) -> None:
    readings: dict[MetadataField, Value] = {LUX: 1.0}
    hardware = Hardware(readings=readings)
    camera = make_camera(hardware)
    camera.start()
    await running(camera)
    await until(lambda: camera.complete)
    assert camera.readings.values == {"measured_lux": 1.0}
    shape = camera.capabilities
    readings[LUX] = 2.0
    await until(lambda: camera.readings.values == {"measured_lux": 2.0})
    assert camera.capabilities == shape, "a value is nothing new to operate"
    readings[STATE] = "Idle"
    await until(lambda: camera.capabilities != shape)
    shape = camera.capabilities
    del readings[LUX]
    await until(lambda: camera.readings.values == {"measured_autofocus_state": "Idle"})
    await camera.restart()
    assert camera.capabilities == shape, "the same camera has what it had"
    assert set(camera.readings.fields) == {"measured_lux", "measured_autofocus_state"}


async def test_another_camera_has_other_fields(make_camera: MakeCamera) -> None:
    class Swapped(Broken):
        def open(self) -> SourceInfo:
            info = super().open()
            return SourceInfo(model.pop(), info.width, info.height, info.frame_rate)

    model = ["second", "first"]
    readings: dict[MetadataField, Value] = {LUX: 1.0}
    hardware = Hardware(readings=readings)
    camera = make_camera(hardware, make_source=lambda wake: hardware(wake, Swapped))
    camera.start()
    await until(lambda: camera.complete)
    del readings[LUX]
    readings[TIME] = 5
    await camera.restart()
    assert not camera.complete
    await until(lambda: camera.complete)
    assert set(camera.readings.fields) == {"measured_exposure_time"}


async def test_readings_are_empty_while_no_frames_come(make_camera: MakeCamera) -> None:
    hardware = Hardware(readings={LUX: 1.0})
    camera = make_camera(hardware)
    camera.start()
    await until(lambda: camera.readings.values)
    camera.set_enabled(False)
    assert camera.readings.values == {}
    camera.set_enabled(True)
    await until(lambda: camera.readings.values)
    hardware.fail("read", SourceError("unplugged"))
    await failed(camera)
    assert camera.readings.values == {}
    assert set(camera.readings.fields) == {"measured_lux"}


async def test_source_without_readings_is_complete_once_it_is_open(make_camera: MakeCamera) -> None:
    camera = make_camera(Hardware())
    assert not camera.complete
    camera.start()
    await running(camera)
    assert camera.complete
    assert camera._supervisor.capture is not None
    assert camera._supervisor.capture._pending_poll is None


async def test_source_is_polled_once_per_tick(make_camera: MakeCamera) -> None:
    looks, told = 0, 0

    class Restless(Broken, MeasuringSource):
        @property
        def readings(self) -> Mapping[MetadataField, Value]:
            nonlocal looks
            looks += 1
            return {LUX: float(looks)}

    hardware = Hardware(rate=2000)
    camera = make_camera(hardware, make_source=lambda wake: Restless(hardware, wake))
    camera.start()
    await running(camera)
    ticks, tick = 0, camera._supervisor._on_tick

    def count() -> None:
        nonlocal ticks
        ticks += 1
        tick()

    def notice() -> None:
        nonlocal told
        told += 1

    camera._supervisor._on_tick = count
    camera.add_listener(notice)
    looks = 0
    await until(lambda: ticks >= 10)
    await asyncio.sleep(0)
    assert 5 <= told <= ticks
    assert looks <= ticks + 1
    assert camera.stats.frames > 3 * ticks


async def test_failing_readings_do_not_affect_the_pictures(
    make_camera: MakeCamera, caplog: pytest.LogCaptureFixture
) -> None:
    class Faulty(Broken, MeasuringSource):
        asked = 0

        @property
        def readings(self) -> Mapping[MetadataField, Value]:
            Faulty.asked += 1
            if Faulty.asked > 1:
                raise KeyError("a bug")
            return {}

    hardware = Hardware()
    camera = make_camera(hardware, make_source=lambda wake: Faulty(hardware, wake))
    camera.start()
    await running(camera)
    await until(lambda: "cannot be read" in caplog.text)
    frames = camera.stats.frames
    await until(lambda: camera.stats.frames > frames + 20)
    said: list[Any] = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(said) == 1, "once"
    assert camera.stats.restarts == 0
