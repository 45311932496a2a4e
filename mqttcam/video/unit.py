"""Access units of H.264, the packets that encoders make and muxers take."""

from __future__ import annotations

from typing import NamedTuple

CLOCK = 90_000
"""Ticks per second of time stamps (ISO/IEC 13818-1, 2.4.3.7)."""


class Unit(NamedTuple):
    """One access unit. Immutable: all readers share it.

    Attributes:
        data: Annex B byte stream (ITU-T H.264, annex B), with SPS and PPS before each keyframe.
        pts: presentation time in ticks of `CLOCK`, strictly growing. There are no B-frames, so decoding takes place in
            the same order.
        is_keyframe: whether decoding can start here.
        width, height: in pixels.
    """

    data: bytes
    pts: int
    is_keyframe: bool
    width: int
    height: int
