"""Whether an encoder is fast enough for its camera."""

from __future__ import annotations

_MEASURED = 30
"""Frames over which the time is measured."""
_MAX_LOAD = 0.5
"""The share of its period that the encoding of a frame may take."""


class EncoderSpeed:
    """Measures the encoder of one camera, and remembers that the usual preset is too slow.

    Attributes:
        fast: whether the fastest preset is to be used.
    """

    def __init__(self) -> None:
        self.fast = False
        self._frames = 0
        self._seconds = 0.0

    def add(self, seconds: float, fps: float) -> float | None:
        """Note the time of a frame; return the average once it turns out to be too much, else None.

        Args:
            seconds: CPU time, which other programs do not change.
            fps: frames per second.
        """
        self._frames += 1
        self._seconds += seconds
        if self.fast or self._frames < _MEASURED:
            return None
        average = self._seconds / self._frames
        self._frames, self._seconds = 0, 0.0
        self.fast = average * fps > _MAX_LOAD
        return average if self.fast else None
