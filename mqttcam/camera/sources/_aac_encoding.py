"""Audio of any codec, encoded as AAC-LC."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat

_SECOND = 1_000_000_000
_MOST_DEVIATION = 10_000_000
"""Nanoseconds by which the time of a packet may differ from that of its samples, before the latter follows it."""
_MOST_FAILURES = 50
"""Number of undecodable packets in a row after which decoding is given up."""
_SPEECH_RATE = 16_000
_SPEECH_BITRATE, _BITRATE = 32_000, 64_000
"""Bits per second and channel; the former for audio of at most `_SPEECH_RATE`, such as G.711."""


class AudioUnusable(Exception):
    """The audio cannot be used, as the message explains."""


class AacEncoding:
    """Decodes and encodes the packets of one stream."""

    def __init__(self, av: Any, context: Any, audio_format: AudioFormat) -> None:
        """Open the encoder.

        Args:
            context: PyAV's codec context of the stream; None if FFmpeg has no decoder for it.

        Raises:
            AudioUnusable: there is no decoder, no encoder, or the stream does not tell its sampling frequency.
        """
        if context is None:
            raise AudioUnusable("there is no decoder for it")
        if not context.sample_rate:
            raise AudioUnusable(f"the camera does not report the sampling frequency of its {context.name}")
        if context.is_open:
            context.flush_buffers()
        self._av = av
        self._decoder = context
        self._rate = audio_format.rate
        layout = "mono" if audio_format.channels == 1 else "stereo"
        is_speech = context.sample_rate <= _SPEECH_RATE
        try:
            self._encoder = av.CodecContext.create("aac", "w")
            self._encoder.sample_rate, self._encoder.layout = audio_format.rate, layout
            self._encoder.format, self._encoder.time_base = "fltp", Fraction(1, audio_format.rate)
            self._encoder.bit_rate = audio_format.channels * (_SPEECH_BITRATE if is_speech else _BITRATE)
            self._encoder.open()
        except (av.error.FFmpegError, ValueError) as error:
            raise AudioUnusable(f"the AAC encoder does not open: {error}") from error
        self._resampler = av.AudioResampler("fltp", layout, audio_format.rate, FRAME_SAMPLES)
        self._begin_ns: int | None = None
        self._decoded_ns = 0
        self._samples = 0
        self._failures = 0

    def encode(self, packet: Any, pts_ns: int | None) -> Iterator[tuple[bytes, int]]:
        """Yield frames of AAC and when they begin, in nanoseconds; a packet that cannot be decoded is left out.

        Raises:
            AudioUnusable: too many packets in a row cannot be decoded, or the encoder failed.
        """
        try:
            frames = self._decoder.decode(packet)
            self._failures = 0
        except (self._av.error.FFmpegError, ValueError) as error:
            self._failures += 1
            if self._failures >= _MOST_FAILURES:
                raise AudioUnusable(f"its {self._decoder.name} cannot be decoded: {error}") from error
            return
        try:
            yield from self._encode(frames, pts_ns)
        except (self._av.error.FFmpegError, ValueError) as error:
            raise AudioUnusable(f"the AAC encoder failed: {error}") from error

    def _encode(self, frames: Iterable[Any], pts_ns: int | None) -> Iterator[tuple[bytes, int]]:
        for frame in frames:
            self._follow(pts_ns)
            pts_ns = None
            self._decoded_ns += frame.samples * _SECOND // frame.sample_rate
            frame.pts = None
            for resampled in self._resampler.resample(frame):
                resampled.pts, resampled.time_base = self._samples, self._encoder.time_base
                self._samples += resampled.samples
                for encoded in self._encoder.encode(resampled):
                    assert self._begin_ns is not None
                    yield bytes(encoded), self._begin_ns + encoded.pts * _SECOND // self._rate

    def _follow(self, pts_ns: int | None) -> None:
        """Correct the time of the first sample where the stream's own time stamps require it."""
        if self._begin_ns is None:
            self._begin_ns = pts_ns or 0
        elif pts_ns is not None:
            deviation = pts_ns - self._begin_ns - self._decoded_ns
            if abs(deviation) > _MOST_DEVIATION:
                self._begin_ns += deviation
