"""The time line in numbers: how much happened on each day, and where in a day. Counted by SQLite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal, cast, get_args

from msgspec import Struct
from msgspec.structs import replace

from mqttcam.recordings.conditions import event_conditions, file_conditions
from mqttcam.recordings.listed import EventQuery
from mqttcam.recordings.recording import EventType

if TYPE_CHECKING:
    import sqlite3

TimelineType = Literal["motion", "recording", "detection", "photo", "series"]
TIMELINE_TYPES: tuple[TimelineType, ...] = get_args(TimelineType)
_EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
LONGEST_NS = 86400 * 10**9
"""An event that began longer before the slots is not looked for: that would read all that came before it."""


class Slot(Struct, frozen=True):
    """What began within a part of a period.

    Attributes:
        begin_ns, end_ns: from the first beginning to the last end, within the period; Unix nanoseconds.
        count: how many events, photos or files of series.
    """

    camera: str
    type: TimelineType
    begin_ns: int
    end_ns: int
    count: int


class Tags(Struct, frozen=True):
    """The names that events have.

    Attributes:
        zones: those with motion.
        labels: those that were detected.
    """

    zones: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


def event_types(types: Sequence[TimelineType]) -> tuple[EventType, ...]:
    """Return those that are types of events."""
    return tuple(kind for kind in _EVENT_TYPES if kind in types)


def counts_between(
    db: sqlite3.Connection, query: EventQuery, types: Sequence[TimelineType]
) -> Counter[TimelineType]:
    """Return how many events and photos of these types began at the times of the query."""
    found: Counter[TimelineType] = Counter()
    if kinds := event_types(types):
        conditions, values = event_conditions(replace(query, types=kinds, begin_ns=None))
        rows = db.execute(
            f"SELECT type, COUNT(*) FROM events WHERE {conditions} AND events.begin_ns >= ? GROUP BY type",
            (*values, query.begin_ns),
        )
        found.update({cast("TimelineType", kind): int(count) for kind, count in rows})
    if has_photos(query, types):
        conditions, values = file_conditions(query, ("photo",))
        (count,) = db.execute(f"SELECT COUNT(*) FROM recordings WHERE {conditions}", values).fetchone()
        found["photo"] = int(count)
    return +found


def has_photos(query: EventQuery, types: Sequence[TimelineType]) -> bool:
    """Return whether photos may match a query: they have neither zones nor labels."""
    return "photo" in types and query.zone is None and query.label is None


def slots(
    db: sqlite3.Connection, query: EventQuery, types: Sequence[TimelineType], step_ns: int
) -> list[Slot]:
    """Return the events and photos between the times of the query, in slots of `step_ns` for each camera and type."""
    return [*_slots_of_events(db, query, types, step_ns), *_slots_of_photos(db, query, types, step_ns)]


def _slots_of_events(
    db: sqlite3.Connection, query: EventQuery, types: Sequence[TimelineType], step_ns: int
) -> Iterator[Slot]:
    begin_ns, end_ns = query.begin_ns or 0, query.end_ns
    if not (kinds := event_types(types)):
        return
    conditions, values = event_conditions(replace(query, types=kinds))
    rows = db.execute(
        "SELECT camera, type, MAX(MIN(begin_ns), ?), MAX(COALESCE(end_ns, ?)), COUNT(*) FROM events"
        f" WHERE {conditions} AND events.begin_ns >= ?"
        " GROUP BY camera, type, MAX(0, begin_ns - ?) / ? ORDER BY MIN(begin_ns)",
        (begin_ns, end_ns, *values, begin_ns - LONGEST_NS, begin_ns, step_ns),
    )
    for camera, kind, first, last, count in rows:
        yield Slot(camera, kind, first, last if end_ns is None else min(last, end_ns), count)


def _slots_of_photos(
    db: sqlite3.Connection, query: EventQuery, types: Sequence[TimelineType], step_ns: int
) -> Iterator[Slot]:
    if not has_photos(query, types):
        return
    conditions, values = file_conditions(query, ("photo",))
    rows = db.execute(
        f"SELECT camera, MIN(begin_ns), MAX(begin_ns), COUNT(*) FROM recordings WHERE {conditions}"
        " GROUP BY camera, (begin_ns - ?) / ? ORDER BY MIN(begin_ns)",
        (*values, query.begin_ns or 0, step_ns),
    )
    for camera, first, last, count in rows:
        yield Slot(camera, "photo", first, last, count)


def tags(db: sqlite3.Connection, camera: str | None) -> Tags:
    """Return the zones and labels that events have, of one camera or all, in the order of the alphabet."""
    found: dict[str, list[str]] = {"zone": [], "label": []}
    rows = db.execute(
        "SELECT DISTINCT kind, name FROM tags WHERE ?1 IS NULL OR camera = ?1 ORDER BY kind, name", (camera,)
    )
    for kind, name in rows:
        found[kind].append(name)
    return Tags(tuple(found["zone"]), tuple(found["label"]))
