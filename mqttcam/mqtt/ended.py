"""Why a network connection has ended."""

from __future__ import annotations

from msgspec import Struct


class Ended(Struct, frozen=True):
    """Why a network connection has ended.

    Attributes:
        by_broker: whether the broker has closed or reset it.
        reason: the code of the broker's DISCONNECT (MQTT 5, 3.14.2.1); None if it sent none.
        error: the exception of the socket.
        unacknowledged: bytes of the largest packet that waited for its PUBACK; 0 if none did.
        waited: seconds that the oldest picture had waited; 0 if the largest packet is no picture.
        topic: of the first message, other than a picture, that waited for its PUBACK; None if none did.
        first_received: the first bytes that the broker sent.
    """

    text: str
    by_broker: bool = False
    reason: int | None = None
    error: OSError | None = None
    unacknowledged: int = 0
    waited: float = 0.0
    topic: str | None = None
    first_received: bytes = b""
