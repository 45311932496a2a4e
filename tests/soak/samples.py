"""Memory, descriptors and threads of the daemon over time, and whether they stay flat."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_WARM_UP = 1 / 4
"""The part of a run in which memory may grow: caches, and the heaps of threads at their first load."""
_SHORT = 30.0
"""Minutes; a shorter run is mostly warm-up."""
_GROWTH, _GROWTH_IN_SHORT_RUN = 5.0, 40.0
"""MiB that the memory may differ after the warm-up."""
_DESCRIPTORS, _THREADS = 4, 4
"""Further ones allowed at the end: those of a pool that had not been used before."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The daemon at one moment without viewers and faults.

    Attributes:
        minute: since the start.
        resident, anonymous: memory in MiB, the second without files such as shared libraries.
    """

    minute: float
    resident: float
    anonymous: float
    descriptors: int
    threads: int


def take_sample(pid: int, minute: float) -> Sample:
    """Measure a process.

    Raises:
        OSError: it is not running.
    """
    values = {}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        values[name] = value.split()[0] if value.split() else ""
    return Sample(
        minute=minute,
        resident=int(values["VmRSS"]) / 1024,
        anonymous=int(values["RssAnon"]) / 1024,
        descriptors=len(os.listdir(f"/proc/{pid}/fd")),
        threads=int(values["Threads"]),
    )


def growth(samples: list[Sample]) -> list[str]:
    """Return what did not stay flat."""
    if len(samples) < 2:
        return ["too few samples"]
    length = samples[-1].minute
    warm = [sample for sample in samples if sample.minute >= length * _WARM_UP]
    half = max(len(warm) // 2, 1)
    early, late = warm[:half], warm[-half:]
    limit = _GROWTH if length >= _SHORT else _GROWTH_IN_SHORT_RUN
    found = []
    grown = median(one.resident for one in late) - median(one.resident for one in early)
    if abs(grown) > limit:
        found.append(f"memory: {grown:+.1f} MiB after the warm-up, allowed: +-{limit:g}")
    descriptors = late[-1].descriptors - early[0].descriptors
    if descriptors > _DESCRIPTORS:
        found.append(f"descriptors: {descriptors:+d} after the warm-up, allowed: +{_DESCRIPTORS}")
    threads = late[-1].threads - early[0].threads
    if threads > _THREADS:
        found.append(f"threads: {threads:+d} after the warm-up, allowed: +{_THREADS}")
    return found
