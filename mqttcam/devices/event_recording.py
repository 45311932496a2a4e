"""How long a camera records an event of motion or detections, and the pictures beside the recording."""

from __future__ import annotations

import asyncio
from typing import Protocol

from mqttcam.camera.frame import Picture
from mqttcam.recordings.reading import Clock
from mqttcam.recordings.recorder import Recorder
from mqttcam.recordings.recording import Event

_BEFORE_END = 0.5
"""Seconds before the end of a recording at which its last picture is taken."""


class RecordedEvent(Protocol):
    """An event as this module needs it."""

    def as_event(self, *, ended: bool = False) -> Event:
        """Return the event as it is stored with recordings."""


class EventRecording:
    """Has a recorder record events until `after` seconds after the last movement, whether they have ended or not.

    A movement is a frame with motion, or a message with detections.

    If something moves again before the event ends, that is recorded, too, in another file.
    """

    def __init__(self, recorder: Recorder, after: float, clock: Clock | None = None) -> None:
        """Record nothing yet.

        Args:
            after: in seconds.
            clock: by default the running loop.
        """
        self._recorder = recorder
        self._after = after
        self._clock: Clock = clock or asyncio.get_running_loop()
        self._event: RecordedEvent | None = None
        self._is_resting = False
        self._moved = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._last_is_due = self._last_wanted = False
        self._current: str | None = None
        self._best_score: float | None = None

    def begin(self, event: RecordedEvent) -> None:
        """Record an event."""
        self._event = event
        self._recorder.begin(event.as_event())
        self._note_movement()

    def moved(self, event: RecordedEvent, *, changed: bool) -> None:
        """Handle motion; `changed` is whether the score or the zones of the event have changed."""
        if event is not self._event:
            return
        if self._is_resting:
            self._recorder.begin(event.as_event())
        elif changed:
            self._recorder.update(event.as_event())
        self._note_movement()

    def end(self, event: RecordedEvent, quiet: float) -> None:
        """End an event, whose last movement was `quiet` seconds ago."""
        if event is self._event:
            self._event = None
            self._recorder.end(event.as_event(ended=True), quiet)

    def close(self) -> None:
        """Stop recording."""
        self._event = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # pictures

    def add_picture(self, picture: Picture, score: float) -> None:
        """Keep a picture of motion beside the recording: the first one, and the one with the highest score."""
        if self._event is None:
            return
        if self._best_score is None:
            self._recorder.add_picture("start", picture.jpeg)
        if self._best_score is None or score > self._best_score:
            self._best_score = score
            self._recorder.add_picture("best", picture.jpeg)

    def add_last_picture(self, picture: Picture) -> None:
        """Keep a picture of the end beside the recording."""
        if self._recorder.recording:
            self._recorder.add_picture("end", picture.jpeg)

    def take_last_wanted(self) -> bool:
        """Return whether the last picture is wanted now, once for each; in the capture thread."""
        wanted, self._last_wanted = self._last_wanted, False
        return wanted

    def recorder_changed(self) -> None:
        """Start again with the pictures when a recording has ended."""
        current = self._recorder.current
        current_id = None if current is None else current.id
        if self._current is not None and current_id != self._current:
            self._best_score = None
        self._current = current_id

    # the end of a recording

    def _note_movement(self) -> None:
        self._moved = self._clock.time()
        self._is_resting = self._last_is_due = False
        if self._timer is None:
            self._timer = self._clock.call_at(self._next, self._look)

    @property
    def _next(self) -> float:
        """When to check again, by the clock."""
        end = self._moved + self._after
        return end if self._last_is_due else max(end - _BEFORE_END, self._moved)

    def _look(self) -> None:
        """Take the last picture, and then end the recording, if nothing has moved since."""
        self._timer = None
        if self._clock.time() < self._next:
            self._timer = self._clock.call_at(self._next, self._look)
        elif not self._last_is_due:
            self._last_is_due = True
            self._last_wanted = self._recorder.recording
            self._timer = self._clock.call_at(self._next, self._look)
        elif self._event is not None:
            self._is_resting = True
            self._recorder.end(self._event.as_event(), self._after)
