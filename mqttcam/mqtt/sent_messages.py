"""The QoS 1 messages that paho has sent and the broker has not acknowledged."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from mqttcam.mqtt.packet_size import PacketSizeLimit
from mqttcam.mqtt.reasons import FIRST_FAILURE, PACKET_TOO_LARGE, reason_text
from mqttcam.mqtt.refusals import Refusals


class SentMessage(Struct, frozen=True):
    """A message of `size` bytes; `on_ack` is called with the reason code of its PUBACK.

    `is_response` is as for `Connection.publish`.
    """

    topic: str
    size: int
    on_ack: Callable[[int], None] | None = None
    is_response: bool = False


class SentMessages:
    """Messages by packet identifier, until their PUBACK."""

    def __init__(self, size_limit: PacketSizeLimit, refusals: Refusals) -> None:
        self._size_limit = size_limit
        self._refusals = refusals
        self._waiting: dict[int, SentMessage] = {}

    def add(self, mid: int, message: SentMessage) -> None:
        self._waiting[mid] = message

    @property
    def first(self) -> SentMessage | None:
        """The message that waits longest; None if none does."""
        return next(iter(self._waiting.values()), None)

    @property
    def largest(self) -> SentMessage | None:
        """None if none waits."""
        return max(self._waiting.values(), key=lambda message: message.size, default=None)

    def acknowledge(self, mid: int, reason: int, now: float) -> None:
        """Take a PUBACK, at `now` in seconds of a monotonic clock."""
        message = self._waiting.pop(mid, None)
        if message is None:
            return
        if reason >= FIRST_FAILURE:
            text = f"the broker refuses messages to {message.topic}: {reason_text(reason)}"
            self._refusals.add(message.topic, text, is_response=message.is_response)
            if reason == PACKET_TOO_LARGE:
                self._size_limit.refused(message.size)
        else:
            self._refusals.accepted(message.topic)
            self._size_limit.accepted(message.size, now)
        if message.on_ack is not None:
            message.on_ack(reason)

    def clear(self) -> None:
        self._waiting.clear()
