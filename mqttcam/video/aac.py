"""Frames of AAC-LC (ISO/IEC 14496-3)."""

from __future__ import annotations

import functools
from fractions import Fraction
from typing import Any

import numpy as np

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat

CODEC_STRING = "mp4a.40.2"
"""RFC 6381, for AAC-LC."""
BITRATE = 64_000
"""Bits per second and channel, noted in files; the audio may have more or less."""
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
"""By their index in ISO/IEC 14496-3, table 1.18."""
_HEADER = 7
_DELAY = 2
"""Frames after which an encoder's output no longer depends on what came before its input."""


def layout_of(audio_format: AudioFormat) -> str:
    """Return FFmpeg's name of the channels."""
    return "mono" if audio_format.channels == 1 else "stereo"


def with_header(data: bytes, audio_format: AudioFormat) -> bytes:
    """Return a frame with its ADTS header (ISO/IEC 14496-3, 1.A.2.2.1), as MPEG-TS requires."""
    size = len(data) + _HEADER
    header = 0xFFF1 << 40  # syncword, MPEG-4, no checksum
    header |= 1 << 38 | _RATES.index(audio_format.rate) << 34 | audio_format.channels << 30  # AAC-LC
    header |= size << 13 | 0x7FF << 2  # variable bit rate
    return header.to_bytes(_HEADER, "big") + data


@functools.cache
def silent_frame(audio_format: AudioFormat) -> bytes:
    """Return a frame of silence."""
    import av

    encoder: Any = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout = audio_format.rate, layout_of(audio_format)
    encoder.format, encoder.time_base = "fltp", Fraction(1, audio_format.rate)
    silence = np.zeros((audio_format.channels, FRAME_SAMPLES), np.float32)
    encoded: list[Any] = []
    for number in range(_DELAY + 1):
        frame = av.AudioFrame.from_ndarray(silence, "fltp", layout_of(audio_format))
        frame.sample_rate, frame.pts = audio_format.rate, number * FRAME_SAMPLES
        encoded += encoder.encode(frame)
    return bytes(encoded[-1])
