"""MPEG-TS (ISO/IEC 13818-1) of a camera's units, which readers can join at any keyframe."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from mqttcam.video.sink import Sink
from mqttcam.video.transport_audio import TransportAudio
from mqttcam.video.unit import CLOCK, Unit

CONTENT_TYPE = "video/mp2t"
"""RFC 3555."""
_TICK = Fraction(1, CLOCK)
_START = CLOCK
"""Added to all time stamps. Audio may begin a little before the first picture, whose time stamp is 0, and time stamps
below 0 would be those of 26 hours later: they have 33 bits."""
_OPTIONS = {
    "flush_packets": "1",
    # With its length in the header of each picture, a reader need not wait for the next one to see its end.
    "omit_video_pes_length": "0",
    # PAT and PMT stand before each keyframe, where readers join, and nowhere else.
    "mpegts_flags": "pat_pmt_at_frames",
    "pat_period": "3600",
    "sdt_period": "3600",
}


class TransportStream:
    """Muxes units. The chunk of a keyframe can be the first that a reader gets.

    Attributes:
        header: empty; PAT and PMT are in the chunks.
    """

    header = b""

    def __init__(self, first: Unit) -> None:
        """Begin with the sizes of `first`, a keyframe, which is still to be muxed."""
        import av

        self._codec, self._audio_format = first.codec, first.audio_format
        self._audio = first.audio_format and TransportAudio(first.audio_format)
        self._sink = Sink()
        self._container: Any = av.open(self._sink, "w", format="mpegts", options=_OPTIONS)
        self._stream = self._container.add_mux_stream(
            first.codec, width=first.width, height=first.height, time_base=_TICK
        )

    def fits(self, keyframe: Unit) -> bool:
        """Return whether the same codecs are used; size and parameter sets are in the chunks of keyframes."""
        return (keyframe.codec, keyframe.audio_format) == (self._codec, self._audio_format)

    def mux(self, unit: Unit) -> bytes:
        """Return a unit as packets of 188 bytes."""
        import av

        packet = av.Packet(unit.data)
        packet.stream = self._stream
        packet.time_base = _TICK
        packet.pts = packet.dts = _START + unit.pts
        packet.is_keyframe = unit.is_keyframe
        self._container.mux_one(packet)
        chunk = self._sink.take()
        if self._audio is None:
            return chunk
        if unit.is_keyframe:
            chunk = self._audio.declare(chunk)
        return chunk + self._audio.mux(unit.audio, _START)

    def close(self) -> None:
        """Free the muxer's memory."""
        self._container.close()
