"""Day and night, by frames that are offered and a clock that is moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mqttcam.camera.frame import CaptureSession, Frame
from mqttcam.camera.metadata_field import MetadataField
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.day_night import DayNight
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.node import Node
from mqttcam.devices.observer import CameraObservers
from mqttcam.devices.store import Store
from mqttcam.home_assistant.discovery import camera_discovery
from mqttcam.mqtt.topics import Topics
from mqttcam.settings.day_night import DayNightSettings
from mqttcam.values import Number
from tests.support.devices import MakeDevice, Recorder
from tests.support.waiting import until

_SETTINGS: dict[str, Any] = {"day": "day", "night": "night", "below": 5, "above": 15, "for": 30}


class Rig:
    """A camera that is never opened, whose frames and clock are made here."""

    def __init__(self, device: CameraDevice, store: Store, **settings: Any) -> None:
        self.now = 1000.0
        self.selected: list[str] = []
        self.error: Exception | None = None
        self.recorder = Recorder()
        observers = CameraObservers("front")
        observers.attach(self.recorder)
        self.camera = device.camera
        self.camera.status = CameraStatus.RUNNING
        self.session = CaptureSession()
        self.day_night = DayNight(
            self.camera,
            DayNightSettings.model_validate({**_SETTINGS, **settings}),
            store,
            observers,
            self._select,
            lambda: self.now,
        )

    async def _select(self, name: str) -> None:
        self.selected.append(name)
        if self.error is not None:
            raise self.error

    async def offer(self, percent: float, seconds: float = 2.0) -> None:
        """A frame of this brightness, some seconds after the last one."""
        self.now += seconds
        y = np.full((48, 64), round(percent * 2.55), np.uint8)
        grey = np.full((24, 32), 128, np.uint8)
        frame = Frame(int(self.now * 1e9), 64, 48, planes=(y, grey, grey))
        frame.session = self.session
        self.camera.hub.publish(frame)
        await self.turn()

    async def turn(self) -> None:
        """Let everything happen that is ready; a write to disk is waited for."""
        for _ in range(5):
            await asyncio.sleep(0)
        if (selecting := self.day_night._selecting) is not None:
            await asyncio.wait([selecting])

    @property
    def events(self) -> list[object]:
        return [event["event_type"] for event in self.recorder.events]


@pytest.fixture
async def rig(make_device: MakeDevice, store: Store) -> AsyncIterator[Rig]:
    rig = Rig(make_device(), store)
    yield rig
    rig.day_night.close()


async def test_night_and_day_after_some_time(rig: Rig) -> None:
    for _ in range(15):
        await rig.offer(2)
        assert rig.day_night.state is None
    await rig.offer(2)
    assert (rig.day_night.state, rig.selected, rig.events) == ("night", ["night"], ["night"])
    event = rig.recorder.events[0]
    assert event["level"] == pytest.approx(2, abs=0.3)
    assert event["unit"] == "%"
    for _ in range(20):
        await rig.offer(10)
    assert rig.day_night.state == "night", "between the limits, nothing changes"
    for _ in range(16):
        await rig.offer(50)
    assert (rig.day_night.state, rig.selected, rig.events) == ("day", ["night", "day"], ["night", "day"])
    assert rig.day_night.brightness == pytest.approx(50, abs=0.3)


async def test_a_lamp_that_passes_begins_the_time_anew(rig: Rig) -> None:
    for percent in [2] * 10 + [8] + [2] * 15:
        await rig.offer(percent)
    assert rig.day_night.state is None
    await rig.offer(2)
    assert rig.day_night.state == "night"


async def test_the_time_begins_anew_after_the_camera_was_off(rig: Rig) -> None:
    await rig.offer(2)
    rig.session.ended = True
    rig.session = CaptureSession()
    await rig.offer(2, seconds=3600)
    assert rig.day_night.state is None
    await rig.offer(2, seconds=30)
    assert rig.day_night.state == "night"


async def test_by_lux_if_the_camera_measures_it(rig: Rig) -> None:
    lux = MetadataField("Lux", Number(0, 1e6, unit="lx"))
    rig.camera.readings.fields[lux.key] = lux
    rig.camera.readings.values = {lux.key: 100.0}
    for _ in range(17):
        await rig.offer(2)
    assert (rig.day_night.state, rig.day_night.brightness) == ("day", None)
    assert (rig.recorder.events[0]["level"], rig.recorder.events[0]["unit"]) == (100, "lx")
    rig.camera.readings.values = {}
    for _ in range(17):
        await rig.offer(2)
    assert rig.day_night.state == "day", "a frame without the measurement does not count"


async def test_a_preset_that_cannot_be_selected_is_tried_again(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.error = CameraUnavailable("the camera does not answer")
    for _ in range(17):
        await rig.offer(2)
    assert rig.selected == ["night"]
    assert (
        "the preset night cannot be selected, trying again in 60 s: the camera does not answer" in caplog.text
    )
    rig.error = None
    for _ in range(32):
        await rig.offer(2)
    assert rig.selected == ["night", "night"]
    for _ in range(32):
        await rig.offer(2)
    assert rig.selected == ["night", "night"]


async def test_the_state_survives_a_restart_and_selects_nothing_again(
    make_device: MakeDevice, store: Store, tmp_path: Path, rig: Rig
) -> None:
    for _ in range(17):
        await rig.offer(2)
    again = Store(tmp_path / "values.json")
    again.load()
    later = Rig(make_device(), again)
    assert later.day_night.state == "night"
    for _ in range(20):
        await later.offer(2)
    assert (later.selected, later.events) == ([], [])
    later.day_night.close()


async def test_without_presets(make_device: MakeDevice, store: Store) -> None:
    rig = Rig(make_device(), store, day=None, night=None)
    for _ in range(17):
        await rig.offer(2)
    assert (rig.day_night.state, rig.selected, rig.events) == ("night", [], ["night"])
    rig.day_night.close()


async def test_entities(make_device: MakeDevice) -> None:
    def parts(device: CameraDevice) -> Any:
        return camera_discovery(device, Node("yard"), Topics("mqttcam", "yard")).payload()["cmps"]

    device = make_device(day_night=True)
    found = parts(device)
    assert (found["day_night"]["p"], list(found["day_night"]["ops"])) == ("sensor", ["day", "night"])
    assert list(found["day_night_event"]["evt_typ"]) == ["day", "night"]
    state = state_of(camera_entities(device), device)
    assert (state["day_night"], state["picture_brightness"]) == (None, None)
    assert "day_night" not in parts(make_device())
    await device.stop()


async def test_a_camera_at_night(make_device: MakeDevice) -> None:
    """The whole of it, with the test pattern: dark, so that the preset for the night is selected."""
    device = make_device(
        controls={"Brightness": -1},
        presets={"night": {"controls": {"Contrast": 0.5}}},
        day_night={"night": "night", "for": 0},
    )
    device.camera.start()
    await device.camera.until(lambda: device.camera.values.get("contrast") == 0.5)
    await until(lambda: device.presets.selected == "night")
    assert device.day_night is not None
    assert device.day_night.state == "night"
    await device.stop()
