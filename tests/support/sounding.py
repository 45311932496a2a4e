"""Video with sound: each second, the picture flashes and a tone begins."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import av
import numpy as np

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat
from mqttcam.video.unit import CLOCK, AudioFrame, Unit

FPS = 10
_TONE = 1000
_LENGTH = 0.2
"""Seconds of a flash and its tone."""


def tone(begin: int, count: int, rate: int) -> Any:
    """Return samples from number `begin` on."""
    seconds = (begin + np.arange(count)) / rate
    sound = 0.5 * np.sin(2 * np.pi * _TONE * seconds) * (seconds % 1 < _LENGTH)
    return sound.astype(np.float32)


def sounding(
    seconds: float, container: str, codec: str, rate: int, channels: int = 1, shift: float = 0
) -> list[bytes]:
    """Return a stream with H.264 and audio, in pieces of one picture, of which each tenth is a keyframe.

    Args:
        container, codec: FFmpeg's names.
        shift: seconds by which the time stamps of the audio are later than its sound.
    """
    pieces = []
    sink = _Sink()
    with av.open(sink, "w", format=container, options={"flush_packets": "1"}) as output:
        options = {"g": "10", "tune": "zerolatency", "threads": "1", "x264-params": "scenecut=0"}
        video: Any = output.add_stream("libx264", rate=FPS, options=options)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio: Any = output.add_stream(codec, rate=rate, layout="mono" if channels == 1 else "stereo")
        resampler = av.AudioResampler(
            audio.format.name, audio.layout.name, rate, audio.frame_size or rate // 50
        )
        for number in range(round(seconds * FPS)):
            bright = number / FPS % 1 < _LENGTH
            picture = np.full((72, 64), 200 if bright else 20, np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            output.mux(video.encode(frame))
            samples = np.tile(tone(number * rate // FPS, rate // FPS, rate), (channels, 1))
            sound = av.AudioFrame.from_ndarray(samples, "fltp", audio.layout.name)
            sound.sample_rate, sound.time_base = rate, Fraction(1, rate)
            sound.pts = number * rate // FPS + round(shift * rate)
            for part in resampler.resample(sound):
                output.mux(audio.encode(part))
            pieces.append(sink.take())
    return [*pieces, sink.take()]


class _Sink(io.RawIOBase):
    """Cannot seek, as a connection cannot."""

    def __init__(self) -> None:
        self._data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._data += bytes(data)
        return len(data)

    def take(self) -> bytes:
        data, self._data = self._data, b""
        return data


def aac(audio_format: AudioFormat, seconds: float) -> list[bytes]:
    """Return frames of the tones."""
    encoder: Any = av.CodecContext.create("aac", "w")
    layout = "mono" if audio_format.channels == 1 else "stereo"
    encoder.sample_rate, encoder.layout, encoder.format = audio_format.rate, layout, "fltp"
    encoder.time_base = Fraction(1, audio_format.rate)
    frames: list[bytes] = []
    for number in range(round(seconds * audio_format.rate / FRAME_SAMPLES)):
        samples = tone(number * FRAME_SAMPLES, FRAME_SAMPLES, audio_format.rate)
        frame = av.AudioFrame.from_ndarray(np.tile(samples, (audio_format.channels, 1)), "fltp", layout)
        frame.sample_rate, frame.pts = audio_format.rate, number * FRAME_SAMPLES
        frames += map(bytes, encoder.encode(frame))
    return frames


def with_audio(units: Sequence[Unit], audio_format: AudioFormat, shift: int = 0) -> list[Unit]:
    """Return units with audio, which begins `shift` ticks after the first one."""
    step = FRAME_SAMPLES * CLOCK / audio_format.rate
    waiting = [
        AudioFrame(data, units[0].pts + shift + round(number * step))
        for number, data in enumerate(aac(audio_format, (units[-1].pts - units[0].pts) / CLOCK + 1))
    ]
    found = []
    for unit in units:
        due = tuple(frame for frame in waiting if frame.pts <= unit.pts)
        waiting = waiting[len(due) :]
        found.append(unit._replace(audio=due, audio_format=audio_format))
    return found


def flashes_and_tones(container: Any, *, ends: bool = False) -> tuple[list[float], list[float]]:
    """Return when flashes and tones begin in a container, in seconds.

    Args:
        ends: return also when flashes end.
    """
    flashes, tones = [], []
    was_bright, last_loud = None, 0.0
    for frame in container.decode(video=0, audio=0):
        if isinstance(frame, av.VideoFrame):
            bright = frame.to_ndarray()[: frame.height].mean() > 128
            if was_bright is not None and bright != was_bright and (bright or ends):
                flashes.append(frame.time)
            was_bright = bright
            continue
        for index in np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.15):
            time = frame.time + index / frame.sample_rate
            if time - last_loud > _LENGTH:
                tones.append(time)
            last_loud = time
    return flashes, tones
