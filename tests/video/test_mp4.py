"""MP4 files: what players find in them, whole or torn at any place."""

from __future__ import annotations

import errno
import os
import random
from collections import deque
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from mqttcam.camera.audio_packet import AudioFormat
from mqttcam.video.mp4 import Mp4Writer
from mqttcam.video.mp4_repair import finish_file
from mqttcam.video.unit import CLOCK, Unit
from tests.recordings.rig import FPS, encoded, frames, probe

av = pytest.importorskip("av")

from tests.support.sounding import with_audio  # noqa: E402 - it needs PyAV


def hevc_units(count: int) -> list[Unit]:
    """Return units of H.265, of which each tenth is a keyframe."""
    encoder = av.CodecContext.create("libx265", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 64, 48, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, CLOCK), FPS, 10
    encoder.max_b_frames = 0
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "x265-params": "log-level=0:repeat-headers=1",
    }
    units = []
    for i in range(count):
        picture = np.full((72, 64), 20 + i, np.uint8)
        frame = av.VideoFrame.from_numpy_buffer(picture, "yuv420p", width=64)
        frame.pts, frame.time_base = i * CLOCK // FPS, Fraction(1, CLOCK)
        units += encoder.encode(frame)
    units += encoder.encode(None)
    return [Unit(bytes(one), one.pts, 0, one.is_keyframe, 64, 48, "hevc") for one in units]


def write(path: Path, units: list[Unit], *, close: bool = True) -> Mp4Writer:
    """Write a file."""
    writer = Mp4Writer(path, units[0], title="front")
    for unit in units:
        writer.write(unit)
    if close:
        writer.close()
    return writer


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_whole_file_is_a_plain_one_with_an_index(tmp_path: Path, codec: str) -> None:
    units = list(encoded(count=37)) if codec == "h264" else hevc_units(37)
    path = tmp_path / "a.mp4"
    writer = write(path, units)
    assert writer.seconds == pytest.approx(3.7)
    assert writer.bytes == path.stat().st_size
    data = path.read_bytes()
    assert data.count(b"moof") == 0 or data.index(b"moof") > data.index(b"mdat")
    found = probe(path, "-show_streams", "-show_format")
    (stream,) = found["streams"]
    assert stream["codec_tag_string"] == {"h264": "avc1", "hevc": "hvc1"}[codec]
    assert int(stream["nb_frames"]) == 37
    assert float(found["format"]["duration"]) == pytest.approx(3.7, abs=0.001)
    assert found["format"]["tags"]["title"] == "front"
    assert [frame["pts"] for frame in frames(path)] == [i * 9000 for i in range(37)]


def test_the_colours_are_those_of_the_camera(tmp_path: Path) -> None:
    """Full range, and the matrix of a JPEG."""
    write(tmp_path / "a.mp4", list(encoded(count=12)))
    (stream,) = probe(tmp_path / "a.mp4", "-show_streams")["streams"]
    assert (stream["color_range"], stream["color_space"]) == ("pc", "smpte170m")


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_a_torn_file_is_finished_without_moving_anything(tmp_path: Path, codec: str) -> None:
    units = list(encoded(count=37)) if codec == "h264" else hevc_units(37)
    whole, torn = tmp_path / "whole.mp4", tmp_path / "torn.mp4"
    write(whole, units[:34])
    writer = write(torn, units, close=False)
    size = torn.stat().st_size
    with torn.open("ab") as file:
        file.write(units[0].data[:30])
    assert finish_file(torn) == pytest.approx(writer.seconds)
    assert torn.stat().st_size - size < 2000, "only the index was added"
    assert torn.read_bytes() == whole.read_bytes()
    assert len(frames(torn)) == 34


