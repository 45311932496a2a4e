"""Access units of H.264 or H.265, the packets that encoders and cameras make and muxers take."""

from __future__ import annotations

from typing import Literal, NamedTuple

from mqttcam.camera.audio_packet import AudioFormat

CLOCK = 90_000
"""Ticks per second of time stamps (ISO/IEC 13818-1, 2.4.3.7)."""

Codec = Literal["h264", "hevc"]
"""FFmpeg's names of H.264 and H.265."""


_OVERHEAD = 224
"""Bytes of memory of a unit besides its data: the tuple, its numbers, and the header of `bytes` (CPython 3.11)."""
_AUDIO_OVERHEAD = 144
"""Likewise of a frame of audio."""


class AudioFrame(NamedTuple):
    """One frame of AAC-LC.

    Attributes:
        data: a raw_data_block (ISO/IEC 14496-3, table 4.3), without a header.
        pts: when it begins, in ticks of `CLOCK` on the time line of the video, strictly growing.
    """

    data: bytes
    pts: int


class Unit(NamedTuple):
    """One access unit of video, with the audio that goes with it. Immutable: all readers share it.

    Attributes:
        data: Annex B byte stream (ITU-T H.264 or H.265, annex B), with the parameter sets before each keyframe.
        pts: presentation time in ticks of `CLOCK`, strictly growing. There are no B-frames, so decoding takes place in
            the same order.
        ts_ns: when the frame was captured, Unix nanoseconds; it jumps when the clock is set.
        is_keyframe: whether decoding can start here.
        width, height: in pixels.
        codec: "h264" or "hevc".
        audio: begins after the unit before and not after this one. There are no gaps between the frames of all units.
        audio_format: None if the video has no audio.
    """

    data: bytes
    pts: int
    ts_ns: int
    is_keyframe: bool
    width: int
    height: int
    codec: Codec = "h264"
    audio: tuple[AudioFrame, ...] = ()
    audio_format: AudioFormat | None = None

    @property
    def memory(self) -> int:
        """Bytes that it takes."""
        return len(self.data) + _OVERHEAD + self.audio_memory

    @property
    def audio_memory(self) -> int:
        """Bytes that its audio takes."""
        return sum(len(frame.data) + _AUDIO_OVERHEAD for frame in self.audio) if self.audio else 0
