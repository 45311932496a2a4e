"""USB cameras that give H.264: it is passed on as it is, and decoded only while pictures are wanted."""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.v4l2 import V4l2Camera
from mqttcam.camera.wakeup import Wakeup
from mqttcam.imaging.annex_b import is_keyframe, parameter_sets
from mqttcam.settings import CameraSettings
from mqttcam.video.camera_video import CameraVideo
from tests.camera.sources.fake_v4l2 import FakeDevice
from tests.recordings.rig import encoded
from tests.support.cameras import running
from tests.support.pictures import jpeg
from tests.support.video_reader import Reader
from tests.support.waiting import until

pytest.importorskip("av")
pytest.importorskip("videodev2")

UNITS = [unit.data for unit in encoded(noise=20)]
"""Each tenth is a keyframe; no two are the same."""


@pytest.fixture
def device(tmp_path: Path) -> FakeDevice:
    return made(tmp_path, ("YUYV", "MJPG", "H264"))


def made(tmp_path: Path, formats: Sequence[str], units: Sequence[bytes] = UNITS) -> FakeDevice:
    path = tmp_path / "video0"
    path.touch()
    return FakeDevice(str(path), formats, units, jpeg(64, 48))


def settings_of(device: FakeDevice, source: dict[str, Any] | None = None, **video: Any) -> CameraSettings:
    wanted = {"type": "v4l2", "device": device.path} | (source or {})
    return CameraSettings.model_validate(
        {"source": wanted, "size": "64x48", "frame_rate": 100, "video": video}
    )


@asynccontextmanager
async def camera_with(
    device: FakeDevice, source: dict[str, Any] | None = None, **video: Any
) -> AsyncIterator[tuple[Camera, CameraVideo]]:
    """Run a camera on a device."""
    settings = settings_of(device, source, **video)
    camera = Camera("front", settings, make_source=lambda wakeup: V4l2Camera(settings, wakeup, device.open))
    camera.start()
    try:
        await running(camera)
        yield camera, CameraVideo(camera, settings.video)
    finally:
        await camera.stop()


@pytest.mark.parametrize(
    ("formats", "source", "encoder", "chosen"),
    [
        (("YUYV", "MJPG", "H264"), "auto", "copy", "H264"),
        (("YUYV", "MJPG", "HEVC"), "auto", "copy", "HEVC"),
        (("YUYV", "MJPG"), "auto", "copy", "MJPG"),
        (("YUYV", "MJPG", "H264"), "auto", "auto", "MJPG"),
        (("YUYV", "MJPG", "H264"), "auto", "libx264", "MJPG"),
        (("H264",), "auto", "auto", "H264"),
        (("YUYV", "MJPG", "H264"), "h264", "auto", "H264"),
        (("YUYV", "MJPG", "H264"), "mjpeg", "copy", "MJPG"),
    ],
)
def test_which_format_is_chosen(
    tmp_path: Path, formats: tuple[str, ...], source: str, encoder: str, chosen: str
) -> None:
    device = made(tmp_path, formats)
    camera = V4l2Camera(settings_of(device, {"format": source}, encoder=encoder), Wakeup(), device.open)
    camera.open()
    assert device.format == chosen
    offer = camera.video
    assert (offer.codec if offer else None) == {"H264": "h264", "HEVC": "hevc"}.get(chosen)
    assert device.buffers == (4 if offer is None else 8)
    camera.close()
    assert device.buffers == 0


async def test_packets_are_passed_on_as_they_are_and_nothing_is_decoded(device: FakeDevice) -> None:
    async with camera_with(device, encoder="copy") as (camera, video):
        reader = Reader()
        with video.read(reader):
            await until(lambda: len(reader.units) > 35, "units")
            assert video.encoder == "copy"
            assert device.requests, "for a keyframe, as a reader has come"
            units = list(reader.units)
        first = device.given.index(units[0].data)
        assert units[0].is_keyframe
        assert [unit.data for unit in units] == device.given[first : first + len(units)]
        stamps = [unit.pts for unit in units]
        assert stamps == sorted(set(stamps))
        assert (units[0].width, units[0].height) == (64, 48)
        assert camera.last_error is None
        sent = len(device.given)
        await until(lambda: len(device.given) > sent + 10, "frames without a reader")
        assert len(reader.units) == len(units)


