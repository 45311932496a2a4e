"""What is listed of the recordings: events, and the query for them."""

from __future__ import annotations

from typing import Literal, cast

from msgspec import Struct

from mqttcam.recordings.recording import FOR_EVENTS, Event, EventType, PictureKind, Recording

FileType = Literal["photo", "recording", "series"]
_PICTURES: tuple[PictureKind, ...] = ("best", "start", "end")
"""That of the most motion first."""


class ListedEvent(Struct, frozen=True):
    """An event with its recording.

    Attributes:
        begin_ns, end_ns: Unix nanoseconds; the end is None while it lasts.
        recording: the id of the recording that shows it, the first one if it has several.
        stem: of that recording's files.
        seconds, bytes: of that recording.
        is_whole: whether that recording is complete; otherwise it is still being made.
        pictures: that recording's still pictures, that of the most motion first.
    """

    id: str
    camera: str
    type: EventType
    begin_ns: int
    end_ns: int | None
    score: float | None
    zones: tuple[str, ...]
    labels: tuple[str, ...]
    keep: bool
    recording: str
    stem: str
    seconds: float
    bytes: int
    is_whole: bool
    pictures: tuple[PictureKind, ...]


class EventQuery(Struct, frozen=True):
    """Which events to list, the newest first.

    Attributes:
        camera: its id; None for all.
        types: the types of events; empty for all.
        zone: only events with motion in this zone.
        label: only events in which this was detected.
        begin_ns, end_ns: only events that went on at some time between these, Unix nanoseconds.
        limit: how many at most.
        before: the position after which to begin: beginning and id of the last event of the page before.
    """

    camera: str | None = None
    types: tuple[EventType, ...] = ()
    zone: str | None = None
    label: str | None = None
    begin_ns: int | None = None
    end_ns: int | None = None
    limit: int = 50
    before: tuple[int, str] | None = None


def events_of(recording: Recording, *, is_whole: bool) -> list[Event]:
    """Return what is listed of a recording: its events, and itself unless it was made for them.

    In a whole recording, events without an end, as those of a daemon that was killed, end with it.
    """
    events = list(recording.events)
    if recording.reason not in FOR_EVENTS or not events:
        events.append(itself(recording, is_whole=is_whole))
    if is_whole:
        end_ns = _end_ns(recording)
        events = [
            event
            if event.end_ns is not None
            else event.model_copy(update={"end_ns": max(end_ns, event.begin_ns)})
            for event in events
        ]
    return list({event.id: event for event in events}.values())


def itself(recording: Recording, *, is_whole: bool) -> Event:
    """Return a recording as an event."""
    by_event = recording.reason in FOR_EVENTS and not recording.events
    return Event(
        id=recording.id,
        type=cast("EventType", recording.reason) if by_event else "recording",
        begin_ns=recording.begin_ns,
        end_ns=_end_ns(recording) if is_whole else None,
    )


def _end_ns(recording: Recording) -> int:
    return recording.begin_ns + round(recording.seconds * 1e9)


def listed_event(row: tuple[str, str, int, int]) -> ListedEvent:
    """Return an event by its JSON, that of its recording, and whether that is a favourite and whole."""
    event, recording = Event.model_validate_json(row[0]), Recording.model_validate_json(row[1])
    return ListedEvent(
        id=event.id,
        camera=recording.camera,
        type=event.type,
        begin_ns=event.begin_ns,
        end_ns=event.end_ns,
        score=event.score,
        zones=event.zones,
        labels=event.labels,
        keep=bool(row[2]),
        recording=recording.id,
        stem=recording.stem,
        seconds=recording.seconds,
        bytes=recording.bytes,
        is_whole=bool(row[3]),
        pictures=tuple(sorted(recording.pictures, key=_PICTURES.index)),
    )
