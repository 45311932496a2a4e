"""Why a network connection has ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ended:
    """Why a network connection has ended.

    Attributes:
        by_broker: whether the broker has closed or reset it.
        reason: the code of the broker's DISCONNECT (MQTT 5, 3.14.2.1); None if it sent none.
        error: the exception of the socket.
        unacknowledged: bytes of the largest picture that waited for its PUBACK; 0 if none did.
        waited: seconds that the oldest of them had waited.
    """

    text: str
    by_broker: bool = False
    reason: int | None = None
    error: OSError | None = None
    unacknowledged: int = 0
    waited: float = 0.0
