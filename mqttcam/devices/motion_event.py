"""One event of motion, and what is published of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mqttcam.recordings.recording import Event

if TYPE_CHECKING:
    from mqttcam.motion.detector import Movement

MOTION, MOTION_END = "motion", "motion_end"
"""The types of the events at the beginning and at the end of motion."""


class MotionEvent:
    """Motion from its first frame to its last one; frames without motion in between belong to it.

    Attributes:
        id: unique for ever.
        first, last: the motion in its first frame, and in its latest one.
        peak: that of the frame with the highest score.
        zones: the zones in which something has moved, in that order.
        seconds: from the first frame with motion to the latest one, by a clock that is never set.
    """

    def __init__(self, first: Movement, now: float) -> None:
        """Begin with the first frame; `now` is the time of a monotonic clock in seconds."""
        self.id = first.event
        self.first = self.last = self.peak = first
        self.zones = first.zones
        self.seconds = 0.0
        self._began = self._moved = now

    def add(self, movement: Movement, now: float) -> bool:
        """Add the motion in a later frame; return whether the highest score or the zones have changed."""
        before = self.peak, self.zones
        self.last, self._moved = movement, now
        self.seconds = round(now - self._began, 3)
        self.zones += tuple(zone for zone in movement.zones if zone not in self.zones)
        if movement.score > self.peak.score:
            self.peak = movement
        return before != (self.peak, self.zones)

    def quiet(self, now: float) -> float:
        """Return the seconds since the latest frame with motion."""
        return now - self._moved

    def as_event(self, *, ended: bool = False) -> Event:
        """Return the event as it is stored with recordings."""
        begin_ns = self.first.ts_ns
        return Event(
            id=self.id,
            type="motion",
            begin_ns=begin_ns,
            end_ns=begin_ns + int(self.seconds * 1e9) if ended else None,
            score=round(self.peak.score, 2),
            zones=self.zones,
        )

    def beginning(self) -> dict[str, object]:
        """Return the event `motion`; `box` is in shares of the picture's width and height."""
        first = self.first
        names = ("x", "y", "width", "height")
        return {
            "event_type": MOTION,
            "id": self.id,
            "ts": first.ts_ns / 1e9,
            "seq": first.seq,
            "score": round(first.score, 2),
            "box": {name: round(share, 4) for name, share in zip(names, first.box, strict=True)},
            "zone": first.zones[0] if first.zones else None,
        }

    def end(self, picture: str | None, clip: str | None) -> dict[str, object]:
        """Return the event `motion_end`, with the addresses of its picture and its clip."""
        return {
            "event_type": MOTION_END,
            "id": self.id,
            "ts": self.last.ts_ns / 1e9,
            "seconds": self.seconds,
            "score": round(self.peak.score, 2),
            "zones": list(self.zones),
            "picture": picture,
            "clip": clip,
        }
