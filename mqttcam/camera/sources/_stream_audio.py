"""The audio of a container opened by PyAV: AAC is passed on unchanged, everything else is encoded as AAC."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat, AudioPacket, DeliverAudio
from mqttcam.camera.sources._aac_encoding import AacEncoding, AudioUnusable

_RATES = (48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
"""The sampling frequencies of ISO/IEC 14496-3, table 1.18, that are passed on."""
_ENCODED_RATE = 48_000
"""For everything that is encoded: a frame is complete after 21 ms, where it would take 128 ms at the 8 kHz of G.711."""
_LOW_COMPLEXITY = 2
"""The audio object type of AAC-LC (ISO/IEC 14496-3, table 1.17)."""
_CLOCK_STEP = 1_000_000_000
"""Nanoseconds; if the time between a packet's own time and its arrival changes by more, one of these clocks was set."""
_SMOOTHING = 64
"""Packets over which a longer time to their arrival replaces a shorter one: the first of a connection, and what the
network holds up, come in bursts."""

_MAX_KEPT, _MAX_KEPT_BYTES = 2000, 8_000_000
"""Packets since the last keyframe, for a reader that begins with it: 40 seconds of 20 ms each, also as PCM."""
_MAX_AAC = 8184
"""Bytes of a frame that ADTS has a length for (ISO/IEC 14496-3, 1.A.2.2.1); larger ones are broken."""
_MARGIN, _LONGEST_GROUP = 200_000_000, 60_000_000_000
"""Nanoseconds that audio may begin before its keyframe, and that may lie between two keyframes."""


class StreamAudio:
    """Makes packets of one connection's audio. Each time they are requested again, they begin at the last keyframe.

    Attributes:
        av_stream: PyAV's stream.
        format: of the packets.
    """

    def __init__(
        self, av: Any, stream: Any, wanted: AudioFormat | None, report: Callable[[str], None]
    ) -> None:
        """Prepare what is needed.

        Args:
            stream: PyAV's stream.
            wanted: the format of the connection before, which applies to this one, too; None if there was none.
            report: is called with the reason if the audio turns out to be unusable; no more packets come then.

        Raises:
            AudioUnusable: there is no decoder or encoder for it.
        """
        context = stream.codec_context
        native = None if context is None else _native_format(context)
        self.av_stream = stream
        self._av = av
        self._context = context
        if native is not None and wanted in (None, native):
            self.format = native
        else:
            # Opened now to find out whether that is possible.
            self.format = wanted or AudioFormat(_ENCODED_RATE, min(2, _channels(context)))
            AacEncoding(av, context, self.format)
        self._passes = native == self.format
        self._report = report
        self._is_usable = True
        self._encoding: AacEncoding | None = None
        self._deliver: DeliverAudio | None = None
        self._kept: deque[Any] = deque()
        self._kept_bytes = 0
        self._next_ns = 0
        self._delay_ns: int | None = None

    def note_video(self, packet: Any, deliver: DeliverAudio | None) -> None:
        """Note a packet of the video before it is passed on, by which the times of audio become those of its frames.

        Args:
            packet: a keyframe may be passed on later, and then needs the audio from its time on.
            deliver: takes the audio; None while nothing needs it.
        """
        stamp_ns = time_ns(packet, packet.dts if packet.dts is not None else packet.pts)
        if stamp_ns is not None:
            delay = time.time_ns() - stamp_ns
            if self._delay_ns is None or not 0 < delay - self._delay_ns <= _CLOCK_STEP:
                self._delay_ns = delay
            else:
                self._delay_ns += (delay - self._delay_ns) // _SMOOTHING
            if packet.is_keyframe:
                self._forget(stamp_ns - _MARGIN)
        self._deliver_to(deliver)

    def offer(self, packet: Any, deliver: DeliverAudio | None) -> None:
        """Pass a packet on; `deliver` is as for `note_video`."""
        if packet.is_corrupt or not packet.size or not self._is_usable:
            return
        self._deliver_to(deliver)
        self._kept.append(packet)
        self._kept_bytes += packet.size
        while len(self._kept) > _MAX_KEPT or self._kept_bytes > _MAX_KEPT_BYTES:
            self._forget_oldest()
        if deliver is not None:
            self._pass_on(packet, deliver)

    def _deliver_to(self, deliver: DeliverAudio | None) -> None:
        """Pass on the stored packets if the consumer has changed."""
        if deliver == self._deliver:
            return
        self._deliver, self._encoding = deliver, None
        if deliver is not None:
            for packet in self._kept:
                self._pass_on(packet, deliver)

    def _forget(self, before_ns: int) -> None:
        """Discard the packets before a time, or all if they have a different clock."""
        while self._kept:
            stamp_ns = time_ns(self._kept[0], self._kept[0].pts)
            if stamp_ns is not None and before_ns <= stamp_ns <= before_ns + _LONGEST_GROUP:
                break
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self._kept_bytes -= self._kept.popleft().size

    def _pass_on(self, packet: Any, deliver: DeliverAudio) -> None:
        pts_ns = time_ns(packet, packet.pts if packet.pts is not None else packet.dts)
        if self._passes:
            self._next_ns = self._next_ns if pts_ns is None else pts_ns
            data = _without_header(bytes(packet))
            if len(data) <= _MAX_AAC:
                deliver(self._packet(data, self._next_ns))
            self._next_ns += FRAME_SAMPLES * 1_000_000_000 // self.format.rate
            return
        if not self._is_usable:
            return
        try:
            self._encoding = self._encoding or AacEncoding(self._av, self._context, self.format)
            for data, begin_ns in self._encoding.encode(packet, pts_ns):
                deliver(self._packet(data, begin_ns))
        except AudioUnusable as error:
            self._is_usable = False
            self._report(str(error))

    def _packet(self, data: bytes, pts_ns: int) -> AudioPacket:
        ts_ns = time.time_ns() if self._delay_ns is None else pts_ns + self._delay_ns
        return AudioPacket(data, pts_ns, ts_ns)


def time_ns(packet: Any, stamp: int | None) -> int | None:
    """Return a time stamp of a packet in nanoseconds; None if it has none."""
    base = packet.time_base
    return (
        None if stamp is None or base is None else stamp * base.numerator * 1_000_000_000 // base.denominator
    )


def _native_format(context: Any) -> AudioFormat | None:
    """Return the format of AAC that can be passed on; None for everything else."""
    config = bytes(context.extradata or b"")
    is_simple = context.profile in (None, "LC") and (not config or config[0] >> 3 == _LOW_COMPLEXITY)
    # HE-AAC has twice the samples in a frame, which its first bytes need not say.
    if context.name != "aac" or not is_simple:
        return None
    channels = _channels(context)
    return (
        AudioFormat(context.sample_rate, channels)
        if context.sample_rate in _RATES and channels <= 2
        else None
    )


def _channels(context: Any) -> int:
    return max(1, context.layout.nb_channels) if context is not None else 1


def _without_header(data: bytes) -> bytes:
    """Return a frame without its ADTS header (ISO/IEC 14496-3, 1.A.2.2.1), which it has in MPEG-TS."""
    if len(data) > 7 and data[0] == 0xFF and data[1] & 0xF6 == 0xF0:
        return data[7 if data[1] & 1 else 9 :]
    return data
