"""Access units of H.264 or H.265, the packets that encoders and cameras make and muxers take."""

from __future__ import annotations

from typing import Literal, NamedTuple

CLOCK = 90_000
"""Ticks per second of time stamps (ISO/IEC 13818-1, 2.4.3.7)."""

Codec = Literal["h264", "hevc"]
"""FFmpeg's names of H.264 and H.265."""


class Unit(NamedTuple):
    """One access unit. Immutable: all readers share it.

    Attributes:
        data: Annex B byte stream (ITU-T H.264 or H.265, annex B), with the parameter sets before each keyframe.
        pts: presentation time in ticks of `CLOCK`, strictly growing. There are no B-frames, so decoding takes place in
            the same order.
        ts_ns: when the frame was captured, Unix nanoseconds; it jumps when the clock is set.
        is_keyframe: whether decoding can start here.
        width, height: in pixels.
        codec: "h264" or "hevc".
    """

    data: bytes
    pts: int
    ts_ns: int
    is_keyframe: bool
    width: int
    height: int
    codec: Codec = "h264"
