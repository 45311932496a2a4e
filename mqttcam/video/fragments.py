"""Fragmented MP4 (ISO/IEC 14496-12) of a camera's units, one fragment per frame, for Media Source Extensions.

FFmpeg's muxer writes a frame once it has the next one, so the fragments are made here, at once.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

from mqttcam.imaging.annex_b import parameter_sets, without_parameter_sets
from mqttcam.video.sink import Sink
from mqttcam.video.unit import CLOCK, Unit

_TICK = Fraction(1, CLOCK)
_OPTIONS = {"movflags": "empty_moov+default_base_moof+frag_every_frame+skip_trailer", "flush_packets": "1"}
_FIRST_STEP = CLOCK // 15
"""How long the first frame lasts, before the time to the next one is known."""
_SMOOTHING = 8
"""Frames over which the usual duration is averaged."""
_SYNC_SAMPLE, _OTHER_SAMPLE = 0x02000000, 0x01010000
"""sample_depends_on 2 (on no other); 1, and sample_is_non_sync_sample (ISO/IEC 14496-12, 8.8.3.1)."""


class Fragments:
    """Muxes units. The fragment of a keyframe can be the first that a reader gets after the header.

    The time line has no holes, as browsers stop at each: a frame lasts as long as the one before did, at most twice
    the usual time.

    Attributes:
        header: the initialization segment (ftyp and moov).
        codec: the codec string of the `codecs` parameter (RFC 6381), such as `avc1.4d401f`.
    """

    def __init__(self, first: Unit) -> None:
        """Begin with the parameter sets of `first`, a keyframe, which is still to be muxed.

        Raises:
            ValueError: it has no parameter sets.
        """
        self._parameter_sets = parameter_sets(first.data, first.codec)
        if not self._parameter_sets:
            raise ValueError("the first keyframe has no parameter sets")
        self.header = initialization_segment(first)
        self.codec = _codec_string(first, self.header)
        self._sequence = 0
        self._time = 0
        self._last_pts: int | None = None
        self._usual = float(_FIRST_STEP)

    def fits(self, keyframe: Unit) -> bool:
        """Return whether the header still applies from this keyframe on; otherwise a new muxer is needed."""
        return parameter_sets(keyframe.data, keyframe.codec) == self._parameter_sets

    def mux(self, unit: Unit) -> bytes:
        """Return a unit as a fragment (moof and mdat)."""
        duration = self._duration(unit.pts)
        self._sequence += 1
        fragment = make_fragment(unit, self._sequence, self._time, duration)
        self._time += duration
        return fragment

    def close(self) -> None:
        """Do nothing: no memory is held."""

    def _duration(self, pts: int) -> int:
        last, self._last_pts = self._last_pts, pts
        if last is None:
            return _FIRST_STEP
        duration = round(min(max(1, pts - last), 2 * self._usual))
        self._usual += (duration - self._usual) / _SMOOTHING
        return duration


def initialization_segment(first: Unit) -> bytes:
    """Return what comes before all fragments (ftyp and moov), by the parameter sets of a keyframe."""
    import av

    sink = Sink()
    container: Any = av.open(sink, "w", format="mp4", options=_OPTIONS)
    stream = container.add_mux_stream(first.codec, width=first.width, height=first.height, time_base=_TICK)
    packet = av.Packet(first.data)
    packet.stream = stream
    packet.time_base = _TICK
    packet.pts = packet.dts = 0
    packet.is_keyframe = True
    container.mux_one(packet)
    header = sink.take()
    container.close()
    # `hvc1` has its parameter sets only in the header, which Safari requires; FFmpeg's default is `hev1`.
    return header.replace(b"hev1", b"hvc1", 1) if first.codec == "hevc" else header


def _codec_string(first: Unit, header: bytes) -> str:
    """Return the codec string (ISO/IEC 14496-15, annex E) of the configuration in a header."""
    if first.codec == "h264":
        start = header.index(b"avcC") + 4
        return f"avc1.{header[start + 1 : start + 4].hex()}"
    start = header.index(b"hvcC") + 4
    profile, compatible, constraints, level = struct.unpack_from(">BI6sB", header, start + 1)
    space = ("", "A", "B", "C")[profile >> 6]
    tier = "H" if profile & 0x20 else "L"
    reversed_bits = int(f"{compatible:032b}"[::-1], 2)
    parts = [f"hvc1.{space}{profile & 0x1F}", f"{reversed_bits:X}", f"{tier}{level}"]
    return ".".join(parts + [f"{byte:X}" for byte in constraints.rstrip(b"\0")])


def make_fragment(unit: Unit, sequence: int, time: int, duration: int) -> bytes:
    """Return moof and mdat. The page's `live.js` reads the time and the flags where they are here.

    Args:
        sequence: its number; the first fragment of a file is 1.
        time, duration: in ticks of `CLOCK`.
    """
    sample = b"".join(
        struct.pack(">I", len(nal_unit)) + nal_unit
        for nal_unit in without_parameter_sets(unit.data, unit.codec)
    )
    return _moof(unit, sequence, time, duration, len(sample)) + _box(b"mdat", sample)


def _moof(unit: Unit, sequence: int, time: int, duration: int, size: int) -> bytes:
    flags = _SYNC_SAMPLE if unit.is_keyframe else _OTHER_SAMPLE
    header = _box(b"mfhd", struct.pack(">II", 0, sequence))
    track = _box(b"tfhd", struct.pack(">II", 0x020000, 1))  # default-base-is-moof
    decode_time = _box(b"tfdt", struct.pack(">IQ", 0x01000000, time))
    # data-offset, and the duration, size and flags of one sample; the data begin after the header of mdat
    offset = 8 + len(header) + 8 + len(track) + len(decode_time) + _RUN_SIZE + 8
    run = _box(b"trun", struct.pack(">IIIIII", 0x000701, 1, offset, duration, size, flags))
    return _box(b"moof", header, _box(b"traf", track, decode_time, run))


_RUN_SIZE = 32


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body
