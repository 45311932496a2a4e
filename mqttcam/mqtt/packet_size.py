"""How large a packet may be."""

from __future__ import annotations

SMALLEST = 16_000
"""Bytes; a slow link does not lower the limit below this."""
SMALLEST_OF_BROKER = 4_000
"""Bytes; neither a refusal nor a lost connection lowers the limit below this, because a state needs as much."""
RETRY_SIZE_AFTER = 600.0
"""Seconds after which a size that seemed to end the connection is tried once more."""
_CERTAIN = 64_000
"""Bytes; a connection that ends under a smaller packet may have ended by coincidence, so it must happen twice."""


class PacketSizeLimit:
    """The most bytes of one packet: as configured, as the broker says or shows, and as the link can carry.

    A broker that does not announce its limit (MQTT 3.1.1, and some of MQTT 5) just closes the connection when a packet
    exceeds it. A connection that ends under a packet larger than any that it has acknowledged is therefore blamed on
    that packet, and the limit becomes half its size, or the largest size that was acknowledged. It may have been a
    coincidence, so the old limit is tried again some minutes later, once; after the second time it stays.

    Other brokers refuse a large message, or drop it, and keep the connection. What they show holds for the connection.

    A picture must arrive well within the keepalive. One that takes more than half of it lowers the limit for the next
    ones, and quick ones raise it again.

    Times are seconds of a monotonic clock.

    Attributes:
        current: the limit in force, in bytes.
    """

    def __init__(self, configured: int, keepalive: float) -> None:
        self._configured = configured
        self._half = keepalive / 2
        self._broker: int | None = None
        self._ceiling: int | None = None
        self._refused: int | None = None
        self._try_again_at: float | None = None
        self._suspect: int | None = None
        self._losses = 0
        self._acknowledged = 0
        self._by_pace: float | None = None
        self.current = configured

    @property
    def shown_by_broker(self) -> int | None:
        """The limit that the broker has shown without announcing it; None if it has not."""
        limits = [limit for limit in (self._ceiling, self._refused) if limit is not None]
        return min(limits, default=None)

    def connected(self, broker_limit: int | None) -> None:
        """Start with a new connection; `broker_limit` is the Maximum Packet Size of its CONNACK."""
        self._broker = broker_limit
        self._acknowledged = 0
        self._refused = None
        self._refresh()

    def accepted(self, size: int, now: float) -> None:
        """Learn that the broker accepts a packet of `size` bytes."""
        self._acknowledged = max(self._acknowledged, size)
        if self._suspect is not None and size >= self._suspect:
            self._suspect = None
        if self._try_again_at is not None and now > self._try_again_at:
            self._ceiling = self._try_again_at = None
            self._refresh()

    def acknowledged(self, size: int, seconds: float, now: float) -> None:
        """Learn from a picture of `size` bytes that was on the link for `seconds`."""
        self.accepted(size, now)
        if seconds > self._half:
            self._by_pace = max(SMALLEST, size * self._half / seconds)
        elif self._by_pace is not None and seconds < self._half / 2:
            self._by_pace = None if self._by_pace > self._configured else self._by_pace * 1.1
        else:
            return
        self._refresh()

    def refused(self, size: int) -> None:
        """Learn that the broker refuses or drops messages of `size` bytes, and keeps the connection."""
        self._refused = max(SMALLEST_OF_BROKER, min(size, self.current) // 2)
        self._refresh()

    def connection_lost(
        self, size: int, waited: float, closed_by_broker: bool, now: float, *, too_large: bool = False
    ) -> bool:
        """Learn from a connection that ended with `size` bytes in flight for `waited` seconds.

        Args:
            too_large: the broker says that a packet was too large.

        Returns:
            Whether the limit is lower now.
        """
        before = self.current
        if waited > self._half:
            self._by_pace = max(SMALLEST, size * self._half / waited)
        elif too_large or (
            closed_by_broker and self._broker is None and size > max(self._acknowledged, SMALLEST_OF_BROKER)
        ):
            self._blame(size, now, certain=too_large or size >= _CERTAIN)
        self._refresh()
        return self.current < before

    def _blame(self, size: int, now: float, *, certain: bool) -> None:
        if not certain and self._suspect is None and self._ceiling is None:
            self._suspect = size
            return
        self._losses += self._ceiling is None
        self._ceiling = max(SMALLEST_OF_BROKER, size // 2, min(self._acknowledged, size - 1))
        self._try_again_at = now + RETRY_SIZE_AFTER if self._losses == 1 else None

    def _refresh(self) -> None:
        limits = (self._configured, self._broker, self._ceiling, self._refused, self._by_pace)
        self.current = int(min(limit for limit in limits if limit is not None))
