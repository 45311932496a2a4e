"""Encoded video as a source gives it, beside its frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from msgspec import Struct

VideoCodec = Literal["h264", "hevc"]
"""FFmpeg's names of H.264 and H.265."""


class VideoPacket(NamedTuple):
    """One encoded picture.

    Attributes:
        data: Annex B byte stream (ITU-T H.264 or H.265, annex B), with the parameter sets before each keyframe.
        pts_ns: presentation time in nanoseconds of a clock of the source, which may jump; None if it has none.
        ts_ns: when it was captured or arrived, Unix nanoseconds.
        is_keyframe: whether decoding can start here.
        width, height: in pixels.
    """

    data: bytes
    pts_ns: int | None
    ts_ns: int
    is_keyframe: bool
    width: int
    height: int
    codec: VideoCodec


DeliverPacket = Callable[[VideoPacket], None]
"""Takes the packets of a source in their order, in any thread, and must not block."""


class VideoOffer(Struct, frozen=True):
    """The encoded video that an open source can give.

    Attributes:
        encoder: the value of `video.encoder` that chooses it: "copy" if it arrives encoded, "picamera2" if the camera
            module encodes it on request.
        width, height: in pixels, before anything is done to its frames.
        is_oriented: whether it is rotated and mirrored according to the settings.
    """

    encoder: Literal["copy", "picamera2"]
    codec: VideoCodec
    width: int
    height: int
    is_oriented: bool = False
