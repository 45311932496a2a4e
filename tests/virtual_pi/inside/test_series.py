"""A set of exposures on the real picamera2; virtual cameras have none, so that their metadata is made up here."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from picamera2 import Picamera2

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.sources.picamera2.frames import FrameMetadata
from mqttcam.series.photographer import CameraPhotographer
from mqttcam.series.shots import Shot, ShotFailed, shots_of
from mqttcam.series.timing import ShotTiming
from mqttcam.settings.series import SeriesSettings
from tests.support.cameras import running
from tests.virtual_pi.inside import bridge
from tests.virtual_pi.inside.cameras import BARS, settings_of

_AUTOMATIC = {"ExposureTime": 20_000, "AnalogueGain": 2.0, "LensPosition": 1.5}


async def test_values_are_set_waited_for_and_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, Any] = {}
    names_of, set_controls = FrameMetadata._names, Picamera2.set_controls

    def reported(self: FrameMetadata) -> dict[str, object]:
        return names_of(self) | {name: told.get(name) or value for name, value in _AUTOMATIC.items()}

    def tell(self: Picamera2, controls: dict[str, Any]) -> None:
        told.update(controls)
        set_controls(self, {name: value for name, value in controls.items() if name not in bridge_names})

    module = bridge.module_3()
    bridge_names = {id_.name for id_ in module}
    monkeypatch.setattr(FrameMetadata, "_names", reported)
    monkeypatch.setattr(Picamera2, "set_controls", tell)
    remembered: list[Mapping[str, object] | None] = []
    taken: list[tuple[str, object, object]] = []

    async def remember(values: Mapping[str, object] | None) -> None:
        remembered.append(values)

    async def keep(shot: Shot, picture: Picture) -> None:
        taken.append((shot.name, told["ExposureTime"], told["LensPosition"]))

    with bridge.pace(30), bridge.offering(module):
        camera = Camera("front", settings_of(BARS, frame_rate=30))
        camera.start()
        await running(camera)
        photographer = CameraPhotographer(camera, asyncio.Lock(), remember, ShotTiming(frame=30))
        shots = shots_of(SeriesSettings(schedule="60", exposures=(1000, 8000), focus=(0.5, 4)))
        before = dict(camera.values)
        await photographer.take(shots, PictureSpec(), keep, full_resolution=False)
        await camera.stop()
    assert taken == [
        ("-0.5dpt-1000us", 1000, 0.5),
        ("-0.5dpt-8000us", 8000, 0.5),
        ("-4dpt-1000us", 1000, 4),
        ("-4dpt-8000us", 8000, 4),
    ]
    assert remembered[-1] is None
    assert (told["ExposureTime"], told["AnalogueGain"]) == (0, 0)
    for key in ("exposure_time", "analogue_gain", "ae_enable", "af_mode"):
        assert camera.values[key] == before[key], key


async def test_a_camera_that_reports_no_exposure_takes_none() -> None:
    async def remember(values: Mapping[str, object] | None) -> None:
        raise AssertionError("nothing is changed")

    async def keep(shot: Shot, picture: Picture) -> None:
        raise AssertionError("nothing is taken")

    with bridge.pace(30):
        camera = Camera("front", settings_of(BARS, frame_rate=30))
        camera.start()
        await running(camera)
        photographer = CameraPhotographer(camera, asyncio.Lock(), remember, ShotTiming(frame=30))
        shots = shots_of(SeriesSettings(schedule="60", exposures=(1000,)))
        with pytest.raises(ShotFailed, match="does not report ExposureTime"):
            await photographer.take(shots, PictureSpec(), keep, full_resolution=False)
        await camera.stop()
