"""Byte streams of H.264 and H.265 (ITU-T H.264 and H.265, annex B): their NAL units and parameter sets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

_START = b"\0\0\1"
_PARAMETER_SETS = {"h264": frozenset({7, 8}), "hevc": frozenset({32, 33, 34})}
"""SPS and PPS (ITU-T H.264, table 7-1); VPS, SPS and PPS (ITU-T H.265, table 7-1)."""
_SPS = {"h264": 7, "hevc": 33}
_DELIMITER = {"h264": 9, "hevc": 35}
"""The access unit delimiter, which is the first NAL unit if there is one."""
_FIRST_PICTURE = {"h264": range(1, 6), "hevc": range(32)}
"""The types of NAL units with a part of a picture."""
_KEYFRAME = {"h264": range(5, 6), "hevc": range(16, 22)}
"""IDR; BLA, IDR and CRA (ITU-T H.265, table 7-1)."""


def nal_type(header: int, codec: Literal["h264", "hevc"]) -> int:
    """Return the type in the first byte of a NAL unit."""
    return header & 31 if codec == "h264" else header >> 1 & 63


def split(data: bytes) -> Iterator[bytes]:
    """Yield all NAL units without their start codes."""
    start = data.find(_START) + 3
    while start > 2:
        end = data.find(_START, start)
        unit = data[start : end if end >= 0 else None].rstrip(b"\0")  # a NAL unit does not end in zero
        if unit:
            yield unit
        start = end + 3 if end >= 0 else 0


def without_parameter_sets(data: bytes, codec: Literal["h264", "hevc"]) -> Iterator[bytes]:
    """Yield the other NAL units without their start codes."""
    return (unit for unit in split(data) if nal_type(unit[0], codec) not in _PARAMETER_SETS[codec])


def nal_units(data: bytes, codec: Literal["h264", "hevc"]) -> Iterator[tuple[int, int, int]]:
    """Yield type, start and end of each NAL unit, start code included, up to the first with a part of a picture."""
    start = data.find(_START)
    while start >= 0 and start + 3 < len(data):
        kind = nal_type(data[start + 3], codec)
        is_picture = kind in _FIRST_PICTURE[codec]
        end = -1 if is_picture else data.find(_START, start + 3)
        # A start code of four bytes begins with a zero that belongs to it.
        begin = start - 1 if start and data[start - 1] == 0 else start
        stop = len(data) if end < 0 else end - 1 if data[end - 1] == 0 else end
        yield kind, begin, stop
        start = end


def is_keyframe(data: bytes, codec: Literal["h264", "hevc"]) -> bool:
    """Return whether decoding can start at an access unit, by its first part of a picture."""
    kinds = (kind for kind, _, _ in nal_units(data, codec) if kind in _FIRST_PICTURE[codec])
    return next(kinds, -1) in _KEYFRAME[codec]


def parameter_sets(data: bytes, codec: Literal["h264", "hevc"]) -> bytes:
    """Return the parameter sets before the picture of an access unit; empty unless an SPS is among them."""
    found = [
        (kind, data[start:end])
        for kind, start, end in nal_units(data, codec)
        if kind in _PARAMETER_SETS[codec]
    ]
    return b"".join(part for _, part in found) if any(kind == _SPS[codec] for kind, _ in found) else b""


def with_parameter_sets(data: bytes, sets: bytes, codec: Literal["h264", "hevc"]) -> bytes:
    """Return an access unit with parameter sets before it, behind its delimiter if it has one."""
    for kind, _, end in nal_units(data, codec):
        if kind == _DELIMITER[codec]:
            return data[:end] + sets + data[end:]
        break
    return sets + data
