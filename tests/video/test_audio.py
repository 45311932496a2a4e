"""The audio of network cameras: in step with the video, in everything that is made of it."""

from __future__ import annotations

import io
import itertools
import statistics
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat
from mqttcam.camera.sources._aac_encoding import AudioUnusable
from mqttcam.camera.sources.url.stream_video import StreamVideo
from mqttcam.devices.camera import CameraDevice
from mqttcam.settings.video import VideoSettings
from mqttcam.video.fragments import Fragments
from mqttcam.video.mp4 import Mp4Writer
from mqttcam.video.transport_stream import TransportStream
from mqttcam.video.unit import CLOCK, Unit
from tests.camera.sources.raw_http_camera import raw_http_camera
from tests.support.cameras import running
from tests.support.devices import MakeDevice
from tests.support.video_reader import Reader
from tests.support.waiting import until

av = pytest.importorskip("av")

from tests.support.sounding import FPS, flashes_and_tones, sounding  # noqa: E402 - it needs PyAV

TYPES = {"mpegts": "video/mp2t", "flv": "video/x-flv"}
SECONDS = 6.0
MOST_APART = 0.04
"""Seconds between a flash and its tone: a frame of 25 per second."""


@contextmanager
def camera(container: str, *streams: list[bytes], period: float = 0.03) -> Iterator[str]:
    """Serve a stream to each connection, the last one to all that follow."""
    waiting = list(streams)

    def respond(_request: bytes) -> Iterator[bytes]:
        pieces = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        yield f"HTTP/1.1 200 OK\r\nContent-Type: {TYPES[container]}\r\n\r\n".encode()
        for piece in pieces:
            yield piece
            time.sleep(period)

    with raw_http_camera(respond) as url:
        yield url


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


async def read(device: CameraDevice, seconds: float) -> list[Unit]:
    """Return the units of so many seconds, which have audio without a gap."""
    reader = Reader()
    with device.video.read(reader):
        await until(
            lambda: (
                reader.problem
                or (reader.units and reader.units[-1].pts - reader.units[0].pts >= seconds * CLOCK)
            ),
            "units",
        )
    assert reader.problem is None
    return reader.units


def check_gapless(units: list[Unit], lateness: float = 0.5) -> None:
    """Fail if there is a gap in the audio, or if it ends so many seconds before the video."""
    frames = [frame for unit in units for frame in unit.audio]
    audio_format = units[0].audio_format
    assert audio_format is not None
    step = FRAME_SAMPLES * CLOCK / audio_format.rate
    for before, after in itertools.pairwise(frames):
        assert 0 < after.pts - before.pts <= 1.6 * step
    assert frames[-1].pts >= units[-1].pts - lateness * CLOCK


def times_apart(data: bytes | Path, *, ends: bool = False) -> list[float]:
    """Return the seconds between each flash, at least two, and the nearest tone, in ascending order.

    Args:
        ends: whether flashes also end with a tone.
    """
    with av.open(io.BytesIO(data) if isinstance(data, bytes) else str(data)) as container:
        flashes, tones = flashes_and_tones(container, ends=ends)
    assert len(flashes) >= 2
    return sorted(min(abs(flash - tone) for tone in tones) for flash in flashes[:-1])


def check_in_step(data: bytes | Path) -> None:
    """Fail if flashes and tones do not begin together."""
    apart = times_apart(data)
    assert apart[-1] <= MOST_APART, apart


def check_everywhere(units: list[Unit], folder: Path) -> None:
    """Fail if flashes and tones do not begin together in MPEG-TS, MP4 and fragments."""
    check_gapless(units)
    first = next(number for number, unit in enumerate(units) if unit.is_keyframe)
    units = units[first:]
    stream = TransportStream(units[0])
    check_in_step(b"".join(map(stream.mux, units)))
    fragments = Fragments(units[0])
    check_in_step(fragments.header + b"".join(map(fragments.mux, units)))
    writer = Mp4Writer(folder / "a.mp4", units[0])
    for unit in units:
        writer.write(unit)
    writer.close()
    check_in_step(folder / "a.mp4")


@pytest.mark.parametrize(
    ("container", "codec", "rate", "channels", "expected"),
    [
        ("mpegts", "aac", 44100, 2, AudioFormat(44100, 2)),
        ("flv", "aac", 22050, 1, AudioFormat(22050, 1)),
        ("flv", "pcm_alaw", 8000, 1, AudioFormat(48000, 1)),
        ("flv", "pcm_mulaw", 8000, 1, AudioFormat(48000, 1)),
        ("mpegts", "libopus", 48000, 2, AudioFormat(48000, 2)),
    ],
)
async def test_sound_and_picture_are_in_step(
    make_device: MakeDevice,
    tmp_path: Path,
    container: str,
    codec: str,
    rate: int,
    channels: int,
    expected: AudioFormat,
) -> None:
    pieces = sounding(SECONDS + 30, container, codec, rate, channels)
    with camera(container, pieces) as url:
        async with opened(make_device, url) as device:
            units = await read(device, SECONDS)
            assert device.video.encoder is None
    assert {unit.audio_format for unit in units} == {expected}
    check_everywhere(units, tmp_path)


