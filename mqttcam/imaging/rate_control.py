"""Pictures that stay below a size in bytes: lower quality first, then fewer pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

_QUALITIES = (75, 65, 55, 45, 35)
_QUALITY_WHEN_SMALL = 45
_FACTORS = (0.75, 0.6, 0.5, 0.35, 0.25, 0.18, 0.125, 0.06)
_MARGIN = 0.95
"""Of the limit: what a step is expected to need at the most, since the expectation is rough."""
_PLENTY = 0.85
"""Of the limit: what the next better step is expected to need before it is tried again."""
_PATIENCE, _LONGEST_PATIENCE = 30, 960
"""How many pictures in a row must promise that before; doubled when the promise was wrong."""

Step = tuple[int, float]
"""JPEG quality, and a factor for the width."""


class HasJpeg(Protocol):
    """What a fitter chooses from."""

    @property
    def jpeg(self) -> bytes: ...


T = TypeVar("T", bound=HasJpeg)


def steps(quality: int) -> list[Step]:
    """From what was asked for down to the least that is tried; each needs less than the one before."""
    lower = [(step, 1.0) for step in _QUALITIES if step < quality]
    smaller = [(min(quality, _QUALITY_WHEN_SMALL), factor) for factor in _FACTORS]
    return [(quality, 1.0), *lower, *smaller]


def weight(step: Step) -> float:
    """How many bytes a step is expected to need, in units of no meaning.

    libjpeg scales its tables by 5000/q below quality 50 and 200-2q above; sizes follow that with a power of about
    -0.55, and the width with about 1.7 (measured on photographs).
    """
    quality, factor = step
    tables = max(4.0, 5000 / quality if quality < 50 else 200 - 2 * quality)
    return float(tables**-0.55 * factor**1.7)


class JpegRateControl:
    """Makes pictures that stay within a limit, and remembers the step that did: usually one encoding a picture.

    Attributes:
        step: how far below what was asked for the last picture is; 0 where it is that.
    """

    def __init__(self) -> None:
        self.step = 0
        self._asked: tuple[int, int] | None = None
        self._steps: list[Step] = []
        self._promising = 0
        self._patience = _PATIENCE

    def fit(self, make: Callable[[int, int | None], T], quality: int, width: int, max_bytes: int) -> T | None:
        """A picture of at most `max_bytes`, or `None` if even the smallest has more.

        Args:
            make: gives the picture in a quality (1 to 100) and a greatest width in pixels; `None` is any width.
            quality, width: what is wanted, and made as long as it fits.
        """
        if self._asked != (quality, max_bytes):
            self._asked = quality, max_bytes
            self._steps = steps(quality)
            self.step, self._promising, self._patience = 0, 0, _PATIENCE
        trying_better = self._promising >= self._patience
        level = self.step - 1 if trying_better else self.step
        while level < len(self._steps):
            step_quality, factor = self._steps[level]
            made = make(step_quality, None if factor == 1.0 else max(2, int(width * factor)))
            needed = len(made.jpeg)
            if needed <= max_bytes:
                self._settle(level, needed, max_bytes, trying_better=trying_better)
                return made
            level = self._next_below(level, needed, max_bytes)
        # The next picture will hardly do better: it is not tried in every step again.
        self.step = len(self._steps) - 1
        return None

    def _next_below(self, level: int, needed: int, max_bytes: int) -> int:
        """The first step that is expected to do, the last one where none is."""
        unit = needed / weight(self._steps[level])
        for below in range(level + 1, len(self._steps) - 1):
            if unit * weight(self._steps[below]) <= max_bytes * _MARGIN:
                return below
        return max(level + 1, len(self._steps) - 1)

    def _settle(self, level: int, needed: int, max_bytes: int, *, trying_better: bool) -> None:
        """Remember the step that did, and whether the one above it might as well."""
        if trying_better:
            worked = level < self.step
            self._patience = _PATIENCE if worked else min(2 * self._patience, _LONGEST_PATIENCE)
            self._promising = 0
        self.step = level
        if level == 0:
            return
        better = needed * weight(self._steps[level - 1]) / weight(self._steps[level])
        self._promising = self._promising + 1 if better <= max_bytes * _PLENTY else 0
