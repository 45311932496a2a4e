"""When a frame was captured, for sources whose devices count from the start of the machine."""

from __future__ import annotations

import time

_OLDEST_NS = 60_000_000_000
"""A time that lies further back is of another clock."""


def unix_time_ns(monotonic_ns: int | None) -> int:
    """Unix time, in nanoseconds, of a moment on the clock that counts from the start of the machine; else now."""
    now = time.time_ns()
    age = time.monotonic_ns() - monotonic_ns if monotonic_ns else 0
    return now - age if 0 <= age < _OLDEST_NS else now