async def test_sound_of_a_camera_whose_video_is_encoded(make_device: MakeDevice, tmp_path: Path) -> None:
    pieces = sounding(60, "mpegts", "aac", 16000)
    apart: list[list[float]] = []
    with camera("mpegts", pieces, period=1 / FPS) as url:
        async with opened(make_device, url, rotation=180) as device:
            # By the times of arrival, which a busy machine delays for seconds now and then; five seconds are in step.
            while not apart or statistics.median_low(apart[-1]) > 0.3:
                reader = Reader()
                with device.video.read(reader):
                    await until(lambda: len(reader.units) > 5 * FPS, "units")  # noqa: B023 - within the loop
                    assert device.video.encoder == "libx264"
                check_gapless(reader.units, 3.5)  # silence takes its place if it is 3 s late
                stream = TransportStream(reader.units[0])
                apart.append(times_apart(b"".join(map(stream.mux, reader.units))))
                assert len(apart) < 8, apart


async def test_without_audio_nothing_is_asked_of_the_source(make_device: MakeDevice) -> None:
    with camera("flv", sounding(30, "flv", "pcm_alaw", 8000)) as url:
        async with opened(make_device, url, video={"audio": False}) as device:
            units = await read(device, 1)
            assert device.camera.audio is not None
            assert source_video(device).deliver_audio is None
    assert all(unit.audio_format is None and not unit.audio for unit in units)


async def test_sound_is_left_out_and_comes_back_with_the_setting(make_device: MakeDevice) -> None:
    with camera("mpegts", sounding(40, "mpegts", "aac", 16000)) as url:
        async with opened(make_device, url) as device:
            reader = Reader()
            with device.video.read(reader):
                for audio in (True, False, True):
                    device.video.configure(VideoSettings(audio=audio))
                    seen = len(reader.units)
                    await until(
                        lambda seen=seen, audio=audio: any(  # type: ignore[misc]
                            unit.is_keyframe and (unit.audio_format is not None) == audio
                            for unit in reader.units[seen:]
                        ),
                        "a keyframe",
                    )


async def test_nothing_is_kept_while_nothing_reads_or_the_camera_is_off(make_device: MakeDevice) -> None:
    with camera("flv", sounding(30, "flv", "pcm_alaw", 8000)) as url:
        async with opened(make_device, url) as device:
            assert source_video(device).deliver_audio is None
            audio = device.video._audio
            reader = Reader()
            with device.video.read(reader):
                await until(lambda: any(unit.audio for unit in reader.units), "audio")
                device.camera.set_enabled(False)
                await until(lambda: audio.source is None, "the end of the audio")
                assert not audio._waiting
                device.camera.set_enabled(True)
                seen = len(reader.units)
                await until(lambda: any(unit.audio for unit in reader.units[seen:]), "audio again")
            assert audio.source is None
            assert not audio._waiting
            await until(lambda: source_video(device).deliver_audio is None, "the end of the encoder")


async def test_a_new_connection_with_other_audio(make_device: MakeDevice) -> None:
    """The format stays, so that recordings and viewers go on."""
    streams = [sounding(20, "mpegts", "aac", 48000, 2), sounding(60, "mpegts", "aac", 16000)]
    reader = Reader()

    def reconnected() -> int:
        stamps = [unit.pts for unit in reader.units]
        return next(
            (after for before, after in itertools.pairwise(stamps) if after - before != CLOCK // FPS), 0
        )

    with camera("mpegts", *streams) as url:
        async with opened(make_device, url) as device:
            with device.video.read(reader):
                await until(
                    lambda: reconnected() and reader.units[-1].pts > reconnected() + 4 * CLOCK, "units"
                )
    assert {unit.audio_format for unit in reader.units} == {AudioFormat(48000, 2)}
    check_gapless(reader.units)
    stream = TransportStream(reader.units[0])
    with av.open(io.BytesIO(b"".join(map(stream.mux, reader.units)))) as container:
        _, tones = flashes_and_tones(container)
    second = reconnected() / CLOCK
    assert [tone for tone in tones if tone < second]
    assert [tone for tone in tones if tone > second]


async def test_audio_that_cannot_be_used_is_logged_once(
    make_device: MakeDevice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise AudioUnusable("there is no decoder for it")

    monkeypatch.setattr("mqttcam.camera.sources.url.ffmpeg.StreamAudio", refuse)
    with camera("mpegts", sounding(2, "mpegts", "aac", 48000)) as url:
        async with opened(make_device, url) as device:
            units = await read(device, 4)
    assert all(unit.audio_format is None for unit in units)
    assert caplog.text.count("its audio is left out: there is no decoder for it") == 1


def source_video(device: CameraDevice) -> StreamVideo:
    """Return what is wanted of the source's stream."""
    capture = device.camera._supervisor.capture
    assert capture is not None
    source: Any = capture._source
    video: StreamVideo = source._video
    return video
