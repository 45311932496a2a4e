"""An encoder that is too slow for its camera gets a faster preset, once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from mqttcam.devices.camera import CameraDevice
from mqttcam.imaging.i420 import I420
from mqttcam.settings.video import VideoSettings
from mqttcam.video.camera_video import CameraVideo
from mqttcam.video.encoder import H264Encoder
from mqttcam.video.encoder_speed import EncoderSpeed
from mqttcam.video.unit import Unit
from tests.support.video_reader import Reader
from tests.support.waiting import until
from tests.video.test_encoder import encoded

pytest.importorskip("av")


def results(seconds: float, fps: float, count: int = 90) -> Iterator[float]:
    """Yield what an encoder with this time per frame is found to take too long with."""
    speed = EncoderSpeed()
    for _ in range(count):
        if (average := speed.add(seconds, fps)) is not None:
            yield average


def test_half_of_the_time_is_the_limit() -> None:
    assert not list(results(0.019, 25))
    assert list(results(0.021, 25)) == [pytest.approx(0.021)]
    assert not list(results(0.021, 15))


def test_a_few_slow_frames_are_no_reason() -> None:
    assert not list(results(1, 25, count=29))


class Slow(H264Encoder):
    """Takes 50 ms of CPU time per frame with its usual preset, too long for 25 fps."""

    presets: list[bool]

    def __init__(
        self, settings: VideoSettings, width: int, height: int, fps: float, fast: bool = False
    ) -> None:
        super().__init__(settings, width, height, fps, fast)
        self.presets.append(fast)
        self._slow = not fast

    def encode(self, i420: I420, pts: int, ts_ns: int) -> Unit | None:
        end = time.thread_time() + 0.05
        while self._slow and time.thread_time() < end:
            pass
        return super().encode(i420, pts, ts_ns)


async def test_the_preset_changes_and_the_stream_goes_on(running: CameraDevice, caplog: Any) -> None:
    Slow.presets = []
    video = CameraVideo(running.camera, VideoSettings(), Slow)
    reader = Reader()
    with video.read(reader):
        await until(lambda: len(Slow.presets) == 2, "the other preset")
        seen = len(reader.units)
        await until(lambda: len(reader.units) > seen + 2, "units")
    assert Slow.presets == [False, True]
    stamps = [unit.pts for unit in reader.units]
    assert stamps == sorted(set(stamps))
    with video.read(Reader()):
        await until(lambda: len(Slow.presets) == 3, "another encoder")
    assert Slow.presets[2], "it is remembered"
    assert caplog.text.count("ultrafast") == 1


def test_the_faster_preset_needs_less_time_and_more_bits() -> None:
    def size(fast: bool) -> int:
        encoder = H264Encoder(VideoSettings(), 320, 240, 10, fast)
        return sum(len(unit.data) for unit in encoded(encoder, 5))

    assert size(True) > size(False)
