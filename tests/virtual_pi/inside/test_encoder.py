"""The encoder of a Pi 4, for which picamera2's own software encoder takes the place here.

It takes the same requests and gives the same packets. What the hardware does differently is seen by `check-pi.py`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import runpy
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange
from picamera2 import Picamera2, encoders

from mqttcam.camera.camera import Camera
from mqttcam.camera.source import SourceError
from mqttcam.camera.sources.picamera2 import PiCamera
from mqttcam.camera.video_packet import VideoPacket
from mqttcam.camera.wakeup import Wakeup
from mqttcam.imaging.annex_b import parameter_sets
from mqttcam.settings.video import VideoSettings
from mqttcam.video.camera_video import CameraVideo
from mqttcam.video.unit import Unit
from tests.support.project import PROJECT
from tests.support.waiting import PATIENCE
from tests.virtual_pi.inside import bridge
from tests.virtual_pi.inside.cameras import settings_of


class SoftwareEncoder(encoders.LibavH264Encoder):  # type: ignore[misc]
    """Takes the place of the hardware."""

    made: list[dict[str, Any]]
    problem: str | None

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.made.append(options)
        self.threads, self.drop_final_frames = 1, True

    def _start(self) -> None:
        if self.problem:
            raise RuntimeError(self.problem)
        super()._start()

    def force_key_frame(self) -> None:
        """Begin anew: picamera2's own way fails with PyAV 19."""
        self._stop()
        super()._start()


