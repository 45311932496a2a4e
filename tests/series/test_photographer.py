"""Exposure and focus of the pictures of a set: set, waited for in the frames, and restored."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest

from mqttcam.camera.camera import Camera
from mqttcam.camera.control import Control
from mqttcam.camera.frame import Frame, Picture, PictureSpec
from mqttcam.camera.source import SourceInfo, StillSource
from mqttcam.camera.sources.test_pattern.source import TestPattern
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.camera.still import Still
from mqttcam.camera.wakeup import Wakeup
from mqttcam.series.photographer import CameraPhotographer
from mqttcam.series.shots import Shot, ShotFailed, shots_of
from mqttcam.series.timing import ShotTiming
from mqttcam.values import Choice, InvalidValue, Number, Value
from tests.series.rig import settings
from tests.support.devices import camera_settings

_CONTROLS = (
    Control("ExposureTime", Number(0, 200_000, integer=True, words=(("auto", 0),)), 0),
    Control("AnalogueGain", Number(0, 16, words=(("auto", 0),)), 0),
    Control("LensPosition", Number(0, 10), 1.0),
    Control("AfMode", Choice(("Manual", "Auto", "Continuous")), "Continuous"),
)
_DELAY = 3
"""Frames until a value that was set is that of a frame."""


class Hardware:
    """What a camera keeps when it is closed.

    Attributes:
        values: as they are set.
        log: every value that was set, in order.
        reported: the names that frames report.
        limit: the longest exposure that it really makes.
    """

    def __init__(self) -> None:
        self.values: dict[str, Value] = {
            "ExposureTime": 0,
            "AnalogueGain": 0,
            "LensPosition": 3.3,
            "AfMode": "Continuous",
        }
        self.log: list[dict[str, Value]] = []
        self.reported = {"ExposureTime", "AnalogueGain", "LensPosition"}
        self.limit = 1e9
        self.still_exposure: int | None = None

    def metadata(self) -> dict[str, object]:
        automatic = {"ExposureTime": 7777, "AnalogueGain": 2.5}
        found: dict[str, object] = {
            name: self.values[name] or automatic.get(name, 0) for name in sorted(self.reported)
        }
        exposure = found.get("ExposureTime")
        return found if not isinstance(exposure, int) else found | {"ExposureTime": min(exposure, self.limit)}


class Metered(TestPattern, StillSource):
    """A camera that takes some frames until a value has effect."""

    def __init__(self, hardware: Hardware, wake: Wakeup) -> None:
        super().__init__(camera_settings(), wake)
        self._hardware = hardware
        self._coming: list[dict[str, object]] = [hardware.metadata()] * _DELAY

    def open(self) -> SourceInfo:
        info = super().open()
        return SourceInfo(info.model, info.width, info.height, info.frame_rate, _CONTROLS)

    def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        if values.get("ExposureTime") == 13:
            raise InvalidValue("13 is refused", field="ExposureTime")
        also: dict[str, Value] = {"AfMode": "Manual"} if "LensPosition" in values else {}
        self._hardware.log.append(dict(values))
        self._hardware.values |= {**values, **also}
        return {**values, **also}

    def read(self, timeout: float) -> Frame | None:
        frame = super().read(timeout)
        if frame is not None:
            self._coming.append(self._hardware.metadata())
            frame.metadata = self._coming.pop(0)
        return frame

    def take_still(self, raw: bool = False) -> Still:
        frame = super().read(1)
        assert frame is not None
        metadata = self._hardware.metadata()
        if self._hardware.still_exposure is not None:
            metadata["ExposureTime"] = self._hardware.still_exposure
        return Still(Frame(time.time_ns(), frame.width, frame.height, frame.planes, metadata=metadata).copy())


class Stage:
    """A camera with a photographer."""

    def __init__(self, hardware: Hardware, controls: dict[str, object]) -> None:
        self.hardware = hardware
        self.remembered: list[Mapping[str, object] | None] = []
        self.camera = Camera(
            "front",
            camera_settings(frame_rate=50, controls=controls),
            make_source=lambda wakeup: Metered(hardware, wakeup),
        )
        timing = ShotTiming(frame=60)
        self.photographer = CameraPhotographer(self.camera, asyncio.Lock(), self._remember, timing)
        self.taken: list[tuple[str, Picture, dict[str, Value]]] = []

    async def _remember(self, values: Mapping[str, object] | None) -> None:
        self.remembered.append(values)

    async def take(self, *, full_resolution: bool = False, **options: Any) -> list[str]:
        shots = shots_of(settings(**options))
        await self.photographer.take(shots, PictureSpec(90), self._keep, full_resolution=full_resolution)
        return [name for name, _, _ in self.taken]

    async def _keep(self, shot: Shot, picture: Picture) -> None:
        self.taken.append((shot.name, picture, dict(self.hardware.values)))


MakeStage = Callable[..., Any]


@pytest.fixture
async def make_stage() -> AsyncIterator[MakeStage]:
    stages: list[Stage] = []

    async def make(hardware: Hardware | None = None, **controls: object) -> Stage:
        stage = Stage(hardware or Hardware(), controls)
        stages.append(stage)
        stage.camera.start()
        await stage.camera.until(lambda: stage.camera.status is CameraStatus.RUNNING)
        return stage

    yield make
    for stage in stages:
        await stage.camera.stop()


async def test_each_picture_is_taken_once_the_frames_report_its_exposure(make_stage: MakeStage) -> None:
    stage = await make_stage()
    before = dict(stage.hardware.values)
    assert await stage.take(exposures=[1000, 10000, 100000]) == ["-1000us", "-10000us", "-100000us"]
    seqs = [picture.seq for _, picture, _ in stage.taken]
    assert all(later - earlier > _DELAY for earlier, later in pairwise(seqs))
    exposures = [values["ExposureTime"] for _, _, values in stage.taken]
    assert exposures == [1000, 10000, 100000]
    gains = {values["AnalogueGain"] for _, _, values in stage.taken}
    assert gains == {2.5}, "that of the first, or the pictures would be equally bright"
    assert stage.hardware.values == before
    assert stage.remembered == [{"exposure_time": 0, "analogue_gain": 0}, None]
    assert stage.camera.wanted_controls == {}


async def test_what_was_set_before_is_restored(make_stage: MakeStage) -> None:
    stage = await make_stage(ExposureTime=5000, AfMode="Auto")
    await stage.take(exposures=[1000], focus=[0, 2])
    assert [name for name, _, _ in stage.taken] == ["-0dpt-1000us", "-2dpt-1000us"]
    assert [values["LensPosition"] for _, _, values in stage.taken] == [0, 2]
    assert stage.hardware.values["ExposureTime"] == 5000
    assert stage.hardware.values["AfMode"] == "Auto"
    assert stage.camera.wanted_controls == {"ExposureTime": 5000, "AfMode": "Auto"}


async def test_a_lens_that_was_set_by_hand_goes_back(make_stage: MakeStage) -> None:
    stage = await make_stage(AfMode="Manual")
    await stage.take(focus=[0, 2])
    assert stage.hardware.values["LensPosition"] == 3.3
    assert stage.hardware.values["AfMode"] == "Manual"


async def test_a_camera_that_does_not_report_it_takes_no_picture(make_stage: MakeStage) -> None:
    hardware = Hardware()
    hardware.reported = {"AnalogueGain"}
    stage = await make_stage(hardware)
    with pytest.raises(ShotFailed, match="does not report ExposureTime"):
        await stage.take(exposures=[1000])
    assert (stage.taken, hardware.log) == ([], [])


async def test_an_exposure_that_the_camera_does_not_make_is_an_error_and_all_is_restored(
    make_stage: MakeStage,
) -> None:
    stage = await make_stage()
    stage.hardware.limit = 20_000
    stage.photographer = CameraPhotographer(
        stage.camera, asyncio.Lock(), stage._remember, ShotTiming(frame=0.5)
    )
    with pytest.raises(ShotFailed, match="ExposureTime 20000 instead of 100000"):
        await stage.take(exposures=[1000, 100_000])
    assert [name for name, _, _ in stage.taken] == ["-1000us"]
    assert stage.hardware.values["ExposureTime"] == 0


@pytest.mark.parametrize(
    ("exposure", "words"), [(13, "13 is refused"), (500_000, "ExposureTime: 500000 is not")]
)
async def test_a_value_that_is_refused(make_stage: MakeStage, exposure: int, words: str) -> None:
    stage = await make_stage()
    with pytest.raises(ShotFailed, match=words):
        await stage.take(exposures=[exposure])
    assert stage.hardware.values["ExposureTime"] == 0
    assert stage.remembered[-1] is None


async def test_all_is_restored_when_a_picture_cannot_be_kept(make_stage: MakeStage) -> None:
    stage = await make_stage()

    async def refuse(shot: Shot, picture: Picture) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        await stage.photographer.take(
            shots_of(settings(exposures=[1000])), PictureSpec(), refuse, full_resolution=False
        )
    assert stage.hardware.values["ExposureTime"] == 0


async def test_an_interrupted_set_restores_everything_whatever_it_waits_for(make_stage: MakeStage) -> None:
    stage = await make_stage()
    before = dict(stage.hardware.values)
    kept = asyncio.Event()

    async def keep(shot: Shot, picture: Picture) -> None:
        kept.set()
        await asyncio.Event().wait()  # as a disk that hangs

    shots = shots_of(settings(exposures=[1000, 2000]))
    taking = asyncio.create_task(stage.photographer.take(shots, PictureSpec(), keep, full_resolution=False))
    await kept.wait()
    stage.photographer.interrupt()
    with pytest.raises(CameraUnavailable, match="switched on or off"):
        await taking
    assert stage.hardware.values == before
    assert await stage.take(exposures=[3000]) == ["-3000us"], "the next one is taken"


async def test_the_next_process_restores_what_a_killed_one_could_not(make_stage: MakeStage) -> None:
    hardware = Hardware()
    hardware.values |= {"ExposureTime": 100_000, "AnalogueGain": 2.5}
    stage = await make_stage(hardware)
    left = {"exposure_time": 0, "analogue_gain": 0, "gone": 5, "af_mode": 77}
    await stage.photographer.restore(lambda: left)
    assert (hardware.values["ExposureTime"], hardware.values["AnalogueGain"]) == (0, 0)
    assert stage.remembered == [None]


async def test_full_resolution_is_taken_with_the_same_values(make_stage: MakeStage) -> None:
    stage = await make_stage()
    assert await stage.take(exposures=[1000], full_resolution=True) == ["-1000us"]
    stage.hardware.still_exposure = 9999
    with pytest.raises(
        ShotFailed, match="the picture in full resolution has ExposureTime 9999 instead of 1000"
    ):
        await stage.take(exposures=[1000], full_resolution=True)
    assert stage.hardware.values["ExposureTime"] == 0
