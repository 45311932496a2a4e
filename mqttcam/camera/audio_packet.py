"""Audio as a source gives it, beside its video."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

FRAME_SAMPLES = 1024
"""Samples per channel of a frame of AAC-LC (ISO/IEC 14496-3, 4.5.1.1)."""


class AudioFormat(NamedTuple):
    """Describes audio, which is always AAC-LC: MP4, MPEG-TS and browsers play it.

    Attributes:
        rate: samples per second, 7350 to 48000.
        channels: 1 or 2.
    """

    rate: int
    channels: int


class AudioPacket(NamedTuple):
    """One frame of AAC-LC.

    Attributes:
        data: a raw_data_block (ISO/IEC 14496-3, table 4.3), without a header.
        pts_ns: when it begins, in nanoseconds of the clock of the source's video packets; None if they have none.
        ts_ns: when it began, Unix nanoseconds.
    """

    data: bytes
    pts_ns: int | None
    ts_ns: int


DeliverAudio = Callable[[AudioPacket], None]
"""Takes the audio of a source in its order, in any thread, and must not block."""