@pytest.fixture
def hardware(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the device of a machine with the encoder."""
    SoftwareEncoder.made, SoftwareEncoder.problem = [], None
    monkeypatch.setattr(encoders, "H264Encoder", SoftwareEncoder)
    device = tmp_path / "video11"
    device.touch()
    return device


def source_with(device: Path, **settings: Any) -> PiCamera:
    """Return a source on a machine whose encoder is this device."""
    return PiCamera(settings_of(**settings), Wakeup(), encoder_device=device)


def read_until(source: PiCamera, condition: Callable[[], object]) -> None:
    """Read frames until a condition holds."""
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "in vain"
        source.read(0.5)


def test_packets_are_those_of_the_frames(hardware: Path) -> None:
    source = source_with(hardware, frame_rate=30)
    with bridge.pace(20):
        source.open()
        try:
            offer = source.video
            assert offer is not None
            assert (offer.encoder, offer.codec, offer.width, offer.height) == ("picamera2", "h264", 640, 480)
            assert offer.is_oriented
            packets: list[VideoPacket] = []
            source.start_video(VideoSettings(keyframe_interval=0.5), packets.append)
            assert SoftwareEncoder.made[-1] == {
                "bitrate": 921600, "qp": None, "repeat": True, "iperiod": 15
            }  # fmt: skip
            read_until(source, lambda: len(packets) > 17)
            first = packets[0]
            assert first.is_keyframe
            assert all(parameter_sets(one.data, "h264") for one in packets if one.is_keyframe)
            assert 0 <= time.time_ns() - first.ts_ns < 10e9
            assert sum(one.is_keyframe for one in packets) > 1
            stamps = [one.pts_ns for one in packets]
            # A virtual camera may fill its first buffers within a microsecond.
            assert stamps == sorted(stamps)  # type: ignore[type-var]
            assert len(set(stamps)) > 10
            frame = source.read(2)
            assert frame is not None
            assert frame.planes is not None
            decoder = av.CodecContext.create("h264", "r")
            *_, picture = [picture for one in packets for picture in decoder.decode(av.Packet(one.data))]
            assert np.abs(picture.to_ndarray()[:480].astype(int) - frame.planes[0]).mean() < 12

            source.request_keyframe()
            seen = len(packets)
            read_until(source, lambda: any(one.is_keyframe for one in packets[seen:]))
            source.take_still()
            seen = len(packets)
            read_until(source, lambda: len(packets) > seen + 2)
            assert {(one.width, one.height) for one in packets} == {(640, 480)}
            source.stop_video()
            seen = len(packets)
            source.read(2)
            source.read(2)
            assert len(packets) == seen
        finally:
            source.close()


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ({"bitrate": "1M"}, {"bitrate": 1_000_000, "qp": None, "iperiod": 60}),
        ({"quality": 30}, {"bitrate": None, "qp": 30, "iperiod": 60}),
        ({"fps": 5}, {"bitrate": 153600, "qp": None, "iperiod": 10}),
    ],
)
def test_settings_of_the_encoder(hardware: Path, settings: dict[str, Any], options: dict[str, Any]) -> None:
    source = source_with(hardware, frame_rate=30)
    with bridge.pace(20):
        source.open()
        try:
            source.start_video(VideoSettings.model_validate(settings), lambda _packet: None)
            assert SoftwareEncoder.made[-1] == {"repeat": True} | options
        finally:
            source.close()


@pytest.mark.parametrize(("colour_space", "is_declared"), [("Sycc", True), ("Rec709", False)])
def test_full_range_is_declared_for_the_colour_space_of_jpeg_alone(
    hardware: Path, colour_space: str, is_declared: bool
) -> None:
    """Players take video of any other colour space for limited range, as it is."""
    source = source_with(hardware, frame_rate=30, colour_space=colour_space)
    with bridge.pace(20):
        source.open()
        try:
            packets: list[VideoPacket] = []
            source.start_video(VideoSettings(), packets.append)
            read_until(source, lambda: packets)
        finally:
            source.close()
    decoder = av.CodecContext.create("h264", "r")
    pictures = [*decoder.decode(av.Packet(packets[0].data)), *decoder.decode(None)]
    assert (pictures[0].color_range == ColorRange.JPEG) is is_declared


def test_a_machine_without_the_encoder_offers_none(tmp_path: Path) -> None:
    source = source_with(tmp_path / "video11")
    source.open()
    assert source.video is None
    source.close()


def test_pictures_that_the_camera_cannot_turn_are_not_offered_as_they_should_be(hardware: Path) -> None:
    source = source_with(hardware, rotation=90)
    source.open()
    assert source.video is not None
    assert not source.video.is_oriented
    source.close()


class Reader:
    """Keeps units."""

    def __init__(self) -> None:
        self.units: list[Unit] = []

    def deliver(self, unit: Unit) -> None:
        self.units.append(unit)

    def fail(self, problem: str) -> None:
        raise AssertionError(problem)


async def units_of(camera: Camera, encoder: str) -> list[Unit]:
    """Return units of a running camera, once this encoder makes them."""
    reader, video = Reader(), CameraVideo(camera, VideoSettings())
    camera.start()
    try:
        with video.read(reader):
            async with asyncio.timeout(PATIENCE):
                while len(reader.units) < 5 or video.encoder != encoder:
                    await asyncio.sleep(0.02)
    finally:
        await camera.stop()
    return reader.units


async def test_auto_prefers_it_and_encodes_otherwise_where_it_does_not_start(
    hardware: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def camera() -> Camera:
        return Camera("front", settings_of(), make_source=lambda _wake: source_with(hardware))

    with bridge.pace(20):
        units = await units_of(camera(), "picamera2")
        assert units[0].is_keyframe
        SoftwareEncoder.problem = "the device is busy"
        await units_of(camera(), "libx264")
    assert len(caplog.records) == 1
    assert caplog.records[0].levelno == logging.WARNING
    assert "picamera2's encoder does not start: the device is busy" in caplog.text


def test_an_encoder_that_does_not_start_leaves_the_camera_open(hardware: Path) -> None:
    SoftwareEncoder.problem = "the device is busy"
    source = source_with(hardware)
    source.open()
    try:
        with pytest.raises(SourceError, match="does not start: the device is busy"):
            source.start_video(VideoSettings(), lambda _packet: None)
        assert source.read(5) is not None
        assert isinstance(source._camera, Picamera2)
    finally:
        source.close()


def test_the_check_for_a_real_pi(hardware: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Subject:
        @contextlib.contextmanager
        def opened(self) -> Iterator[PiCamera]:
            source = source_with(hardware, frame_rate=30)
            source.open()
            try:
                yield source
            finally:
                source.close()

    deploy = PROJECT / "deploy"
    monkeypatch.syspath_prepend(deploy)
    check = runpy.run_path(str(deploy / "pi_checks.py"))["hardware_video"]
    with bridge.pace(15):
        assert "packets" in check(Subject())
