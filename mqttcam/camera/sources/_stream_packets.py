"""The packets of H.264 or H.265 from a container that PyAV has opened, or from a device, passed on as they are."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from mqttcam.camera.latest_group import LatestGroup
from mqttcam.camera.video_packet import DeliverPacket, VideoCodec, VideoPacket
from mqttcam.imaging.annex_b import parameter_sets, with_parameter_sets


def passable(name: str) -> VideoCodec | None:
    """Return the codec of FFmpeg's name if its packets can be passed on."""
    return "h264" if name == "h264" else "hevc" if name == "hevc" else None


class StreamPackets:
    """Makes packets of one connection's video.

    Each time they are requested again, they begin at the last keyframe, or at the next one if that is due soon.
    """

    def __init__(self, av: Any, codec: VideoCodec, max_pixels: int, stream: Any = None) -> None:
        """Read the parameter sets of the container.

        Args:
            max_pixels: of a picture; larger ones are left out.
            stream: PyAV's stream; None if the packets are a byte stream (Annex B) without a container.
        """
        self._av = av
        self._codec: VideoCodec = codec
        self._max_pixels = max_pixels
        extradata = b"" if stream is None else bytes(stream.codec_context.extradata or b"")
        # Lengths instead of start codes, as in MP4, FLV and Matroska (ISO/IEC 14496-15); the filter adds the sets.
        boxed = extradata[:1] == b"\1"
        self._filter = av.bitstream.BitStreamFilterContext(f"{codec}_mp4toannexb", stream) if boxed else None
        self._sets = b"" if boxed else extradata
        self._measured = b""
        self._size = (0, 0)
        self._started = False
        # The time base as nanoseconds and a divisor: PyAV makes a Fraction each time it is read.
        self._tick: tuple[int, int] | None = None
        self._deliver: DeliverPacket | None = None
        self._group: LatestGroup[tuple[Any, int]] = LatestGroup()

    def offer(self, packet: Any, deliver: DeliverPacket | None, ts_ns: int | None = None) -> None:
        """Pass a packet on.

        Args:
            deliver: takes it; None while nothing needs it.
            ts_ns: when it was captured, Unix nanoseconds; by default, now.
        """
        if packet.is_corrupt:
            self.interrupt()
            return
        is_keyframe, ts_ns = bool(packet.is_keyframe), ts_ns or time.time_ns()
        self._group.add((packet, ts_ns), packet.size, time.monotonic(), is_keyframe=is_keyframe)
        if deliver is None or deliver != self._deliver:
            self._started, self._deliver = False, deliver
        if deliver is None:
            return
        if self._started or is_keyframe:
            self._pass_on(packet, ts_ns, deliver)
        else:
            for past, past_ts_ns in self._group.to_begin_with():
                self._pass_on(past, past_ts_ns, deliver)

    def _pass_on(self, packet: Any, ts_ns: int, deliver: DeliverPacket) -> None:
        is_keyframe = bool(packet.is_keyframe)
        if self._tick is None and (base := packet.time_base) is not None:
            self._tick = base.numerator * 10**9, base.denominator
        pts = packet.pts if packet.pts is not None else packet.dts
        pts_ns = None if pts is None or self._tick is None else pts * self._tick[0] // self._tick[1]
        for part in self._parts(packet):
            data = bytes(part)
            if is_keyframe:
                data = self._standalone(data)
                self._started = bool(self._size[0])
            if self._started:
                deliver(VideoPacket(data, pts_ns, ts_ns, is_keyframe, *self._size, self._codec))

    def interrupt(self) -> None:
        """Continue at the next keyframe, as packets were lost."""
        self._started = False
        self._group.clear()

    def _parts(self, packet: Any) -> Iterable[Any]:
        if self._filter is None:
            return (packet,)
        # A copy, as the filter takes the data away, which are still to be decoded.
        parts: list[Any] = self._filter.filter(self._av.Packet(bytes(packet)))
        return parts

    def _standalone(self, data: bytes) -> bytes:
        """Return a keyframe with its parameter sets, and note its size."""
        sets = parameter_sets(data, self._codec)
        if sets:
            self._sets = sets
        elif self._sets:
            data = with_parameter_sets(data, self._sets, self._codec)
        if self._sets != self._measured or not self._size[0]:
            self._measured, self._size = self._sets, self._size_of(data)
        return data

    def _size_of(self, keyframe: bytes) -> tuple[int, int]:
        """Return width and height as a decoder sees them; 0 if it cannot decode the picture."""
        decoder = self._av.CodecContext.create(self._codec, "r")
        decoder.options = {"max_pixels": str(self._max_pixels)}
        try:
            pictures = decoder.decode(self._av.Packet(keyframe)) or decoder.decode(None)
        except (self._av.error.FFmpegError, ValueError):
            return 0, 0
        return (pictures[0].width, pictures[0].height) if pictures else (0, 0)
