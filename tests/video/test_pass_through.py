"""Video that a camera sends as H.264 or H.265: passed on as it is, and encoded only where that is asked for."""

from __future__ import annotations

import asyncio
import io
import itertools
import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from mqttcam.camera.source_video import SourceVideo
from mqttcam.devices.camera import CameraDevice
from mqttcam.imaging.annex_b import parameter_sets
from mqttcam.settings.video import VideoSettings
from mqttcam.video.unit import Unit
from tests.camera.sources.raw_http_camera import raw_http_camera
from tests.support.cameras import running
from tests.support.devices import MakeDevice
from tests.support.video import transport_stream
from tests.support.video_reader import Reader
from tests.support.waiting import until
from tests.video.test_camera_video import encoder_threads

av = pytest.importorskip("av")

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"
COUNT = 600
"""Frames of a stream: 12 s at `PERIOD`, as the camera is read for seconds before its first frame."""
PERIOD = 0.02
H265: dict[str, Any] = {"codec": "libx265", "x265-params": "log-level=none:bframes=0:keyint=10:min-keyint=10"}

B_FRAMES: dict[str, Any] = {"bf": "2", "tune": "film", "b-adapt": "0"}


@contextmanager
def camera(pieces: list[bytes], then: list[bytes] | None = None) -> Iterator[tuple[str, threading.Event]]:
    """Serve a stream, and another one after it once the event is set."""
    switch = threading.Event()

    def respond(_request: bytes) -> Iterator[bytes]:
        yield HEAD
        for piece in pieces:
            if switch.is_set():
                break
            yield piece
            time.sleep(PERIOD)
        for piece in then or ():
            yield piece
            time.sleep(PERIOD)

    with raw_http_camera(respond) as url:
        yield url, switch


@pytest.fixture(scope="module")
def h264() -> list[bytes]:
    """Frames of 64x48, every tenth a keyframe."""
    return transport_stream(COUNT, key_frames=range(0, COUNT, 10))


@asynccontextmanager
async def opened(make_device: MakeDevice, url: str, **settings: Any) -> AsyncIterator[CameraDevice]:
    """Run a camera with this address."""
    device = make_device(source={"type": "url", "url": url, "kind": "video"}, **{"size": None, **settings})
    device.camera.start()
    try:
        await running(device.camera)
        yield device
    finally:
        await device.camera.stop()


async def units(device: CameraDevice, done: Callable[[Reader], bool]) -> Reader:
    """Read the video until a condition holds."""
    reader = Reader()
    with device.video.read(reader):
        await until(lambda: done(reader) or reader.problem, "units")
    assert reader.problem is None
    stamps = [unit.pts for unit in reader.units]
    assert stamps == sorted(set(stamps))
    return reader


async def test_packets_are_passed_on_and_nothing_is_decoded(
    make_device: MakeDevice, h264: list[bytes]
) -> None:
    with camera(h264) as (url, _):
        async with opened(make_device, url) as device:
            reader = Reader()
            with device.video.read(reader):
                await until(lambda: len(reader.units) >= 15, "units")
                assert device.video.encoder == "copy"
                assert not encoder_threads()
                frames = device.camera.stats.frames
                await until(
                    lambda: device.camera.stats.frames > frames + 5, "frames are counted nevertheless"
                )
                capture = device.camera._supervisor.capture
                assert capture is not None
                source: Any = capture._source
                assert source.undecoded > 10
            first = reader.units[0]
            assert first.is_keyframe
            assert parameter_sets(first.data, "h264")
            assert (first.width, first.height, first.codec) == (64, 48, "h264")
            assert abs(first.ts_ns - time.time_ns()) < 60e9
            with av.open(io.BytesIO(b"".join(h264))) as container:
                packets = {bytes(packet) for packet in container.demux(video=0)}
            assert all(unit.data in packets for unit in reader.units), "byte for byte"
            steps = [after.pts - before.pts for before, after in itertools.pairwise(reader.units)]
            assert set(steps) == {9000}, "by the camera's own time stamps"
            assert device.video.encoder is None
            undecoded = source.undecoded
            await device.take_snapshot(device.image_spec, None)
            assert source.undecoded >= undecoded, "a snapshot is made between two keyframes"


