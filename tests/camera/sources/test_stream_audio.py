"""The audio of a container: AAC as it is, everything else as AAC, from the last keyframe on."""

from __future__ import annotations

import io
import itertools
from typing import Any

import numpy as np
import pytest

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat, AudioPacket
from mqttcam.camera.sources._aac_encoding import AudioUnusable
from mqttcam.camera.sources._stream_audio import StreamAudio

av = pytest.importorskip("av")

from tests.support.sounding import sounding, tone  # noqa: E402 - it needs PyAV


class Stream:
    """A stream that is read packet by packet."""

    def __init__(self, container: str, codec: str, rate: int, channels: int = 1) -> None:
        data = io.BytesIO(b"".join(sounding(4, container, codec, rate, channels)))
        self.container = av.open(data)
        self.video, self.audio = self.container.streams.video[0], self.container.streams.audio[0]
        self.found: list[AudioPacket] = []
        self.problems: list[str] = []

    def open(self, wanted: AudioFormat | None = None) -> StreamAudio:
        return StreamAudio(av, self.audio, wanted, self.problems.append)

    def read(self, audio: StreamAudio, wanted_from: float = 0, until: float = 10) -> None:
        """Offer the packets; they are wanted from a time of the video on, in seconds."""
        deliver = None
        for packet in self.container.demux():
            if packet.dts is None:
                continue
            if packet.stream is self.video:
                now = float(packet.pts * packet.time_base) - float(
                    self.video.start_time * self.video.time_base
                )
                if now > until:
                    return
                deliver = self.found.append if now >= wanted_from else None
                audio.note_video(packet, deliver)
            else:
                audio.offer(packet, deliver)

    def sound(self, audio_format: AudioFormat) -> Any:
        """Return the samples of what was passed on."""
        decoder = av.CodecContext.create("aac", "r")
        decoder.sample_rate, decoder.layout = (
            audio_format.rate,
            "mono" if audio_format.channels == 1 else "stereo",
        )
        index = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000].index(audio_format.rate)
        decoder.extradata = (2 << 11 | index << 7 | audio_format.channels << 3).to_bytes(2, "big")
        frames = [frame for one in self.found for frame in decoder.decode(av.Packet(one.data))]
        return np.concatenate([frame.to_ndarray()[0] for frame in frames])


@pytest.mark.parametrize("container", ["mpegts", "flv"])
def test_aac_is_passed_on_as_it_is(container: str) -> None:
    stream = Stream(container, "aac", 44100, 2)
    audio = stream.open()
    assert audio.format == AudioFormat(44100, 2)
    stream.read(audio)
    decoded = stream.sound(audio.format)
    assert len(decoded) == len(stream.found) * FRAME_SAMPLES
    assert np.abs(decoded).max() == pytest.approx(0.5, abs=0.1)
    steps = {
        round((b.pts_ns - a.pts_ns) / 1e6)
        for a, b in itertools.pairwise(stream.found)
        if a.pts_ns and b.pts_ns
    }
    assert steps <= {22, 23, 24}


@pytest.mark.parametrize(("codec", "rate"), [("pcm_alaw", 8000), ("pcm_mulaw", 8000), ("mp2", 48000)])
def test_everything_else_is_encoded(codec: str, rate: int) -> None:
    stream = Stream("mpegts" if codec == "mp2" else "flv", codec, rate)
    audio = stream.open()
    assert audio.format == AudioFormat(48000, 1)
    stream.read(audio)
    decoded = stream.sound(audio.format)[FRAME_SAMPLES:]  # the encoder's delay
    expected = tone(0, len(decoded), 48000)
    if codec != "mp2":  # it has a delay of its own
        assert np.corrcoef(decoded[4800:], expected[4800:])[0, 1] > 0.95
    steps = [b.pts_ns - a.pts_ns for a, b in itertools.pairwise(stream.found) if a.pts_ns and b.pts_ns]
    assert np.mean(steps) == pytest.approx(FRAME_SAMPLES / 48000 * 1e9, rel=0.01)
    assert not stream.problems


@pytest.mark.parametrize("codec", ["aac", "pcm_alaw"])
def test_it_begins_with_the_last_keyframe(codec: str) -> None:
    stream = Stream("flv", codec, 8000)
    audio = stream.open()
    stream.read(audio, wanted_from=2.5, until=3)
    begin, end = (one.pts_ns or 0 for one in (stream.found[0], stream.found[-1]))
    first = float(stream.video.start_time * stream.video.time_base)
    assert 1.5e9 < begin <= (2 + first) * 1e9
    assert end > 2.7e9


def test_the_format_of_the_last_connection_stays() -> None:
    stream = Stream("mpegts", "aac", 16000)
    audio = stream.open(AudioFormat(44100, 2))
    assert audio.format == AudioFormat(44100, 2)
    stream.read(audio)
    assert np.abs(stream.sound(audio.format)).max() == pytest.approx(0.5, abs=0.1)


def test_nothing_is_encoded_while_nothing_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Stream("flv", "pcm_alaw", 8000)
    audio = stream.open()
    monkeypatch.setattr("mqttcam.camera.sources._stream_audio.AacEncoding", None)
    stream.read(audio, wanted_from=99)
    assert not stream.found
    assert len(audio._kept) < 100, "those of about a second"


def test_a_codec_without_a_decoder() -> None:
    class Unknown:
        codec_context = None

    with pytest.raises(AudioUnusable, match="there is no decoder for it"):
        StreamAudio(av, Unknown(), None, print)


def test_packets_that_cannot_be_decoded_are_reported_once() -> None:
    stream = Stream("mpegts", "mp2", 48000)
    audio = stream.open()
    template = next(packet for packet in stream.container.demux(stream.audio))
    for number in range(200):
        packet = av.Packet(b"\xff\xff\xff\xff" * 20)
        packet.pts = packet.dts = number * 1000
        packet.time_base = template.time_base
        audio.offer(packet, stream.found.append)
    assert not stream.found
    (problem,) = stream.problems
    assert problem.startswith(("its mp2float cannot be decoded", "its mp2 cannot be decoded"))


def test_large_packets_are_neither_passed_on_nor_kept() -> None:
    stream = Stream("mpegts", "aac", 48000)
    audio = stream.open()
    template = next(packet for packet in stream.container.demux(stream.audio))
    for number in range(40):
        packet = av.Packet(bytes(1_000_000))
        packet.pts = packet.dts = number * 1920
        packet.time_base = template.time_base
        audio.offer(packet, stream.found.append)
    assert not stream.found, "ADTS has no length for them"
    assert sum(packet.size for packet in audio._kept) <= 8_000_000
