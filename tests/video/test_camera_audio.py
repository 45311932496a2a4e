"""Audio and the units that carry it: no gaps, in step with the video, whatever the source does."""

from __future__ import annotations

import itertools
from typing import Any, cast

import pytest

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat, AudioPacket, DeliverAudio
from mqttcam.camera.source_audio import SourceAudio
from mqttcam.video.aac import silent_frame
from mqttcam.video.camera_audio import CameraAudio
from mqttcam.video.unit import CLOCK, AudioFrame, Unit

pytest.importorskip("av")

FORMAT = AudioFormat(48000, 1)
FRAME = FRAME_SAMPLES * CLOCK // FORMAT.rate
SECOND = 1_000_000_000
SILENCE = silent_frame(FORMAT)


class Source:
    """Stands for the audio of a source.

    Attributes:
        deliver: takes the audio; None while nothing needs it.
    """

    def __init__(self, audio_format: AudioFormat = FORMAT) -> None:
        self.format = audio_format
        self.deliver: DeliverAudio | None = None

    def start(self, deliver: DeliverAudio) -> None:
        self.deliver = deliver

    def stop(self) -> None:
        self.deliver = None

    def send(self, begin: float, seconds: float, lag: float = 0) -> None:
        """Send audio of a time; its time stamps differ from those of the video by `lag`."""
        assert self.deliver is not None
        first = round(begin * FORMAT.rate / FRAME_SAMPLES)
        for number in range(first, first + round(seconds * FORMAT.rate / FRAME_SAMPLES)):
            time_ns = round((number * FRAME_SAMPLES / FORMAT.rate + lag) * SECOND)
            self.deliver(AudioPacket(b"sound %d" % number, time_ns, 10**18 + time_ns))