async def test_every_frame_is_decoded_while_motion_is_detected(
    make_device: MakeDevice, h264: list[bytes]
) -> None:
    with camera(h264) as (url, _):
        async with opened(make_device, url, motion=True) as device:
            assert device.motion is not None
            capture = device.camera._supervisor.capture
            assert capture is not None
            source: Any = capture._source
            frames = device.camera.stats.frames
            await until(lambda: device.camera.stats.frames > frames + 15, "frames")
            assert source.undecoded == 0
            device.motion.set_enabled(False)
            await until(lambda: source.undecoded > 15, "frames that are not decoded")


async def test_h265_is_passed_on_with_a_note(
    make_device: MakeDevice, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with camera(transport_stream(300, **H265)) as (url, _):
        async with opened(make_device, url) as device:
            reader = await units(device, lambda reader: len(reader.units) >= 3)
            assert {unit.codec for unit in reader.units} == {"hevc"}
            assert device.video.note is not None
            assert "H.265" in device.video.note
            await units(device, lambda reader: len(reader.units) >= 1)
    assert caplog.text.count("H.265") == 1


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"size": "32x24"}, "size"),
        ({"video": {"size": "32x24"}}, "video.size"),
        ({"video": {"fps": 5}}, "video.fps"),
        ({"video": {"quality": 30}}, "video.quality"),
        ({"video": {"bitrate": "200k"}}, "video.bitrate"),
    ],
)
async def test_settings_that_a_copy_does_not_comply_with(
    make_device: MakeDevice, h264: list[bytes], settings: dict[str, Any], name: str
) -> None:
    with camera(h264) as (url, _):
        async with opened(make_device, url, **settings) as device:
            await units(device, lambda reader: len(reader.units) >= 1)
            assert device.video.note == f"the camera's own video is not used: it does not comply with {name}"


async def test_copy_is_a_copy_whatever_the_size(make_device: MakeDevice, h264: list[bytes]) -> None:
    with camera(h264) as (url, _):
        async with opened(make_device, url, size="32x24", video={"encoder": "copy"}) as device:
            reader = await units(device, lambda reader: device.video.encoder == "copy" and bool(reader.units))
            assert reader.units[0].width == 64
            assert device.video.note == "the camera's own video is used: size has no effect on it"


async def test_pictures_that_are_turned_are_encoded_in_any_case(
    make_device: MakeDevice, h264: list[bytes]
) -> None:
    with camera(h264) as (url, _):
        async with opened(make_device, url, rotation=90, video={"encoder": "copy"}) as device:
            reader = await units(device, lambda reader: bool(reader.units))
            assert (reader.units[0].width, reader.units[0].height) == (48, 64)
            assert device.video.note is not None
            assert "turned" in device.video.note


async def test_b_frames_are_encoded_instead(
    make_device: MakeDevice, caplog: pytest.LogCaptureFixture
) -> None:
    pieces = transport_stream(COUNT, key_frames=range(0, COUNT, 20), **B_FRAMES)
    with camera(pieces) as (url, _):
        async with opened(make_device, url) as device:
            reader = await units(
                device, lambda reader: device.video.encoder == "libx264" and len(reader.units) > 9
            )
            assert reader.units[-1].width == 64
            assert "B-frames" in (device.video.note or "")
            await units(device, lambda reader: device.video.encoder == "libx264" and bool(reader.units))
    assert caplog.text.count("B-frames") == 1


async def test_a_new_size_and_a_new_connection(make_device: MakeDevice, h264: list[bytes]) -> None:
    larger = transport_stream(COUNT, key_frames=range(0, COUNT, 10), size=(128, 96))
    with camera(h264, larger) as (url, switch):
        async with opened(make_device, url) as device:
            reader = Reader()
            with device.video.read(reader):
                await until(lambda: reader.units, "the first size")
                switch.set()
                await until(lambda: reader.units[-1].width == 128, "the second size")
                changed = next(unit for unit in reader.units if unit.width == 128)
                assert changed.is_keyframe
                await device.camera.restart()
                seen = len(reader.units)
                await until(lambda: len(reader.units) > seen, "units after a restart of the camera")
                assert reader.units[seen].is_keyframe
                assert device.video.encoder == "copy"
            stamps = [unit.pts for unit in reader.units]
            assert stamps == sorted(set(stamps))


