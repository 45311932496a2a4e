"""What a muxer writes, in memory."""

from __future__ import annotations

import io
from typing import Any


class Sink(io.RawIOBase):
    """Keeps what a muxer writes until it is taken. It cannot seek, so that the muxer never goes back."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """Return what was written since the last call."""
        parts, self._parts = self._parts, []
        return b"".join(parts)
