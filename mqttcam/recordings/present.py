"""What is known of the recording that is being written, and of events that outlast their file."""

from __future__ import annotations

from collections.abc import Callable

from mqttcam.imaging.annex_b import parameter_sets
from mqttcam.recordings.recording import Event, Reason, Recording
from mqttcam.video.unit import Unit


class PresentRecording:
    """The recording that is being written.

    Attributes:
        draft: the recording as it began.
        first: its first unit.
        events: those that began or went on in it, as they are now.
        keyframe_requested: whether it is to end at the next keyframe.
    """

    def __init__(self, draft: Recording, first: Unit, events: dict[str, Event]) -> None:
        self.draft = draft
        self.first = first
        self.events = events
        self.keyframe_requested = False
        self._sets = parameter_sets(first.data, first.codec)

    @classmethod
    def begin(
        cls, recording_id: str, camera: str, reason: Reason, first: Unit, events: dict[str, Event]
    ) -> PresentRecording:
        """Return a recording that begins with a keyframe; it has no files yet."""
        draft = Recording(
            id=recording_id,
            camera=camera,
            stem="",
            reason=reason,
            begin_ns=first.ts_ns,
            seconds=0,
            bytes=0,
        )
        return cls(draft, first, events)

    @property
    def recording(self) -> Recording:
        """The recording as it is now."""
        return self.draft.model_copy(update={"events": tuple(self.events.values())})

    def continues(self, unit: Unit) -> bool:
        """Return whether a keyframe can be in the same file."""
        first = self.first
        same = (unit.width, unit.height, unit.codec) == (first.width, first.height, first.codec)
        same &= unit.audio_format == first.audio_format
        return same and parameter_sets(unit.data, unit.codec) == self._sets


_MOST_UNFINISHED = 64
"""Recordings that are remembered for events that have not ended: those of five hours in parts of five minutes."""


class UnfinishedEvents:
    """The recordings with events that had not ended with the file; their sidecars are written again when these do."""

    def __init__(self, amend: Callable[[Recording], None]) -> None:
        """`amend` is called with a recording, whose files are whole, when its events have changed."""
        self._amend = amend
        self._events: dict[str, dict[str, Event]] = {}
        self._whole: dict[str, Recording] = {}

    def __contains__(self, event_id: str) -> bool:
        """Whether an event is in a recording whose file has ended, and has not ended itself."""
        return any(event_id in events for events in self._events.values())

    def ended(self, recording: Recording) -> None:
        """Note a recording whose file ends now."""
        if any(event.end_ns is None for event in recording.events):
            self._events[recording.id] = {event.id: event for event in recording.events}
            if len(self._events) > _MOST_UNFINISHED:
                self._forget(next(iter(self._events)))

    def finished(self, recording: Recording) -> None:
        """Note a recording whose files are whole."""
        if recording.id in self._events:
            self._whole[recording.id] = recording
            self._check(recording.id)

    def event_ended(self, event: Event) -> None:
        """Note an event that has ended."""
        for recording_id, events in list(self._events.items()):
            if event.id in events:
                events[event.id] = event
                self._check(recording_id)

    def _check(self, recording_id: str) -> None:
        events, recording = self._events[recording_id], self._whole.get(recording_id)
        if recording is not None and all(event.end_ns is not None for event in events.values()):
            self._forget(recording_id)
            self._amend(recording.model_copy(update={"events": tuple(events.values())}))

    def _forget(self, recording_id: str) -> None:
        del self._events[recording_id]
        self._whole.pop(recording_id, None)
