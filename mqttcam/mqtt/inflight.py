"""The pictures of one connection that wait for their PUBACK: MQTT's in-flight window."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence

from msgspec import Struct

from mqttcam.mqtt.packet_size import PacketSizeLimit
from mqttcam.mqtt.reasons import PACKET_TOO_LARGE

log = logging.getLogger(__name__)

FIRST_MID, LAST_MID = 0x8000, 0xFFFF
"""Packet identifiers of pictures; paho counts up from 1, and from 1 again at each connection."""

OnAck = Callable[[int, float], None]
"""Called with the PUBACK's reason code (from 128 on: refused) and the seconds from sending to PUBACK."""


class InflightPacket(Struct):
    """Whole MQTT packets, `size` bytes in all, the last one a QoS 1 PUBLISH with the packet identifier `mid`."""

    parts: Sequence[bytes]
    size: int
    mid: int
    on_ack: OnAck
    since: float = 0.0


class InflightWindow:
    """The packets in flight, and those held back until the broker's Receive Maximum allows them.

    Attributes:
        receive_maximum: the most QoS 1 packets in flight (MQTT 5, 3.2.2.3.3).
    """

    def __init__(self, size_limit: PacketSizeLimit, clock: Callable[[], float]) -> None:
        """`clock` returns seconds of a monotonic clock."""
        self.receive_maximum = 0xFFFF
        self._size_limit = size_limit
        self._clock = clock
        self._waiting: dict[int, InflightPacket] = {}
        self._held: deque[InflightPacket] = deque()
        self._mid = LAST_MID
        self._last_ack = 0.0
        self._progress_at = 0.0
        self._unsent = -1

    def __bool__(self) -> bool:
        """Whether a packet is in flight."""
        return bool(self._waiting)

    @property
    def largest(self) -> int:
        """Bytes of the largest packet in flight; 0 if there is none."""
        return max((packet.size for packet in self._waiting.values()), default=0)

    @property
    def longest(self) -> float:
        """Seconds since the oldest packet in flight was sent; 0 if there is none."""
        now = self._clock()
        return max((now - packet.since for packet in self._waiting.values()), default=0.0)

    def next_mid(self) -> int:
        """Return a packet identifier; the same one comes again after 32,767 others."""
        self._mid = self._mid + 1 if self._mid < LAST_MID else FIRST_MID
        return self._mid

    def admit(self, packet: InflightPacket) -> bool:
        """Return whether to write the packet now; if not, it is held back until `release` returns it."""
        if len(self._waiting) >= self.receive_maximum:
            self._held.append(packet)
            return False
        packet.since = self._clock()
        if not self._waiting:
            self._progress_at, self._unsent = packet.since, -1
        self._waiting[packet.mid] = packet
        return True

    def release(self) -> InflightPacket | None:
        """Return the next packet held back, to be written now; None if there is none or no room."""
        if not self._held or len(self._waiting) >= self.receive_maximum:
            return None
        packet = self._held.popleft()
        self.admit(packet)
        return packet

    def acknowledge(self, mid: int, reason: int) -> bool:
        """Take a PUBACK; return False if its packet identifier is not a picture's."""
        packet = self._waiting.pop(mid, None)
        if packet is None:
            return False
        now = self._clock()
        # Behind another picture, its time on the link starts when that one has arrived.
        seconds = now - max(packet.since, self._last_ack)
        self._last_ack = now
        if reason == PACKET_TOO_LARGE:
            self._size_limit.refused(packet.size)
        else:
            self._size_limit.acknowledged(packet.size, seconds, now)
        try:
            packet.on_ack(reason, seconds)
        except Exception:
            log.exception("MQTT: the callback of a PUBACK failed")
        return True

    def silence(self, unsent: int) -> float:
        """Return the seconds without progress: no PUBACK, and as many unsent bytes, `unsent`, as at the last call."""
        now = self._clock()
        if unsent != self._unsent or self._last_ack > self._progress_at:
            self._progress_at, self._unsent = now, unsent
        return now - self._progress_at

    def clear(self) -> None:
        """Forget all, at the end of the connection; their PUBACKs, if they still come, are ignored."""
        self._waiting.clear()
        self._held.clear()
