"""A picture in full resolution, between two frames of a smaller stream."""

from __future__ import annotations

import libcamera
import pytest
import simplejpeg
from picamera2 import Picamera2

from mqttcam.camera.source import SourceError
from virtual_pi.inside import bridge
from virtual_pi.inside.cameras import OpenCamera


def test_still_is_as_large_as_the_sensor_and_the_stream_goes_on(opened: OpenCamera) -> None:
    source = opened(size="640x480")
    assert source.read(2) is not None
    picture = source.capture_still(90)
    height, width, _ = simplejpeg.decode_jpeg(picture.jpeg).shape
    assert (width, height) == (picture.width, picture.height) == (1920, 1080)
    assert picture.quality == 90
    for _ in range(10):
        frame = source.read(2)
        assert frame is not None
        assert frame.width == 640


def test_controls_hold_for_the_still_and_after_it(
    opened: OpenCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = libcamera.controls
    with bridge.offering({ids.Brightness: bridge.info(-1.0, 1.0, 0.0)}):
        source = opened(frame_rate=20)
        source.apply({"Brightness": 0.5})
        told: list[dict[str, object]] = []
        start = Picamera2.start_

        def spy(self: Picamera2) -> None:
            told.append(self.controls.make_dict())
            start(self)

        monkeypatch.setattr(Picamera2, "start_", spy)
        source.capture_still(90)
        assert told == [{"FrameDurationLimits": (50000, 50000), "Brightness": 0.5}] * 2


def test_too_little_memory_for_a_still_leaves_the_stream_alone(opened: OpenCamera) -> None:
    with bridge.memory(4 * 640 * 480 * 3 // 2):
        source = opened(size="640x480")
        with pytest.raises(SourceError, match="too little camera memory for a full picture"):
            source.capture_still(90)
        frame = source.read(2)
    assert frame is not None
    assert frame.width == 640


def test_a_stream_that_does_not_go_on_says_why_to_everyone(opened: OpenCamera) -> None:
    camera = opened(size="640x480")
    camera._stream = {"main": {"size": (0, 0), "format": "none"}}
    with pytest.raises(SourceError, match="cannot go on after a still picture"):
        camera.capture_still(80)
    with pytest.raises(SourceError, match="cannot go on after a still picture"):
        camera.read(1.0)
