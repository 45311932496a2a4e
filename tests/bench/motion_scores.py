"""How well detected events agree with the labels of a film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.motion_scenes import Label

CLEAR_AFTER = 10.0
"""Seconds; the default of `motion.clear_after`."""
PAUSE = 20.0
"""Seconds; the usual pause of raspiCamSrv."""
_EARLY, _LATE = 0.2, 1.0
"""Seconds before and after something is visible in which an event may begin."""


@dataclass(frozen=True)
class Score:
    """Events that were found, missed and false, in an amount of time.

    Attributes:
        found: labels within which an event began.
        missed: the other labels.
        false: events that began outside all labels.
        seconds: of film, without the warm-up.
    """

    found: int = 0
    missed: int = 0
    false: int = 0
    seconds: float = 0.0

    def __add__(self, other: Score) -> Score:
        return Score(
            self.found + other.found,
            self.missed + other.missed,
            self.false + other.false,
            self.seconds + other.seconds,
        )

    @property
    def precision(self) -> float:
        """The share of events that are right; 1 if there were none."""
        events = self.found + self.false
        return self.found / events if events else 1.0

    @property
    def recall(self) -> float:
        """The share of labels that were found; 1 if there were none."""
        labels = self.found + self.missed
        return self.found / labels if labels else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        whole = 2 * self.found + self.missed + self.false
        return 2 * self.found / whole if whole else 1.0

    @property
    def false_per_hour(self) -> float:
        return self.false * 3600 / self.seconds if self.seconds else 0.0


def begins_with_clear_after(detections: Sequence[float], clear_after: float = CLEAR_AFTER) -> list[float]:
    """Return when events begin that end after some time without motion, as those of mqttcam."""
    return [
        at
        for number, at in enumerate(detections)
        if number == 0 or at - detections[number - 1] >= clear_after
    ]


def begins_with_pause(detections: Sequence[float], pause: float = PAUSE) -> list[float]:
    """Return when events begin that follow each other by more than a pause, as those of raspiCamSrv."""
    begins: list[float] = []
    for at in detections:
        if not begins or at - begins[-1] > pause:
            begins.append(at)
    return begins


def score(begins: Sequence[float], labels: Sequence[Label], seconds: float) -> Score:
    """Return the score of events that begin at these times.

    Several that begin within one label count as one.
    """
    right = [[label for label in labels if label.start - _EARLY <= at <= label.end + _LATE] for at in begins]
    found = {label for found in right for label in found}
    return Score(len(found), len(labels) - len(found), sum(not one for one in right), seconds)