async def test_pictures_are_decoded_while_they_are_wanted(device: FakeDevice) -> None:
    async with camera_with(device, encoder="copy") as (camera, _):
        picture = await camera.take_snapshot(PictureSpec(quality=80), 30)
        assert (picture.width, picture.height) == (64, 48)
        source = camera._supervisor.capture._source  # type: ignore[union-attr]
        assert isinstance(source, V4l2Camera)
        before = source.undecoded
        await until(lambda: source.undecoded > before + 10, "frames that nothing wants")
        frames = camera.stats.frames
        assert frames >= source.undecoded


async def test_video_continues_at_a_keyframe_after_losses(device: FakeDevice) -> None:
    async with camera_with(device, encoder="copy") as (_, video):
        reader = Reader()

        def has_requested(before: int) -> bool:
            return device.requests > before

        def has_units(count: int) -> bool:
            return len(reader.units) >= count

        with video.read(reader):
            await until(lambda: len(reader.units) > 5, "units")
            for harm in ("lost", "damaged"):
                requests, number = device.requests, len(reader.units)
                setattr(device, harm, 3 if harm == "lost" else True)
                await until(partial(has_requested, requests), "a request for a keyframe")
                await until(partial(has_units, number + 30), "units")
            units = [UNITS.index(unit.data) for unit in reader.units]
    for before, after in pairwise(units):
        assert after == (before + 1) % len(UNITS) or after % 10 == 0


async def test_parameter_sets_that_come_once_stand_before_every_keyframe(tmp_path: Path) -> None:
    """As some cameras send them at the start alone."""
    units = [UNITS[0], *(unit[len(parameter_sets(unit, "h264")) :] for unit in UNITS[1:])]
    device = made(tmp_path, ("H264",), units)
    async with camera_with(device) as (_, video):
        reader = Reader()
        with video.read(reader):
            await until(lambda: sum(unit.is_keyframe for unit in reader.units) > 2, "keyframes")
        assert all(parameter_sets(unit.data, "h264") for unit in reader.units if unit.is_keyframe)


async def test_settings_that_need_encoding_are_obeyed(tmp_path: Path) -> None:
    device = made(tmp_path, ("H264",))
    settings = settings_of(device).model_copy(update={"rotation": 180})
    camera = Camera("front", settings, make_source=lambda wakeup: V4l2Camera(settings, wakeup, device.open))
    camera.start()
    await running(camera)
    video, reader = CameraVideo(camera, settings.video), Reader()
    with video.read(reader):
        await until(lambda: bool(reader.units), "units")
        assert video.encoder == "libx264"
    await camera.stop()


def test_video_that_cannot_be_decoded_is_a_failure(tmp_path: Path) -> None:
    broken = [parameter_sets(UNITS[0], "h264") + b"\0\0\0\1\x65" + bytes([255]) * 40]
    assert is_keyframe(broken[0], "h264")
    device = made(tmp_path, ("H264",), broken)
    camera = V4l2Camera(settings_of(device), Wakeup(), device.open)
    camera.open()
    assert camera.waiting_for == "video comes, no keyframe yet"

    def read_on() -> None:
        for _ in range(100):
            assert camera.read(1) is None

    with pytest.raises(SourceError, match="cannot be decoded"):
        read_on()
    camera.close()


def test_without_pyav_another_format_is_used(device: FakeDevice, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name == "av":
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    camera = V4l2Camera(settings_of(device, encoder="copy"), Wakeup(), device.open)
    camera.open()
    assert device.format == "MJPG"
    camera.close()
    camera = V4l2Camera(settings_of(device, {"format": "h264"}), Wakeup(), device.open)
    with pytest.raises(SourceError, match=r"mqttcam\[video\]"):
        camera.open()


def test_keyframes_are_found_by_their_parts() -> None:
    assert [is_keyframe(unit, "h264") for unit in UNITS[:11]] == [True, *[False] * 9, True]
    start = b"\0\0\0\1"
    assert not is_keyframe(b"", "h264")
    assert not is_keyframe(start + b"\x67" + start + b"\x68", "h264")
    cra, trailing, sps = (bytes([kind << 1, 1, 0]) for kind in (21, 1, 33))
    assert is_keyframe(start + sps + start + cra, "hevc")
    assert not is_keyframe(start + trailing, "hevc")
