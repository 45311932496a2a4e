"""How far work with frames is reduced while processor time is short; see `mqttcam.devices.governor`."""

from __future__ import annotations

import math


class Reduction:
    """How far one kind of work is reduced, for all cameras; set on the loop, and read in any thread.

    Attributes:
        halvings: how often its rate is halved.
    """

    def __init__(self, floor: float) -> None:
        """Reduce nothing yet; `floor` is the rate in frames per second that always remains."""
        self.halvings = 0
        self._floor = floor

    def limit(self, fps: float) -> float:
        """Return how many frames per second are left of `fps`; infinity while nothing is reduced."""
        return max(fps / 2.0**self.halvings, min(fps, self._floor)) if self.halvings else math.inf

    def can_reduce(self, fps: float) -> bool:
        """Return whether one more halving would reduce what is left of `fps`."""
        return fps / 2.0**self.halvings > self._floor


class Reductions:
    """How far the work of all cameras is reduced.

    Attributes:
        video: the encoding of video. What a camera sends encoded costs almost nothing, and is never reduced.
        motion: motion detection.
    """

    def __init__(self) -> None:
        self.video = Reduction(2.0)
        self.motion = Reduction(1.25)
