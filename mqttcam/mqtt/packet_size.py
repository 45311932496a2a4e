"""How large a packet may be."""

from __future__ import annotations

SMALLEST = 16_000
"""Bytes below which no dead connection and no slow link makes a picture."""
RETRY_SIZE_AFTER = 600.0
"""Seconds after which a size that seemed to kill the connection is tried once more."""


class PacketSizeLimit:
    """The most bytes of one packet: as configured, as the broker says and shows, and as the link can carry.

    A broker that does not name its limit (MQTT 3.1.1, and some of 5) just closes the connection of who
    exceeds it. So a connection that dies under a picture larger than all that it has acknowledged is held
    against that picture, and half its size is the most from then on. It may have been a coincidence, so some
    minutes later it is tried again, once. What dies twice stays refused.

    A picture must be through well within the keepalive. One that takes more than half of it makes the next
    ones smaller, and quick ones make them larger again.

    Times are seconds of a monotonic clock.
    """

    def __init__(self, configured: int, keepalive: float) -> None:
        self._configured = configured
        self._half = keepalive / 2
        self._broker: int | None = None
        self._ceiling: int | None = None
        self._try_again_at: float | None = None
        self._deaths = 0
        self._proved = 0
        self._pace: float | None = None
        self.current = configured

    def connected(self, broker_limit: int | None) -> None:
        """There is a new connection; `broker_limit` is the broker's MaximumPacketSize."""
        self._broker = broker_limit
        self._proved = 0
        self._refresh()

    def acknowledged(self, size: int, seconds: float, now: float) -> None:
        """A packet of `size` bytes was on the link for `seconds`."""
        if size > self._proved:
            self._proved = size
        if seconds > self._half:
            self._pace = max(SMALLEST, size * self._half / seconds)
        elif self._pace is not None and seconds < self._half / 2:
            self._pace = None if self._pace > self._configured else self._pace * 1.1
        elif self._try_again_at is not None and now > self._try_again_at:
            self._ceiling = self._try_again_at = None
        else:
            return
        self._refresh()

    def connection_lost(self, size: int, waited: float, closed_by_broker: bool, now: float) -> bool:
        """A connection ended with `size` bytes under way for `waited` seconds. True: the limit fell."""
        before = self.current
        if waited > self._half:
            self._pace = max(SMALLEST, size * self._half / waited)
        elif closed_by_broker and self._broker is None and size > max(self._proved, SMALLEST):
            self._deaths += 1
            self._ceiling = max(SMALLEST, size // 2)
            self._try_again_at = now + RETRY_SIZE_AFTER if self._deaths == 1 else None
        self._refresh()
        return self.current < before

    def _refresh(self) -> None:
        limits = (self._configured, self._broker, self._ceiling, self._pace)
        self.current = int(min(limit for limit in limits if limit is not None))
