"""A monotonic clock for kafka-python, which measures intervals by the wall clock.

If that was set back by an hour, it would wait for an hour: in a poll, between two attempts to connect, for an answer.
"""

from __future__ import annotations

import sys
import time
from typing import Any

_TIMESTAMPS = ("kafka.record.", "kafka.protocol.")
"""Modules that put times into messages; those stay wall time."""


class _MonotonicTime:
    """Python's module `time`, except that `time()` only grows; it begins at the wall clock's time."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def time(self) -> float:
        return self._offset + time.monotonic()

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


_monotonic_time = _MonotonicTime()


def measure_monotonically() -> None:
    """Make kafka-python measure intervals by the monotonic clock; it is imported, and may be in use already."""
    import kafka  # noqa: F401 - it imports the modules below

    for name, module in tuple(sys.modules.items()):
        measures = name.startswith("kafka.") and not name.startswith(_TIMESTAMPS)
        if measures and getattr(module, "time", None) is time:
            module.time = _monotonic_time  # type: ignore[attr-defined]
