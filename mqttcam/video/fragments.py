"""Fragmented MP4 (ISO/IEC 14496-12) of a camera's units, one fragment per frame, for Media Source Extensions.

A fragment with the audio follows that of the frame.

FFmpeg's muxer writes a frame once it has the next one, so the fragments are made here, at once.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat
from mqttcam.imaging.annex_b import parameter_sets, without_parameter_sets
from mqttcam.video.aac import BITRATE, CODEC_STRING, layout_of
from mqttcam.video.sink import Sink
from mqttcam.video.unit import CLOCK, Unit

_TICK = Fraction(1, CLOCK)
_OPTIONS = {"movflags": "empty_moov+default_base_moof+frag_every_frame+skip_trailer", "flush_packets": "1"}
_FIRST_STEP = CLOCK // 15
"""How long the first frame lasts, before the time to the next one is known."""
_SMOOTHING = 8
"""Frames over which the usual duration is averaged."""
_MOST_DEVIATION = CLOCK // 25
"""Ticks by which the audio may differ from the time line of the video, before it follows it."""
_VIDEO, _AUDIO = 1, 2
"""Track IDs, as FFmpeg numbers them."""
_SYNC_SAMPLE, _OTHER_SAMPLE = 0x02000000, 0x01010000
"""sample_depends_on 2 (on no other); 1, and sample_is_non_sync_sample (ISO/IEC 14496-12, 8.8.3.1)."""


class Fragments:
    """Muxes units. The fragment of a keyframe can be the first that a reader gets after the header.

    The time line has no holes, as browsers stop at each: a frame lasts as long as the one before did, at most twice
    the usual time.

    Attributes:
        header: the initialization segment (ftyp and moov).
        codec: the value of the `codecs` parameter (RFC 6381), such as `avc1.4d401f` or `avc1.4d401f,mp4a.40.2`.
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
        self._audio_format = first.audio_format
        self._audio_time: int | None = None
        if first.audio_format is not None:
            self.codec += f",{CODEC_STRING}"
        self._sequence = 0
        self._time = 0
        self._last_pts: int | None = None
        self._usual = float(_FIRST_STEP)

    @property
    def time(self) -> float:
        """When the next unit begins on the time line, in seconds."""
        return self._time / CLOCK

    def fits(self, keyframe: Unit) -> bool:
        """Return whether the header still applies from this keyframe on; otherwise a new muxer is needed."""
        same = keyframe.audio_format == self._audio_format
        return same and parameter_sets(keyframe.data, keyframe.codec) == self._parameter_sets

    def mux(self, unit: Unit) -> bytes:
        """Return a unit as a fragment (moof and mdat), and another one with its audio, if it has any."""
        duration = self._duration(unit.pts)
        self._sequence += 1
        fragment = make_fragment(unit, self._sequence, self._time, duration)
        self._time += duration
        if unit.audio and self._audio_format is not None:
            fragment += self._audio_fragment(unit, self._audio_format)
        return fragment

    def close(self) -> None:
        """Do nothing: no memory is held."""

    def _audio_fragment(self, unit: Unit, audio_format: AudioFormat) -> bytes:
        """Return the audio of a unit without a gap to that of the unit before, or nothing if it is not due yet."""
        # This unit is shown for as long as the one before lasted, so its audio is heard that much earlier, too.
        offset = self._time - round(self._usual) - unit.pts
        frames = [(frame.data, (frame.pts + offset) * audio_format.rate // CLOCK) for frame in unit.audio]
        limit = _MOST_DEVIATION * audio_format.rate // CLOCK
        if self._audio_time is None or abs(frames[0][1] - self._audio_time) > limit:
            earliest = self._audio_time or 0
            frames = [frame for frame in frames if frame[1] >= earliest]
            if not frames:
                return b""
            self._audio_time = frames[0][1]
        self._sequence += 1
        fragment = _audio_fragment([data for data, _ in frames], self._sequence, self._audio_time)
        self._audio_time += len(frames) * FRAME_SAMPLES
        return fragment

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
    if first.audio_format is not None:
        # PyAV gives a track its description only with an encoder, which is not used.
        rate, layout = first.audio_format.rate, layout_of(first.audio_format)
        audio = container.add_stream("aac", rate=rate, layout=layout)
        audio.codec_context.bit_rate = BITRATE * first.audio_format.channels
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
    # The duration, size and flags of each sample.
    return _fragment_header(_VIDEO, sequence, time, 0x0700, struct.pack(">III", duration, size, flags), 1)


def _audio_fragment(frames: list[bytes], sequence: int, time: int) -> bytes:
    # The duration and size of each sample.
    samples = b"".join(struct.pack(">II", FRAME_SAMPLES, len(data)) for data in frames)
    return _fragment_header(_AUDIO, sequence, time, 0x0300, samples, len(frames)) + _box(b"mdat", *frames)


def _fragment_header(
    track_id: int, sequence: int, time: int, fields: int, samples: bytes, count: int
) -> bytes:
    """Return the moof of a fragment with one track; `fields` are the flags of those that each sample has."""
    header = _box(b"mfhd", struct.pack(">II", 0, sequence))
    track = _box(b"tfhd", struct.pack(">II", 0x020000, track_id))  # default-base-is-moof
    decode_time = _box(b"tfdt", struct.pack(">IQ", 0x01000000, time))
    # data-offset; the data begin after the header of mdat
    offset = 8 + len(header) + 8 + len(track) + len(decode_time) + _RUN_HEADER + len(samples) + 8
    run = _box(b"trun", struct.pack(">III", fields | 0x000001, count, offset), samples)
    return _box(b"moof", header, _box(b"traf", track, decode_time, run))


_RUN_HEADER = 20


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", 8 + len(body)) + kind + body
