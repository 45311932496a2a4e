"""The encoder: the picture that comes out of a decoder, keyframes, limits, and what cannot be opened."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from mqttcam.imaging.i420 import I420
from mqttcam.settings.video import VideoSettings
from mqttcam.video.conversion import raster_to_i420
from mqttcam.video.encoder import H264Encoder, VideoUnavailable
from mqttcam.video.unit import CLOCK, Unit

av = pytest.importorskip("av")


def settings(**keys: object) -> VideoSettings:
    """Return the settings of an encoder."""
    return VideoSettings.model_validate(keys)


def scene(seed: int = 0, width: int = 320, height: int = 240) -> I420:
    """Return a picture with some noise, different for each seed."""
    noise = np.random.default_rng(seed).integers(0, 40, (height, width)).astype(np.uint8)
    grey = np.full((height // 2, width // 2), 128, np.uint8)
    return raster_to_i420((noise + 100, grey, grey))


def nal_types(unit: Unit) -> list[int]:
    """Return the types of its NAL units (ITU-T H.264, table 7-1)."""
    return [part[0] & 31 for part in unit.data.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]]


def encoded(encoder: H264Encoder, count: int, fps: int = 10, seed: int = 0) -> list[Unit]:
    """Encode this many frames."""
    units = [encoder.encode(scene(seed + i), i * CLOCK // fps, i) for i in range(count)]
    assert None not in units, "no frame waits in the encoder"
    return [unit for unit in units if unit is not None]


def test_the_decoded_picture_has_the_colours_of_the_frame() -> None:
    """Full range and the matrix of a JPEG, also for a decoder that only looks at the stream."""
    pixels = np.zeros((240, 320, 4), np.uint8)
    for i, colour in enumerate([(255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)]):
        pixels[:, i * 64 : (i + 1) * 64, :3] = colour
    i420 = raster_to_i420(pixels)
    assert (i420[0, 0], i420[0, 319]) == (255, 0)
    unit = H264Encoder(settings(quality=1), 320, 240, 10).encode(i420, 0, 7)
    assert unit is not None
    assert unit.ts_ns == 7
    (frame,) = av.CodecContext.create("h264", "r").decode(av.Packet(unit.data))
    assert (frame.width, frame.height, frame.color_range, frame.colorspace) == (320, 240, 2, 6)
    assert np.abs(frame.to_ndarray().astype(int) - i420).max() <= 6


def test_keyframes_come_first_by_time_and_on_request() -> None:
    encoder = H264Encoder(settings(keyframe_interval=1), 320, 240, 10)
    units = encoded(encoder, 25)
    assert [i for i, unit in enumerate(units) if unit.is_keyframe] == [0, 10, 20]
    assert [unit.pts for unit in units] == [i * 9000 for i in range(25)]
    encoder.request_keyframe()
    after = encoder.encode(scene(99), 25 * 9000, 0)
    assert after is not None
    assert after.is_keyframe
    assert nal_types(after)[:3] == [9, 7, 8] or nal_types(after)[:2] == [7, 8], "SPS and PPS stand before it"


def test_quality_changes_the_size() -> None:
    sizes = [
        sum(len(unit.data) for unit in encoded(H264Encoder(settings(quality=quality), 320, 240, 10), 5))
        for quality in (15, 40)
    ]
    assert sizes[0] > 3 * sizes[1]


def test_a_bit_rate_is_not_exceeded() -> None:
    encoder = H264Encoder(settings(bitrate="200k"), 320, 240, 10)
    free = sum(len(unit.data) for unit in encoded(H264Encoder(settings(), 320, 240, 10), 60))
    size = sum(len(unit.data) for unit in encoded(encoder, 60))
    assert size < 200_000 / 8 * (6 + 1.5) < free


def test_an_odd_size_loses_a_pixel() -> None:
    pixels = np.zeros((33, 47, 4), np.uint8)
    assert raster_to_i420(pixels).shape == (48, 46)


def test_an_encoder_that_does_not_open_is_named() -> None:
    with pytest.raises(VideoUnavailable, match=r"no encoder opens for 320x240 \(h264_v4l2m2m: "):
        H264Encoder(settings(encoder="h264_v4l2m2m"), 320, 240, 10)


def test_without_pyav_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(VideoUnavailable, match=r"install mqttcam\[video\]"):
        H264Encoder(settings(), 320, 240, 10)