class Rig:
    """Audio with a video of ten frames per second."""

    def __init__(self) -> None:
        self.source = Source()
        self.audio = CameraAudio()
        self.audio.use(cast("SourceAudio", self.source))
        self.frames: list[AudioFrame] = []

    def units(self, begin: float, seconds: float, *, with_pts: bool = True, lag: float = 0) -> list[Unit]:
        """Attach the audio of a time; the source's clock differs by `lag` from that of the units."""
        found = []
        for number in range(round(begin * 10), round((begin + seconds) * 10)):
            time_ns = round((number / 10 + lag) * SECOND)
            unit = Unit(b"", number * CLOCK // 10, 10**18 + time_ns, True, 64, 48)
            found.append(self.audio.attach(unit, time_ns if with_pts else None))
            self.frames += found[-1].audio
        return found

    def silent(self) -> int:
        """Return the number of silent frames, after a check that there are no gaps."""
        for before, after in itertools.pairwise(self.frames):
            assert 0.45 * FRAME <= after.pts - before.pts <= 1.55 * FRAME
        return sum(frame.data == SILENCE for frame in self.frames)


@pytest.mark.parametrize("with_pts", [True, False])
def test_each_unit_has_the_audio_up_to_its_time(with_pts: bool) -> None:
    rig = Rig()
    rig.source.send(0, 5)
    units = rig.units(0, 4, with_pts=with_pts, lag=0)
    assert rig.silent() == 0
    for before, unit in itertools.pairwise(units):
        assert all(before.pts < frame.pts <= unit.pts for frame in unit.audio)
        assert unit.audio_format == FORMAT
    for frame in rig.frames:
        number = int(frame.data.split()[1])
        assert frame.pts == pytest.approx(number * FRAME, abs=1)


def test_time_stamps_of_the_source_may_begin_anywhere() -> None:
    rig = Rig()
    rig.source.send(0, 5, lag=1000)
    rig.units(0, 4, lag=1000)
    assert rig.silent() == 0
    assert [frame.pts for frame in rig.frames[:2]] == [0, FRAME]


def test_a_gap_becomes_silence() -> None:
    rig = Rig()
    rig.source.send(0, 1)
    rig.source.send(1.5, 3)
    rig.units(0, 4)
    assert rig.silent() == pytest.approx(0.5 * 48000 / FRAME_SAMPLES, abs=1.5)
    assert rig.frames[-1].pts == pytest.approx(3.9 * CLOCK, abs=FRAME)


def test_audio_that_ends_becomes_silence_at_once() -> None:
    rig = Rig()
    rig.source.send(0, 1)
    for unit in rig.units(0, 4):
        if unit.pts > CLOCK:
            assert rig.audio._next is not None
            assert not unit.audio or unit.audio[-1].pts > unit.pts - CLOCK // 2
    assert rig.silent() > 100


def test_late_audio_is_waited_for_once_it_was_missed() -> None:
    """A camera whose audio comes a second after its video."""
    rig = Rig()
    silent = []
    for second in range(8):
        rig.units(second, 1)
        rig.source.send(second, 1)
        silent.append(rig.silent())
    assert silent[-1] == silent[4], "no silence any more"
    assert rig.frames[-1].data != SILENCE


def test_frames_that_overlap_are_left_out() -> None:
    rig = Rig()
    rig.source.send(0, 2)
    rig.source.send(1, 3)
    rig.units(0, 3)
    assert rig.silent() == 0


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
def test_a_jump_of_the_source_s_clock_in_both(jump: float) -> None:
    rig = Rig()
    rig.source.send(0, 2)
    rig.units(0, 2)
    rig.source.send(2, 3, lag=jump)
    rig.units(2, 2, lag=jump)
    assert rig.silent() <= 12
    assert rig.frames[-1].data.startswith(b"sound")


def test_a_jump_of_the_audio_s_clock_alone() -> None:
    """Then the times of arrival count, and without them, it is left out."""
    rig = Rig()
    rig.source.send(0, 2)
    rig.units(0, 2)
    rig.source.send(2, 3, lag=3600)
    rig.units(2, 2)
    assert rig.silent() > 50
    assert not rig.audio._waiting


def test_a_long_break_of_the_video_is_not_filled() -> None:
    rig = Rig()
    rig.source.send(0, 2)
    rig.units(0, 2)
    rig.source.send(3600, 2)
    frames = len(rig.frames)
    rig.units(3600, 1)
    assert len(rig.frames) - frames < 100


def test_a_new_opening_of_the_source_goes_on() -> None:
    rig = Rig()
    rig.source.send(0, 5)
    rig.units(0, 2)
    first = rig.source.deliver
    second = Source()
    rig.audio.use(cast("SourceAudio", second))
    assert rig.source.deliver is None
    assert first is not None
    first(AudioPacket(b"of the old connection", 2 * SECOND, 0))
    second.send(2, 3)
    rig.units(2, 2)
    assert rig.silent() <= 5, "in place of what was waiting"
    assert all(frame.data != b"of the old connection" for frame in rig.frames)


def test_memory_is_bounded_without_units() -> None:
    rig = Rig()
    rig.source.send(0, 300)
    assert len(rig.audio._waiting) <= 1024


def test_units_without_a_source_have_none() -> None:
    rig = Rig()
    rig.audio.use(None)
    assert rig.source.deliver is None
    (unit,) = rig.units(0, 0.1)
    assert (unit.audio, unit.audio_format) == ((), None)


@pytest.mark.parametrize("audio_format", [AudioFormat(8000, 1), AudioFormat(44100, 2)])
def test_silence_is_silent(audio_format: AudioFormat) -> None:
    av: Any = pytest.importorskip("av")
    decoder = av.CodecContext.create("aac", "r")
    index = {8000: 11, 44100: 4}[audio_format.rate]
    decoder.extradata = (2 << 11 | index << 7 | audio_format.channels << 3).to_bytes(2, "big")
    for _ in range(4):
        (frame,) = decoder.decode(av.Packet(silent_frame(audio_format)))
        assert (frame.samples, frame.sample_rate) == (FRAME_SAMPLES, audio_format.rate)
        assert abs(frame.to_ndarray()).max() < 1e-4
