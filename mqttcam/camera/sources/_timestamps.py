"""Capture times of devices that use the monotonic clock."""

from __future__ import annotations

import time

_OLDEST_NS = 60_000_000_000
"""A time that lies further back belongs to another clock."""


def unix_time_ns(monotonic_ns: int | None) -> int:
    """Return the Unix time in nanoseconds of a time on the monotonic clock; the current time if that is implausible."""
    now = time.time_ns()
    age = time.monotonic_ns() - monotonic_ns if monotonic_ns else 0
    return now - age if 0 <= age < _OLDEST_NS else now
