"""Rate control: JPEGs of at most so many bytes, by lower quality first, then by fewer pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

_QUALITIES = (75, 65, 55, 45, 35)
_QUALITY_WHEN_SMALL = 45
_FACTORS = (0.75, 0.6, 0.5, 0.35, 0.25, 0.18, 0.125, 0.06)
_MARGIN = 0.95
"""Share of the limit that a step may be expected to need; the estimate is rough."""
_PLENTY = 0.85
"""Share of the limit that the next better step must be expected to stay within before it is tried again."""
_PATIENCE, _LONGEST_PATIENCE = 30, 960
"""Consecutive pictures that must predict this first; doubled after each wrong prediction, up to the second number."""

Step = tuple[int, float]
"""JPEG quality, and a factor for the width."""


class HasJpeg(Protocol):
    """A picture that is available as a JPEG."""

    @property
    def jpeg(self) -> bytes: ...


T = TypeVar("T", bound=HasJpeg)


def steps(quality: int) -> list[Step]:
    """Return the steps to try, from the requested quality down; each needs fewer bytes than the one before."""
    lower = [(step, 1.0) for step in _QUALITIES if step < quality]
    smaller = [(min(quality, _QUALITY_WHEN_SMALL), factor) for factor in _FACTORS]
    return [(quality, 1.0), *lower, *smaller]


def weight(step: Step) -> float:
    """Return how many bytes a step is expected to need, in arbitrary units.

    libjpeg scales its quantization tables by 5000/q percent below quality 50 and by 200-2q percent above. The size is
    about proportional to that scale to the power of -0.55, and to the width to the power of 1.7 (measured on
    photographs).
    """
    quality, factor = step
    tables = max(4.0, 5000 / quality if quality < 50 else 200 - 2 * quality)
    return float(tables**-0.55 * factor**1.7)


class JpegRateControl:
    """Makes pictures within a limit. It starts at the step of the last picture, so that most are encoded only once.

    Attributes:
        step: number of steps by which the last picture was reduced; 0 if it was made as requested.
    """

    def __init__(self) -> None:
        self.step = 0
        self._request: tuple[int, int] | None = None
        self._steps: list[Step] = []
        self._predictions = 0
        self._patience = _PATIENCE

    def fit(self, make: Callable[[int, int | None], T], quality: int, width: int, max_bytes: int) -> T | None:
        """Return a picture of at most `max_bytes`, or `None` if even the smallest is larger.

        Args:
            make: returns the picture at a quality (1 to 100) and a maximum width in pixels, `None` for any width.
            quality, width: those requested, which are used as long as the picture fits.
        """
        if self._request != (quality, max_bytes):
            self._request = quality, max_bytes
            self._steps = steps(quality)
            self.step, self._predictions, self._patience = 0, 0, _PATIENCE
        trying_better = self._predictions >= self._patience
        level = self.step - 1 if trying_better else self.step
        while level < len(self._steps):
            step_quality, factor = self._steps[level]
            made = make(step_quality, None if factor == 1.0 else max(2, int(width * factor)))
            needed = len(made.jpeg)
            if needed <= max_bytes:
                self._settle(level, needed, max_bytes, trying_better=trying_better)
                return made
            level = self._next_below(level, needed, max_bytes)
        # The next picture will hardly be smaller, so not every step is tried again.
        self.step = len(self._steps) - 1
        return None

    def _next_below(self, level: int, needed: int, max_bytes: int) -> int:
        """Return the next step that is expected to fit; if none is, the last one."""
        unit = needed / weight(self._steps[level])
        for below in range(level + 1, len(self._steps) - 1):
            if unit * weight(self._steps[below]) <= max_bytes * _MARGIN:
                return below
        return max(level + 1, len(self._steps) - 1)

    def _settle(self, level: int, needed: int, max_bytes: int, *, trying_better: bool) -> None:
        """Remember the step that fitted, and count the pictures for which the one above it is expected to fit."""
        if trying_better:
            worked = level < self.step
            self._patience = _PATIENCE if worked else min(2 * self._patience, _LONGEST_PATIENCE)
            self._predictions = 0
        self.step = level
        if level == 0:
            return
        better = needed * weight(self._steps[level - 1]) / weight(self._steps[level])
        self._predictions = self._predictions + 1 if better <= max_bytes * _PLENTY else 0
