"""The index of recordings, photos and events, in SQLite. Everything in it can be read from the files again."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from mqttcam.recordings.ages import is_plausible
from mqttcam.recordings.conditions import event_conditions, file_conditions
from mqttcam.recordings.counting import Slot, Tags, TimelineType, counts_between, slots, tags
from mqttcam.recordings.database import open_database
from mqttcam.recordings.listed import EventQuery, FileType, ListedEvent, events_of, itself, listed_event
from mqttcam.recordings.photo import Photo
from mqttcam.recordings.recording import Event, Recording
from mqttcam.recordings.sidecar import Kept

_UNKNOWN = 2**63 - 1
_IN_SIDECAR = {"metadata", "histogram"}
"""Of photos: what is read from their sidecars when it is wanted."""
INDEX_ERRORS = (sqlite3.Error, ValueError, TypeError)
"""Of an index that is damaged, or cannot be written."""
_LISTED = """SELECT events.shown, recordings.json, recordings.keep, recordings.whole
    FROM events JOIN recordings ON recordings.stem = events.stem"""


class Index:
    """For one thread.

    Attributes:
        bytes, counts: of the whole recordings and photos of each camera.
        changes: grows with each change.
    """

    def __init__(self, path: Path | None) -> None:
        """Open the index, or make a new one where it is missing, or of another version.

        Args:
            path: None keeps it in memory.

        Raises:
            INDEX_ERRORS: it is damaged, or can be neither read nor made.
            OSError: its folder cannot be made.
        """
        self.bytes: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self.changes = 0
        self._db = open_database(path)
        try:
            self._begin()
        except BaseException:
            self._db.close()
            raise

    def _begin(self) -> None:
        with self.transaction():
            # Those were being made by a process that is gone.
            for (stem,) in self._db.execute("SELECT stem FROM recordings WHERE NOT whole").fetchall():
                self.remove(stem)
        for camera, size, count in self._db.execute(
            "SELECT camera, SUM(bytes), COUNT(*) FROM recordings GROUP BY 1"
        ):
            self.bytes[str(camera)], self.counts[str(camera)] = int(size), int(count)

    def close(self) -> None:
        """Close the index, with everything in its file."""
        self._db.close()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Write what the block does as a whole, or nothing of it."""
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @property
    def is_complete(self) -> bool:
        """Whether it was compared with all files since it was made."""
        return bool(self._db.execute("SELECT complete FROM state").fetchone()[0])

    @is_complete.setter
    def is_complete(self, value: bool) -> None:
        self._db.execute("UPDATE state SET complete = ?", (value,))

    # changes

    def put(self, kept: Kept, *, is_whole: bool = True, sidecar_ns: int = 0) -> None:
        """Add a recording or photo, or replace the one with the same files.

        Args:
            is_whole: whether it is complete.
            sidecar_ns: when its sidecar was changed last, Unix nanoseconds; 0 if it has none.
        """
        age_from_ns = self._age_from_ns(kept)
        self.changes += 1
        self.remove(kept.stem)
        if (other := self.stem_of(kept.id)) is not None:
            self.remove(other)
        is_photo = isinstance(kept, Photo)
        self._db.execute(
            "INSERT INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                kept.stem,
                kept.id,
                "photo" if is_photo else "recording",
                kept.camera,
                kept.begin_ns,
                kept.bytes,
                kept.keep,
                is_whole,
                age_from_ns,
                sidecar_ns,
                kept.model_dump_json(exclude=_IN_SIDECAR if is_photo else None),
            ),
        )
        if is_whole:
            self.bytes[kept.camera] += kept.bytes
            self.counts[kept.camera] += 1
        if isinstance(kept, Recording):
            self._put_events(kept, is_whole=is_whole)

    def _put_events(self, recording: Recording, *, is_whole: bool) -> None:
        for event in events_of(recording, is_whole=is_whole):
            self._db.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
                (
                    event.id,
                    recording.stem,
                    recording.begin_ns,
                    recording.camera,
                    event.type,
                    event.begin_ns,
                    event.end_ns,
                    json := event.model_dump_json(),
                    json,
                ),
            )
            self._list_once(event.id)

    def remove(self, stem: str) -> None:
        """Remove a recording and its events; nothing happens if it is unknown."""
        row = self._db.execute(
            "SELECT camera, bytes, whole FROM recordings WHERE stem = ?", (stem,)
        ).fetchone()
        if row is None:
            return
        camera, size, whole = row
        self.changes += 1
        if whole and self.counts[camera]:
            self.bytes[camera] -= size
            self.counts[camera] -= 1
        ids = self._db.execute("SELECT id FROM events WHERE stem = ?", (stem,)).fetchall()
        self._db.execute("DELETE FROM events WHERE stem = ?", (stem,))
        self._db.execute("DELETE FROM recordings WHERE stem = ?", (stem,))
        for (event_id,) in ids:
            self._list_once(event_id)

    def _list_once(self, event_id: str) -> None:
        """List an event with the first of its recordings, and what the last one knows of it."""
        rows = self._db.execute(
            "SELECT stem, json FROM events WHERE id = ? ORDER BY recording_begin_ns, stem", (event_id,)
        ).fetchall()
        self._db.execute("DELETE FROM tags WHERE event = ?", (event_id,))
        if rows:
            first, last = rows[0][0], rows[-1][1]
            event = Event.model_validate_json(last)
            self._db.execute(
                "UPDATE events SET listed = (stem = ?), end_ns = ?, shown = ? WHERE id = ?",
                (first, event.end_ns, last, event_id),
            )
            camera = first.partition("/")[0]
            tags = [("zone", zone) for zone in event.zones] + [("label", label) for label in event.labels]
            self._db.executemany(
                "INSERT OR IGNORE INTO tags VALUES (?, ?, ?, ?)",
                [(kind, name, event_id, camera) for kind, name in tags],
            )

    def set_ages(self, now_ns: int, latest_ns: int) -> None:
        """Have recordings age from now on that were made by a wrong clock, or after `latest_ns`."""
        with self.transaction():
            self._db.execute(
                "UPDATE recordings SET age_from_ns = ? WHERE age_from_ns > ?", (now_ns, latest_ns)
            )

    def _age_from_ns(self, kept: Kept) -> int:
        """Return the time from which on it ages; by a clock that is not set, that is later than all others."""
        row = self._db.execute("SELECT age_from_ns FROM recordings WHERE stem = ?", (kept.stem,)).fetchone()
        if row is not None:
            return int(row[0])
        return kept.begin_ns if is_plausible(kept.begin_ns) else _UNKNOWN

    # questions

    def find(self, query: EventQuery) -> list[ListedEvent]:
        """Return events, the newest first."""
        conditions, values = event_conditions(query)
        rows = self._db.execute(
            f"{_LISTED} WHERE {conditions} ORDER BY events.begin_ns DESC, events.id DESC LIMIT ?",
            (*values, query.limit),
        )
        return [listed_event(row) for row in rows]

    def event(self, event_id: str) -> ListedEvent | None:
        """Return an event, or the recording with this id as one; None if neither is known."""
        row = self._db.execute(f"{_LISTED} WHERE events.id = ? AND events.listed", (event_id,)).fetchone()
        if row is not None:
            return listed_event(row)
        row = self._db.execute(
            "SELECT json, keep, whole FROM recordings WHERE id = ? AND type = 'recording'", (event_id,)
        ).fetchone()
        if row is None:
            return None
        recording = Recording.model_validate_json(row[0])
        event = itself(recording, is_whole=bool(row[2]))
        return listed_event((event.model_dump_json(), *row))

    def recordings_of(self, event_id: str) -> list[Recording]:
        """Return the recordings of an event, or the one with this id, the oldest first."""
        rows = (
            self._db.execute(
                "SELECT recordings.json FROM events JOIN recordings ON recordings.stem = events.stem"
                " WHERE events.id = ? ORDER BY recording_begin_ns, recordings.stem",
                (event_id,),
            ).fetchall()
            or self._db.execute(
                "SELECT json FROM recordings WHERE id = ? AND type = 'recording'", (event_id,)
            ).fetchall()
        )
        return [Recording.model_validate_json(json) for (json,) in rows]

    def recordings(self, query: EventQuery) -> list[Recording]:
        """Return whole recordings, the newest first; `query.types` does not matter, `query.before` has their id."""
        found = self.files(query, ("recording",))
        return [one for one in found if isinstance(one, Recording)]

    def files(self, query: EventQuery, types: Sequence[FileType]) -> list[Kept]:
        """Return whole recordings and photos of these types, the newest first, as `recordings`.

        Photos lack what only their sidecars have: metadata and histogram.
        """
        conditions, values = file_conditions(query, types)
        rows = self._db.execute(
            f"SELECT json, type FROM recordings WHERE {conditions} ORDER BY begin_ns DESC, id DESC LIMIT ?",
            (*values, query.limit),
        )
        return [(Photo if kind == "photo" else Recording).model_validate_json(json) for json, kind in rows]

    def counts_between(self, query: EventQuery, types: Sequence[TimelineType]) -> Counter[TimelineType]:
        """Return how many events and photos of these types began at the times of the query, which has no `before`."""
        return counts_between(self._db, query, types)

    def slots(self, query: EventQuery, types: Sequence[TimelineType], step_ns: int) -> list[Slot]:
        """Return the events and photos of these types in slots of equal length; see `Slot`."""
        return slots(self._db, query, types, step_ns)

    def tags(self, camera: str | None) -> Tags:
        """Return the zones and labels that events have, of one camera or all."""
        return tags(self._db, camera)

    def stem_of(self, recording_id: str) -> str | None:
        """Return the place of the recording or photo with this id; None if it is unknown."""
        row = self._db.execute("SELECT stem FROM recordings WHERE id = ?", (recording_id,)).fetchone()
        return None if row is None else str(row[0])

    def oldest(
        self, camera: str | None = None, *, before_ns: int | None = None, without: Iterable[str] = ()
    ) -> str | None:
        """Return the stem of the oldest recording that is no favourite; None without one.

        Args:
            camera: of this camera only.
            before_ns: only if it ages from before this time.
            without: stems that do not count.
        """
        conditions, values = ["NOT keep", "whole"], list[object]()
        for condition, value in (
            ("camera = ?", camera),
            ("age_from_ns < ?", before_ns),
            *(("stem != ?", stem) for stem in without),
        ):
            if value is not None:
                conditions.append(condition)
                values.append(value)
        row = self._db.execute(
            f"SELECT stem FROM recordings WHERE {' AND '.join(conditions)} ORDER BY age_from_ns, begin_ns LIMIT 1",
            values,
        ).fetchone()
        return None if row is None else str(row[0])

    def sidecars(self, folder: str) -> dict[str, int]:
        """Return the stems of the whole recordings below `folder`, with the times of their sidecars."""
        # "0" follows "/": all names in the folder, found by the primary key.
        rows = self._db.execute(
            "SELECT stem, sidecar_ns FROM recordings WHERE stem > ? AND stem < ? AND whole",
            (f"{folder}/", f"{folder}0"),
        )
        return dict(rows.fetchall())

    def folders(self) -> set[str]:
        """Return the folders of all whole recordings: `<camera>/<date>`."""
        rows = self._db.execute("SELECT stem FROM recordings WHERE whole")
        return {stem.rpartition("/")[0] for (stem,) in rows}