async def test_nothing_to_copy(running: CameraDevice) -> None:
    running.video.configure(VideoSettings(encoder="copy"))
    reader = Reader()
    with running.video.read(reader):
        await until(lambda: reader.problem, "the problem")
    assert reader.problem == "this camera gives no H.264 or H.265 to copy: choose `encoder: auto`"


async def test_readers_begin_at_once_however_rare_keyframes_are(make_device: MakeDevice) -> None:
    """The first one, one that joins it, and one that comes after both have left."""
    with camera(transport_stream(5 * COUNT)) as (url, _):  # with one keyframe at its beginning
        async with opened(make_device, url) as device:
            capture = device.camera._supervisor.capture
            assert capture is not None
            source: Any = capture._source
            await until(lambda: source.undecoded > 10, "frames after the keyframe")
            first, second = Reader(), Reader()
            with device.video.read(first):
                await until(lambda: len(first.units) > 30, "units of the first reader")
                with device.video.read(second):
                    await until(lambda: len(second.units) > len(first.units) // 2, "units of the second")
                    await until(lambda: second.units[-1] is first.units[-1], "the same units")
                    assert second.units == first.units
            third = await units(device, lambda reader: len(reader.units) > len(first.units))
            for reader in (first, third):
                assert reader.units[0].is_keyframe
                assert {after.pts - before.pts for before, after in itertools.pairwise(reader.units)} == {
                    9000
                }
            assert third.units[0].data == first.units[0].data
            assert third.units[0].ts_ns == first.units[0].ts_ns < time.time_ns() - 200_000_000
            assert not encoder_threads()


async def test_readers_wait_for_a_keyframe_that_is_due_soon(
    make_device: MakeDevice, h264: list[bytes]
) -> None:
    with camera(h264) as (url, _):
        async with opened(make_device, url) as device:
            first, second = Reader(), Reader()
            with device.video.read(first):
                await until(lambda: len(first.units) > 15 and not first.units[-1].is_keyframe, "units")
                with device.video.read(second):
                    await until(lambda: len(second.units) > 15, "units")
            assert second.units == first.units[-len(second.units) :], "none twice, none from before"
            joined = len(first.units) - len(second.units)
            assert joined >= 15


async def test_a_reader_that_comes_before_the_camera_is_open(
    make_device: MakeDevice, h264: list[bytes]
) -> None:
    with camera(h264) as (url, _):
        device = make_device(
            source={"type": "url", "url": url, "kind": "video"}, size=None, video={"encoder": "copy"}
        )
        reader = Reader()
        with device.video.read(reader):
            device.camera.start()
            await until(lambda: reader.units, "units")
            assert reader.units[0].is_keyframe
        await device.camera.stop()


async def test_nothing_leaves_after_the_camera_was_switched_off(
    make_device: MakeDevice, h264: list[bytes]
) -> None:
    with camera(h264) as (url, _):
        async with opened(make_device, url) as device:
            reader = Reader()
            with device.video.read(reader):
                await until(lambda: reader.units, "units")
                device.camera.set_enabled(False)
                seen = len(reader.units)
                await until(
                    lambda: not any(t.name.startswith("capture-front") for t in threading.enumerate())
                )
                assert len(reader.units) == seen
                device.camera.set_enabled(True)
                await until(lambda: len(reader.units) > seen, "units again")
                assert isinstance(device.camera.video, SourceVideo)


class Batches(Reader):
    """Counts how often the event loop delivers units."""

    def __init__(self) -> None:
        super().__init__()
        self.batches = 0
        self._delivering = False

    def deliver(self, unit: Unit) -> None:
        super().deliver(unit)
        if not self._delivering:
            self.batches += 1
            self._delivering = True
            asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        self._delivering = False


async def test_units_may_come_together_where_no_reader_wants_them_at_once(
    make_device: MakeDevice, h264: list[bytes]
) -> None:
    with camera(h264) as (url, _):
        async with opened(make_device, url) as device:
            late, live = Batches(), Reader()
            with device.video.read(late, max_delay=0.2):
                await until(lambda: len(late.units) > 30, "units")
                assert late.batches <= len(late.units) / 3
                with device.video.read(live):
                    await until(lambda: len(live.units) > 20, "units at once")
                    assert live.units[-1] is late.units[-1]
            steps = {after.pts - before.pts for before, after in itertools.pairwise(late.units)}
            assert steps == {9000}
