"""How large a packet may be."""

from __future__ import annotations

SMALLEST = 16_000
"""Bytes; neither a lost connection nor a slow link lowers the limit below this."""
RETRY_SIZE_AFTER = 600.0
"""Seconds after which a size that seemed to end the connection is tried once more."""


class PacketSizeLimit:
    """The most bytes of one packet: as configured, as the broker says or shows, and as the link can carry.

    A broker that does not announce its limit (MQTT 3.1.1, and some of MQTT 5) just closes the connection when a packet
    exceeds it. A connection that ends under a picture larger than any that it has acknowledged is therefore blamed on
    that picture, and the limit becomes half its size. It may have been a coincidence, so the old limit is tried again
    some minutes later, once; after the second time it stays.

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
        self._try_again_at: float | None = None
        self._losses = 0
        self._acknowledged = 0
        self._by_pace: float | None = None
        self.current = configured

    def connected(self, broker_limit: int | None) -> None:
        """Start with a new connection; `broker_limit` is the Maximum Packet Size of its CONNACK."""
        self._broker = broker_limit
        self._acknowledged = 0
        self._refresh()

    def acknowledged(self, size: int, seconds: float, now: float) -> None:
        """Learn from a packet of `size` bytes that was on the link for `seconds`."""
        if size > self._acknowledged:
            self._acknowledged = size
        if seconds > self._half:
            self._by_pace = max(SMALLEST, size * self._half / seconds)
        elif self._by_pace is not None and seconds < self._half / 2:
            self._by_pace = None if self._by_pace > self._configured else self._by_pace * 1.1
        elif self._try_again_at is not None and now > self._try_again_at:
            self._ceiling = self._try_again_at = None
        else:
            return
        self._refresh()

    def connection_lost(self, size: int, waited: float, closed_by_broker: bool, now: float) -> bool:
        """Learn from a connection that ended with `size` bytes in flight for `waited` seconds.

        Returns:
            Whether the limit is lower now.
        """
        before = self.current
        if waited > self._half:
            self._by_pace = max(SMALLEST, size * self._half / waited)
        elif closed_by_broker and self._broker is None and size > max(self._acknowledged, SMALLEST):
            self._losses += 1
            self._ceiling = max(SMALLEST, size // 2)
            self._try_again_at = now + RETRY_SIZE_AFTER if self._losses == 1 else None
        self._refresh()
        return self.current < before

    def _refresh(self) -> None:
        limits = (self._configured, self._broker, self._ceiling, self._by_pace)
        self.current = int(min(limit for limit in limits if limit is not None))
