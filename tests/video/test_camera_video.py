"""The video of a camera: one encoder for all readers, none without, and nothing after the camera was switched off."""

from __future__ import annotations

import asyncio
import threading
from itertools import pairwise
from typing import Any

import pytest

from mqttcam.devices.camera import CameraDevice
from mqttcam.imaging.i420 import I420
from mqttcam.settings.video import VideoSettings
from mqttcam.video.camera_video import CameraVideo
from mqttcam.video.encoder import H264Encoder, VideoUnavailable
from mqttcam.video.unit import Unit
from tests.support.devices import MakeDevice
from tests.support.video_reader import Reader
from tests.support.waiting import until

pytest.importorskip("av")


def encoder_threads() -> list[threading.Thread]:
    """Return the threads that encode video."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("video ")]


async def test_all_readers_share_an_encoder_which_ends_with_the_last_one(running: CameraDevice) -> None:
    video = running.video
    one, two = Reader(), Reader()
    with video.read(one):
        await until(lambda: len(one.units) >= 3, "units")
        with video.read(two):
            await until(lambda: any(unit.is_keyframe for unit in two.units), "a keyframe for the new reader")
            assert len(encoder_threads()) == 1
            assert two.units[-1] is one.units[-1]
    assert one.units[0].is_keyframe
    assert (one.units[0].width, one.units[0].height) == (64, 48)
    stamps = [unit.pts for unit in one.units]
    assert stamps == sorted(set(stamps))
    await until(lambda: not encoder_threads(), "the end of the thread")


async def test_nothing_is_encoded_without_a_reader(running: CameraDevice) -> None:
    seen = running.camera.stats.frames
    await until(lambda: running.camera.stats.frames >= seen + 5, "frames")
    assert not encoder_threads()


async def test_size_and_rate_are_limited(make_device: MakeDevice) -> None:
    device = make_device(size="128x96", frame_rate=25, video={"size": "64x64", "fps": 5})
    device.camera.start()
    try:
        reader = Reader()
        with device.video.read(reader):
            await until(lambda: len(reader.units) >= 4, "units")
        assert (reader.units[0].width, reader.units[0].height) == (64, 48)
        steps = [
            after.pts - before.pts for before, after in zip(reader.units, reader.units[1:], strict=False)
        ]
        assert min(steps) > 90_000 / 5 / 2
    finally:
        await device.camera.stop()


async def test_less_is_encoded_while_it_is_reduced_and_the_stream_goes_on(running: CameraDevice) -> None:
    """25 fps become 6.25; time stamps are still those of the frames."""
    reduction, video, reader = running.camera.reductions.video, running.video, Reader()
    assert video.encoded_fps == 0
    with video.read(reader):
        assert video.encoded_fps == 25
        await until(lambda: len(reader.units) >= 5, "units")
        reduction.halvings = 2
        seen = len(reader.units) + 3  # those that were being encoded
        await until(lambda: len(reader.units) >= seen + 3, "fewer units")
        reduced = reader.units[seen:]
        reduction.halvings = 0
        seen = len(reader.units)
        await until(lambda: len(reader.units) >= seen + 5, "all units again")
    for before, after in pairwise(reduced):
        assert after.pts - before.pts >= 90_000 / 25 * 3
        assert (after.pts - before.pts) / 90_000 == pytest.approx(
            (after.ts_ns - before.ts_ns) / 1e9, abs=1e-3
        )
    steps = [after.pts - before.pts for before, after in pairwise(reader.units[seen + 1 :])]
    assert min(steps) < 90_000 / 25 * 2


async def test_its_size_is_that_before_the_picture_is_turned(make_device: MakeDevice) -> None:
    device = make_device(size="128x96", rotation=90, frame_rate=25, video={"size": "64x48"})
    device.camera.start()
    try:
        reader = Reader()
        with device.video.read(reader):
            await until(lambda: reader.units, "a unit")
        assert (reader.units[0].width, reader.units[0].height) == (48, 64)
    finally:
        await device.camera.stop()


class Held(H264Encoder):
    """Encodes when a test lets it."""

    entered = threading.Event()
    released = threading.Event()

    def encode(self, i420: I420, pts: int, ts_ns: int) -> Unit | None:
        self.entered.set()
        assert self.released.wait(20)
        return super().encode(i420, pts, ts_ns)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> type[Held]:
    Held.entered, Held.released = threading.Event(), threading.Event()
    return Held


async def test_what_is_being_encoded_while_the_camera_is_switched_off_does_not_leave(
    running: CameraDevice, held: type[Held]
) -> None:
    reader = Reader()
    video = CameraVideo(running.camera, VideoSettings(), held)
    with video.read(reader):
        await asyncio.to_thread(held.entered.wait, 10)
        running.camera.set_enabled(False)
        held.released.set()
        thread = encoder_threads()[0]
    # The thread ends after what it encodes, which by then is on the loop.
    await asyncio.to_thread(thread.join, 10)
    await asyncio.sleep(0)
    assert not reader.units


async def test_a_slow_encoder_drops_frames_and_counts_them(running: CameraDevice, held: type[Held]) -> None:
    reader = Reader()
    video = CameraVideo(running.camera, VideoSettings(), held)
    with video.read(reader):
        await asyncio.to_thread(held.entered.wait, 10)
        seen = running.camera.stats.frames
        await until(lambda: running.camera.stats.frames >= seen + 10, "frames in the meantime")
        held.released.set()
        await until(lambda: reader.units, "the first unit")
    assert video.dropped >= 7


async def test_a_failure_is_told_to_every_reader_and_the_next_one_tries_again(running: CameraDevice) -> None:
    made: list[Any] = []

    def make(*arguments: Any) -> H264Encoder:
        made.append(arguments)
        if len(made) == 1:
            raise VideoUnavailable("the encoder is in use")
        return H264Encoder(*arguments)

    video = CameraVideo(running.camera, VideoSettings(), make)
    one, two = Reader(), Reader()
    with video.read(one), video.read(two):
        await until(lambda: one.problem and two.problem, "the problem")
    assert one.problem == two.problem == video.problem == "the encoder is in use"
    again = Reader()
    with video.read(again):
        await until(lambda: again.units, "units")
    assert video.problem is None
