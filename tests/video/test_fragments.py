"""Fragments for browsers: what a decoder finds in them, the time line, the codec string, new parameter sets."""

from __future__ import annotations

import io
import itertools
import struct
from typing import Any

import numpy as np
import pytest

from mqttcam.camera.audio_packet import AudioFormat
from mqttcam.imaging.i420 import I420
from mqttcam.settings.video import VideoSettings
from mqttcam.video.conversion import raster_to_i420
from mqttcam.video.encoder import H264Encoder
from mqttcam.video.fragments import Fragments
from mqttcam.video.unit import CLOCK, Unit

av = pytest.importorskip("av")

from tests.support.sounding import with_audio  # noqa: E402 - it needs PyAV


def scene(seed: int, width: int, height: int) -> I420:
    """Return a picture with some noise."""
    noise = np.random.default_rng(seed).integers(0, 40, (height, width)).astype(np.uint8)
    grey = np.full((height // 2, width // 2), 128, np.uint8)
    return raster_to_i420((noise + 100, grey, grey))


def units(times: list[float], width: int = 320, height: int = 240) -> list[Unit]:
    """Encode frames taken at these times, in seconds. The first one is a keyframe."""
    encoder = H264Encoder(VideoSettings(), width, height, 10)
    made = [encoder.encode(scene(i, width, height), round(t * CLOCK), i) for i, t in enumerate(times)]
    return [unit for unit in made if unit is not None]


def hevc_keyframe() -> Unit:
    """Return a keyframe of H.265."""
    context: Any = av.CodecContext.create("libx265", "w")
    context.width, context.height, context.pix_fmt, context.framerate = 320, 240, "yuv420p", 10
    context.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "x265-params": "log-level=none:repeat-headers=1",
    }
    frame = av.VideoFrame.from_ndarray(np.full((360, 320), 128, np.uint8), "yuv420p")
    packet = [*context.encode(frame), *context.encode(None)][0]
    return Unit(bytes(packet), 0, 0, True, 320, 240, "hevc")


def decoded(data: bytes) -> list[Any]:
    """Return the decoded frames of a file."""
    with av.open(io.BytesIO(data)) as container:
        return list(container.decode(video=0))


def boxes(data: bytes) -> list[tuple[str, int]]:
    """Return the types and sizes of the outermost boxes."""
    found, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        found.append((kind.decode(), size))
        at += size
    assert at == len(data)
    return found


def test_each_frame_is_in_its_own_fragment_at_once() -> None:
    made = units([n / 10 for n in range(12)])
    fragments = Fragments(made[0])
    assert [kind for kind, _ in boxes(fragments.header)] == ["ftyp", "moov"]
    chunks = [fragments.mux(unit) for unit in made]
    assert all([kind for kind, _ in boxes(chunk)] == ["moof", "mdat"] for chunk in chunks)
    frames = decoded(fragments.header + b"".join(chunks))
    assert len(frames) == 12
    assert {(frame.width, frame.height, frame.is_corrupt) for frame in frames} == {(320, 240, False)}


def test_a_reader_can_begin_at_any_keyframe() -> None:
    made = units([n / 10 for n in range(41)])  # a keyframe each two seconds
    fragments = Fragments(made[0])
    chunks = [fragments.mux(unit) for unit in made]
    second = next(n for n, unit in enumerate(made) if unit.is_keyframe and n)
    assert len(decoded(fragments.header + b"".join(chunks[second:]))) == 41 - second


@pytest.mark.parametrize(
    "times",
    [
        [0, 0.1, 0.2, 0.3, 0.4],
        [0, 0.09, 0.21, 0.29, 0.41, 0.5],
        [0, 0.1, 0.2, 7.2, 7.3, 7.4, 7.5],
        [0, 2, 4, 6, 8, 10, 12],
    ],
    ids=["regular", "jitter", "interrupted", "slow"],
)
def test_the_time_line_has_no_holes_and_follows_the_frames(times: list[float]) -> None:
    made = units(times)
    fragments = Fragments(made[0])
    with av.open(io.BytesIO(fragments.header + b"".join(map(fragments.mux, made)))) as container:
        found = [(p.pts, p.duration) for p in container.demux(video=0) if p.pts is not None]
    assert len(found) == len(times)
    for (pts, duration), (following, _) in itertools.pairwise(found):
        assert following == pts + duration
    steps = [round((b - a) * CLOCK) for a, b in itertools.pairwise(times)]
    for (_, duration), step in zip(found[1:], steps, strict=True):
        assert 0 < duration <= step
    if max(steps) < CLOCK // 5:
        assert [duration for _, duration in found[1:]] == steps


def test_the_codec_string_is_that_of_the_sps() -> None:
    (unit,) = units([0])
    sps = unit.data.split(b"\0\0\1")[1:]
    expected = next(nal for nal in sps if nal[0] & 31 == 7)[1:4].hex()
    assert Fragments(unit).codec == f"avc1.{expected}"


def test_parameter_sets_are_in_the_header_alone() -> None:
    (unit,) = units([0])
    fragment = Fragments(unit).mux(unit)
    sample = fragment[dict(boxes(fragment))["moof"] + 8 :]
    kinds, at = [], 0
    while at < len(sample):
        kinds.append(sample[at + 4] & 31)
        at += 4 + int.from_bytes(sample[at : at + 4])
    assert 5 in kinds
    assert not {7, 8} & set(kinds)


def test_time_duration_size_and_flags_are_where_the_page_reads_them() -> None:
    made = units([0, 0.1, 0.2])
    fragments = Fragments(made[0])
    *_, last = map(fragments.mux, made)
    head = dict(boxes(last))["moof"]
    (time,) = struct.unpack_from(">Q", last, 60)
    duration, size, flags = struct.unpack_from(">III", last, head - 12)
    assert (time, duration, flags) == (CLOCK // 15 + CLOCK // 10, CLOCK // 10, 0x01010000)
    assert size == dict(boxes(last))["mdat"] - 8
    assert int.from_bytes(fragments.mux(units([0.3])[0])[head - 4 : head]) == 0x02000000


def test_another_size_needs_another_header() -> None:
    first, second = units([0, 0.1])
    fragments = Fragments(first)
    assert fragments.fits(units([0])[0])
    assert not fragments.fits(units([0], 160, 120)[0])
    assert not second.is_keyframe


def test_hevc() -> None:
    unit = hevc_keyframe()
    fragments = Fragments(unit)
    assert fragments.codec.startswith("hvc1.1.6.L60.")
    assert b"hvc1" in fragments.header
    (frame,) = decoded(fragments.header + fragments.mux(unit))
    assert (frame.width, frame.height) == (320, 240)


def test_a_keyframe_without_parameter_sets_is_an_error() -> None:
    _, second = units([0, 0.1])
    with pytest.raises(ValueError, match="no parameter sets"):
        Fragments(second._replace(is_keyframe=True))


def audio_packets(data: bytes) -> list[Any]:
    """Return the packets of the audio of a file."""
    with av.open(io.BytesIO(data)) as container:
        return [packet for packet in container.demux(audio=0) if packet.size]


@pytest.mark.parametrize("audio_format", [AudioFormat(48000, 1), AudioFormat(8000, 2)])
def test_sound_has_no_gap_whenever_frames_come(audio_format: AudioFormat) -> None:
    draw = np.random.default_rng(3)
    times = np.cumsum(0.1 + draw.uniform(-0.04, 0.04, 40)).tolist()
    made = with_audio(units(times), audio_format)
    fragments = Fragments(made[0])
    assert fragments.codec.endswith(",mp4a.40.2")
    chunks = [fragments.mux(unit) for unit in made]
    assert [kind for kind, _ in boxes(chunks[0])][:2] == ["moof", "mdat"], "the frame comes first"
    packets = audio_packets(fragments.header + b"".join(chunks))
    assert len(packets) >= sum(len(unit.audio) for unit in made) - 3
    assert {after.pts - before.pts for before, after in itertools.pairwise(packets)} == {1024}


def test_sound_follows_the_time_line_over_a_break_of_the_video() -> None:
    """Frames that are missing take less time in a browser than they did; their sound is left out."""
    made = with_audio(
        units([n / 10 for n in range(20)] + [n / 10 for n in range(40, 60)]), AudioFormat(48000, 1)
    )
    fragments = Fragments(made[0])
    packets = audio_packets(fragments.header + b"".join(map(fragments.mux, made)))
    video_end = fragments._time / CLOCK
    assert float((packets[-1].pts + 1024) * packets[-1].time_base) == pytest.approx(video_end, abs=0.15)
    assert all(after.pts > before.pts for before, after in itertools.pairwise(packets))


def test_another_format_of_the_sound_needs_another_header() -> None:
    made = units([0, 0.1])
    with_sound = with_audio(made, AudioFormat(48000, 1))[0]
    assert Fragments(with_sound).fits(with_sound)
    assert not Fragments(made[0]).fits(with_sound)
    assert not Fragments(with_sound).fits(made[0])
    assert not Fragments(with_sound).fits(with_sound._replace(audio_format=AudioFormat(8000, 1)))