def test_a_file_is_finished_wherever_it_was_torn(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    units = list(encoded(count=37))
    writer = write(path, units, close=False)
    data = path.read_bytes()
    writer.close()
    draw = random.Random(7)
    for size in [0, 50, 88, *(draw.randrange(100, len(data)) for _ in range(20))]:
        torn = tmp_path / "torn.mp4"
        torn.write_bytes(data[:size])
        seconds = finish_file(torn)
        if seconds:
            assert len(frames(torn)) == round(seconds * FPS)
            assert round(seconds * FPS) % 10 in (0, 4, 8)
        else:
            assert torn.stat().st_size == 0


def test_a_whole_file_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    write(path, list(encoded(count=37)))
    before = path.read_bytes()
    assert finish_file(path) == pytest.approx(3.7, abs=0.001)
    assert path.read_bytes() == before


def test_only_the_index_is_missing_when_the_crash_was_at_the_end(tmp_path: Path) -> None:
    """The bytes that make all fragments one are written last."""
    path = tmp_path / "a.mp4"
    writer = write(path, list(encoded(count=37)), close=False)
    start = path.read_bytes()
    writer.close()
    whole = path.read_bytes()
    path.write_bytes(start[:100] + whole[100:])
    assert finish_file(path) == pytest.approx(3.7)
    assert path.read_bytes() == whole


def test_a_file_can_have_a_single_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    assert write(path, list(encoded(count=1))).seconds == pytest.approx(0.1)
    assert len(frames(path)) == 1


def test_it_has_to_begin_with_a_keyframe(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="begin with a keyframe"):
        Mp4Writer(tmp_path / "a.mp4", encoded()[1])
    assert not (tmp_path / "a.mp4").exists()


def test_no_other_file_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        Mp4Writer(tmp_path / "a.mp4", encoded()[0])
    assert (tmp_path / "a.mp4").read_bytes() == b"mine"


def test_a_file_that_the_disk_refuses_ends_with_a_whole_fragment(tmp_path: Path) -> None:
    import resource
    import signal

    path = tmp_path / "a.mp4"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    units = list(encoded(count=37))
    writer = Mp4Writer(path, units[0])
    try:
        writer.write(units[0])
        resource.setrlimit(resource.RLIMIT_FSIZE, (2500, limits[1]))
        with pytest.raises(OSError, match=os.strerror(errno.EFBIG)):
            deque(map(writer.write, units[1:]))
        assert writer.is_broken
        writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert 0 < path.stat().st_size == writer.bytes <= 2500
    assert len(frames(path)) == round(writer.seconds * FPS) > 0
    assert os.listdir(tmp_path) == ["a.mp4"]


@pytest.mark.parametrize(
    ("audio_format", "shift"),
    [(AudioFormat(48000, 1), 0), (AudioFormat(44100, 2), -1000), (AudioFormat(8000, 1), 700)],
)
def test_sound_is_in_a_file_whole_or_torn(tmp_path: Path, audio_format: AudioFormat, shift: int) -> None:
    units = with_audio(encoded(count=37), audio_format, shift)
    path, torn = tmp_path / "a.mp4", tmp_path / "torn.mp4"
    writer = write(path, units, close=False)
    data, seconds = path.read_bytes(), writer.seconds
    writer.close()
    video, audio = probe(path, "-show_streams")["streams"]
    assert int(video["nb_frames"]) == 37
    assert (audio["codec_name"], audio["profile"]) == ("aac", "LC")
    assert (int(audio["sample_rate"]), audio["channels"]) == audio_format
    assert float(audio["start_time"]) == 0, "with the first picture"
    assert float(audio["duration"]) == pytest.approx(3.65, abs=0.1)
    torn.write_bytes(data)
    assert finish_file(torn) == pytest.approx(seconds, abs=0.11)
    assert torn.read_bytes()[100 : len(data)] == data[100:], "nothing was moved"
    assert b"moov" in torn.read_bytes()[len(data) - 8 :], "it has an index"
    video, audio = probe(torn, "-show_streams")["streams"]
    assert float(audio["duration"]) == pytest.approx(float(video["duration"]), abs=0.3)
    torn.write_bytes(data[:100] + path.read_bytes()[100:])
    assert finish_file(torn) == pytest.approx(3.7)
    assert torn.read_bytes() == path.read_bytes()


def test_a_file_with_sound_is_finished_wherever_it_was_torn(tmp_path: Path) -> None:
    path, torn = tmp_path / "a.mp4", tmp_path / "torn.mp4"
    writer = write(path, with_audio(encoded(count=37), AudioFormat(16000, 2)), close=False)
    data = path.read_bytes()
    writer.close()
    draw = random.Random(7)
    for size in [0, 50, 88, *(draw.randrange(100, len(data)) for _ in range(12))]:
        torn.write_bytes(data[:size])
        seconds = finish_file(torn)
        if seconds:
            assert len(frames(torn)) == round(seconds * FPS)
            assert b"moov" in torn.read_bytes()[-3000:], "it has an index"
        else:
            assert torn.stat().st_size == 0
