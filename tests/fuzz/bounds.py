"""Limits on the time and memory that a parser may use."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def bounded(seconds: float = 2.0, mebibytes: float = 64.0) -> Iterator[None]:
    """Fail if the block uses more processor time in this thread, or raises the peak of memory by more."""
    began, peak = time.thread_time(), _peak()
    yield
    used, grown = time.thread_time() - began, _peak() - peak
    assert used <= seconds, f"{used:.1f} s of processor time, allowed: {seconds:g} s"
    assert grown <= mebibytes, f"{grown:.0f} MiB of memory, allowed: {mebibytes:g} MiB"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
