"""What of a camera is to be recorded at present."""

from __future__ import annotations

from mqttcam.recordings.reading import Clock
from mqttcam.recordings.recording import Event, Reason


class Demand:
    """Motion that lasts or is over since less than `after` seconds, commands, and what is recorded always.

    Attributes:
        until: when it ends, by the clock, if nothing moves.
    """

    def __init__(self, clock: Clock, *, continuous: bool, after: float) -> None:
        """`after` is in seconds."""
        self.until = 0.0
        self._clock = clock
        self._continuous = continuous
        self._after = after
        self._moving: dict[str, Event] = {}
        self._over: Event | None = None
        self._cause: Reason = "command"

    def __bool__(self) -> bool:
        return self._continuous or bool(self._moving) or self._clock.time() < self.until

    @property
    def reason(self) -> Reason:
        """Why a recording begins that begins now."""
        return "continuous" if self._continuous else self._cause

    @property
    def events(self) -> dict[str, Event]:
        """The events of a recording that begins now: those that last, or else the one after which it still goes on."""
        if self._over is not None and not self._moving and self._clock.time() < self.until:
            return {self._over.id: self._over}
        return dict(self._moving)

    def begin(self, event: Event) -> None:
        """Record while this event lasts."""
        if not self:
            self._cause = "detection" if event.type == "detection" else "motion"
        self._moving[event.id] = event

    def update(self, event: Event) -> None:
        """Update the metadata of an event."""
        if event.id in self._moving:
            self._moving[event.id] = event

    def end(self, event: Event, quiet: float) -> None:
        """End an event, whose last movement was `quiet` seconds ago."""
        if self._moving.pop(event.id, None) is not None:
            self._over = event
            self.until = max(self.until, self._clock.time() + self._after - quiet)

    def extend(self, seconds: float) -> None:
        """Record for at least `seconds` from now."""
        if not self:
            self._cause = "command"
        self.until = max(self.until, self._clock.time() + seconds)

    def clear(self) -> None:
        """Drop all requests to record; only continuous recording remains."""
        self._moving.clear()
        self._over = None
        self.until = 0.0
