"""The pictures of one connection that wait for their PUBACK."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mqttcam.mqtt.packet_size import PacketSizeLimit

log = logging.getLogger(__name__)

FIRST_MID, LAST_MID = 0x8000, 0xFFFF
"""Packet identifiers of pictures; paho counts up from 1, and from 1 again at each connection."""

OnAck = Callable[[int, float], None]
"""Takes the PUBACK's reason code (0 good, 128 and up refused) and the seconds that the packet took."""


@dataclass(slots=True)
class InflightPacket:
    """Whole MQTT packets, `size` bytes in all, the last one a QoS 1 PUBLISH with `mid`."""

    parts: Sequence[bytes]
    size: int
    mid: int
    on_ack: OnAck
    since: float = 0.0


class InflightWindow:
    """What is under way, and what is held back until the broker takes more.

    Times are seconds of the loop's clock.

    Attributes:
        receive_maximum: QoS 1 packets that the broker takes unacknowledged.
    """

    def __init__(self, size_limit: PacketSizeLimit, clock: Callable[[], float]) -> None:
        self.receive_maximum = 0xFFFF
        self._size_limit = size_limit
        self._clock = clock
        self._waiting: dict[int, InflightPacket] = {}
        self._held: deque[InflightPacket] = deque()
        self._mid = LAST_MID
        self._last_ack = 0.0
        self._moved_at = 0.0
        self._unsent = -1

    def __bool__(self) -> bool:
        """Whether a PUBACK is awaited."""
        return bool(self._waiting)

    @property
    def largest(self) -> int:
        """Bytes of the largest packet under way, 0 for none."""
        return max((packet.size for packet in self._waiting.values()), default=0)

    @property
    def longest(self) -> float:
        """Seconds that the oldest packet is under way."""
        now = self._clock()
        return max((now - packet.since for packet in self._waiting.values()), default=0.0)

    def next_mid(self) -> int:
        """A packet identifier; one comes again after 32,767 others."""
        self._mid = self._mid + 1 if self._mid < LAST_MID else FIRST_MID
        return self._mid

    def admit(self, packet: InflightPacket) -> bool:
        """Whether to write it now; otherwise it is held back until `release` gives it out."""
        if len(self._waiting) >= self.receive_maximum:
            self._held.append(packet)
            return False
        packet.since = self._clock()
        if not self._waiting:
            self._moved_at, self._unsent = packet.since, -1
        self._waiting[packet.mid] = packet
        return True

    def release(self) -> InflightPacket | None:
        """The next packet that was held back, now that there is room for it."""
        if not self._held or len(self._waiting) >= self.receive_maximum:
            return None
        packet = self._held.popleft()
        self.admit(packet)
        return packet

    def acknowledge(self, mid: int, reason: int) -> bool:
        """A PUBACK has come; False: it is of no picture."""
        packet = self._waiting.pop(mid, None)
        if packet is None:
            return False
        now = self._clock()
        # Behind another picture, its own time on the link starts at the end of that one.
        seconds = now - max(packet.since, self._last_ack)
        self._last_ack = now
        self._size_limit.acknowledged(packet.size, seconds, now)
        try:
            packet.on_ack(reason, seconds)
        except Exception:
            log.exception("after a PUBACK")
        return True

    def silence(self, unsent: int) -> float:
        """Seconds in which neither a byte left, of which `unsent` still wait, nor a PUBACK came."""
        now = self._clock()
        if unsent != self._unsent or self._last_ack > self._moved_at:
            self._moved_at, self._unsent = now, unsent
        return now - self._moved_at

    def clear(self) -> None:
        """The connection is over: a PUBACK that comes later counts for nothing."""
        self._waiting.clear()
        self._held.clear()
