"""Decoding on demand: pictures are decoded only while something needs them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

_MAX_PACKETS = 900
_MAX_BYTES = 16_000_000
"""Packets kept to be decoded when a picture is wanted between two keyframes: half a minute at 30 frames per second."""
_SAME_RATE = 1.05
"""A rate this much above that of the keyframes is still met by them: rates are measured."""


class DemandedPictures:
    """Decodes the packets of one stream as far as pictures are wanted.

    Every packet is decoded until there was a picture, and while pictures are wanted more often than keyframes come.
    Keyframes alone are decoded where they come often enough, and nothing where no picture is wanted. A picture wanted
    after that is made from the packets since the last keyframe.
    """

    def __init__(
        self,
        decoder: Any,
        wanted_fps: Callable[[], float],
        *,
        keyframes_only: bool = False,
        max_packets: int = _MAX_PACKETS,
    ) -> None:
        """Do nothing yet.

        Args:
            decoder: PyAV's codec context.
            wanted_fps: pictures per second that are wanted now.
            keyframes_only: never decode anything else.
            max_packets: to keep for a picture that is wanted between two keyframes.
        """
        self._decoder = decoder
        self._wanted_fps = wanted_fps
        self._keyframes_only = keyframes_only
        self._max_packets = max_packets
        self._had_picture = False
        self._waiting: list[Any] = []
        self._waiting_bytes = 0
        self._stale = False
        self._last_keyframe: float | None = None
        self._keyframe_fps = 0.0

    def decode(self, packet: Any) -> list[Any] | None:
        """Return the pictures that a packet completes; None if it was not to be decoded now.

        Raises:
            av.error.FFmpegError, ValueError: it cannot be decoded.
        """
        self._keep(packet)
        wanted = self._wanted_fps() if self._had_picture else math.inf
        keyframes_suffice = self._keyframes_only or wanted <= self._keyframe_fps * _SAME_RATE
        if keyframes_suffice and not (packet.is_keyframe and wanted):
            return None
        pictures = self._catch_up()
        if keyframes_suffice:
            # The decoder is emptied, as it might hold the picture back until it sees the next one.
            pictures += self._decoder.decode(None)
            self._stale, self._waiting, self._waiting_bytes = True, [packet], packet.size
        self._had_picture |= bool(pictures)
        return pictures

    def _keep(self, packet: Any) -> None:
        """Note a packet as not decoded yet; a keyframe makes those before it unnecessary."""
        full = len(self._waiting) >= self._max_packets or self._waiting_bytes + packet.size > _MAX_BYTES
        if packet.is_keyframe:
            self._measure(packet)
        if self._waiting and (packet.is_keyframe or full):
            # Without the packets before it, the decoder starts again, and its next picture is that of a keyframe.
            self._stale = True
            self._waiting, self._waiting_bytes = [], 0
        self._waiting.append(packet)
        self._waiting_bytes += packet.size

    def _catch_up(self) -> list[Any]:
        """Decode what waits, and return the pictures of the last packet."""
        if self._stale:
            self._decoder.flush_buffers()
        packets, self._waiting, self._waiting_bytes, self._stale = self._waiting, [], 0, False
        pictures: list[Any] = []
        for packet in packets:
            pictures = self._decoder.decode(packet)
        return pictures

    def _measure(self, packet: Any) -> None:
        """Measure how often keyframes come, by their time stamps."""
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None or packet.time_base is None:
            return
        now = float(stamp * packet.time_base)
        if self._last_keyframe is not None and now > self._last_keyframe:
            self._keyframe_fps = 1 / (now - self._last_keyframe)
        self._last_keyframe = now
