"""The parameter sets of H.264 and H.265, which stand before each keyframe: with others, a new file has to begin."""

from __future__ import annotations

import re

from mqttcam.video.unit import Codec, Unit

_NAL = re.compile(rb"\x00\x00\x01(?=(.))", re.DOTALL)
_LIMIT = 4096
"""Bytes of a keyframe in which they are looked for."""
_H264_TYPES = frozenset({7, 8})
"""SPS and PPS (ITU-T H.264, table 7-1)."""
_HEVC_TYPES = frozenset({32, 33, 34})
"""VPS, SPS and PPS (ITU-T H.265, table 7-1)."""


def parameter_sets(unit: Unit) -> tuple[bytes, ...]:
    """Return the parameter sets of a keyframe in their order, without start codes."""
    head = unit.data[:_LIMIT]
    starts = list(_NAL.finditer(head))
    ends = [match.start() for match in starts[1:]] + [len(head)]
    return tuple(
        head[match.end() : end].rstrip(b"\0")
        for match, end in zip(starts, ends, strict=True)
        if _is_parameter_set(match[1][0], unit.codec)
    )


def _is_parameter_set(header: int, codec: Codec) -> bool:
    """Return whether a NAL unit has a parameter set, by its first byte."""
    return header & 31 in _H264_TYPES if codec == "h264" else header >> 1 & 63 in _HEVC_TYPES
