"""What waits in the kernel to be sent."""

from __future__ import annotations

import fcntl
import sys

_SIOCOUTQNSD = 0x894B
"""Linux: bytes of the socket that were not sent yet (tcp(7) has SIOCOUTQ, which counts those on their way as well)."""


def unsent_bytes(descriptor: int) -> int:
    """Return the bytes that a TCP socket could not send yet."""
    return int.from_bytes(fcntl.ioctl(descriptor, _SIOCOUTQNSD, bytes(4)), sys.byteorder)
