"""The files of all recordings with their index. All of it runs in the library's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from mqttcam.recordings.index_file import IndexFile
from mqttcam.recordings.listed import EventQuery, FileType, ListedEvent
from mqttcam.recordings.paths import RecordingFiles
from mqttcam.recordings.reconcile import Reconciliation
from mqttcam.recordings.recording import FOR_EVENTS, Recording
from mqttcam.recordings.remembered_disk import RememberedDisk
from mqttcam.recordings.retention import Retention
from mqttcam.recordings.sidecar import SIDECAR, Kept, delete_files, exists, read_kept, write_sidecar
from mqttcam.recordings.worker import Steps

if TYPE_CHECKING:
    from mqttcam.recordings.index import Index

log = logging.getLogger(__name__)

T = TypeVar("T")


class NotFinished(Exception):
    """The recording is still being made, so it can be neither changed nor deleted."""


class IndexedFiles:
    """Keeps the index and the files in step.

    Attributes:
        bytes, count: of the whole recordings.
        cameras: the ids of those that have some.
        problem: what is wrong, in words.
    """

    def __init__(self, folder: Path, index_path: Path, retention: Retention, disk: RememberedDisk) -> None:
        self.bytes = self.count = 0
        self.cameras: tuple[str, ...] = ()
        self._folder = folder
        self._index = IndexFile(index_path)
        self._retention = retention
        self._remembered_disk = disk
        self._disk_problem: str | None = None
        self._files_problem: str | None = None
        self._disk: tuple[int, int] | None = None
        self._last: object = None

    @property
    def problem(self) -> str | None:
        return self._disk_problem or self._index.problem or self._files_problem or self._retention.problem

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    # single calls

    def add(self, kept: Kept, *, is_whole: bool) -> None:
        """Add a recording or photo to the index, or replace it."""
        try:
            sidecar_ns = (self._folder / (kept.stem + SIDECAR)).stat().st_mtime_ns
        except OSError:
            sidecar_ns = 0

        def add(index: Index) -> None:
            with index.transaction():
                index.put(kept, is_whole=is_whole, sidecar_ns=sidecar_ns)

        self._index.use(add)

    def discard(self, recording_id: str) -> None:
        """Remove a recording from the index that was being made and left no file."""
        event = self.event(recording_id)
        if event is not None and not event.is_whole:
            self._remove(event.stem)

    def forget_missing(self, stem: str) -> None:
        """Remove a recording or photo from the index if its file was deleted by hand."""
        if self._folder.is_dir() and not exists(self._folder, stem):
            self._remove(stem)

    def find(self, query: EventQuery) -> list[ListedEvent]:
        """Return events, the newest first."""
        found = self.read(lambda index: index.find(query), list[ListedEvent]())
        return [self._with_pictures(event) for event in found]

    def recordings(self, query: EventQuery) -> list[Recording]:
        """Return whole recordings, the newest first."""
        return self.read(lambda index: index.recordings(query), list[Recording]())

    def files(self, query: EventQuery, types: Sequence[FileType]) -> list[Kept]:
        """Return whole recordings and photos of these types, the newest first, without what sidecars have."""
        return self.read(lambda index: index.files(query, types), list[Kept]())

    def file(self, file_id: str) -> Kept | None:
        """Return the whole recording or photo with this id, from its sidecar; None if it is unknown.

        Raises:
            OSError: its video or picture cannot be read.
        """
        stem = self.read(lambda index: index.stem_of(file_id), None)
        if stem is None or not exists(self._folder, stem):
            return None
        return read_kept(self._folder, stem).model_copy(update={"id": file_id})

    def keep_file(self, file_id: str, keep: bool) -> Kept | None:
        """Make a recording or photo a favourite or not, and return it; None if it is unknown.

        Raises:
            OSError: that cannot be written.
        """
        found = self.file(file_id)
        if found is not None and found.keep != keep:
            found = found.model_copy(update={"keep": keep})
            self._change(found)
        return found

    def read(self, call: Callable[[Index], T], default: T) -> T:
        """Return what a call with the index returns; the default while there are no recordings."""
        return self._index.use(call) if self._has_any() else default

    def event(self, event_id: str) -> ListedEvent | None:
        """Return an event, or the recording with this id as one; None if neither is known."""
        found = self.read(lambda index: index.event(event_id), None)
        return None if found is None else self._with_pictures(found)

    def _with_pictures(self, event: ListedEvent) -> ListedEvent:
        """Look for the pictures of a recording that is being made."""
        if event.is_whole:
            return event
        return replace(event, pictures=RecordingFiles(self._folder, event.stem).pictures)

    def delete(self, event_id: str) -> bool:
        """Delete an event, and its recordings unless they show others as well; return False if it is unknown.

        Raises:
            NotFinished: it is still being recorded.
            OSError: a file cannot be deleted.
        """
        recordings = self._whole_recordings(event_id)
        for recording in recordings:
            rest = tuple(event for event in recording.events if event.id != event_id)
            is_listed = recording.reason not in FOR_EVENTS or rest
            if event_id != recording.id and len(rest) < len(recording.events) and is_listed:
                self._change(recording.model_copy(update={"events": rest}))
                continue
            self._delete(recording.stem)
        return bool(recordings)

    def delete_files(self, stem: str) -> bool:
        """Delete the whole recording or photo with these files; return False if it is unknown.

        Raises:
            OSError: a file cannot be deleted.
        """
        if not self._has_any() or stem not in self._index.use(
            lambda index: index.sidecars(stem.rpartition("/")[0])
        ):
            return False
        self._delete(stem)
        return True

    def _delete(self, stem: str) -> None:
        delete_files(self._folder, stem)
        self._remove(stem)
        self._retention.remove_empty_folder(stem)

    def set_keep(self, event_id: str, keep: bool) -> ListedEvent | None:
        """Make the recordings of an event favourites or not, and return the event; None if it is unknown.

        Raises:
            NotFinished: it is still being recorded.
            OSError: that cannot be written.
        """
        for recording in self._whole_recordings(event_id):
            if recording.keep != keep:
                self._change(recording.model_copy(update={"keep": keep}))
        return self.event(event_id)

    def _whole_recordings(self, event_id: str) -> list[Recording]:
        """Return the recordings of an event.

        Raises:
            NotFinished: one of them is still being made.
        """
        event = self.event(event_id)
        if event is None:
            return []
        recordings = self._index.use(lambda index: index.recordings_of(event_id))
        if not event.is_whole or not all(self._is_whole(recording) for recording in recordings):
            raise NotFinished
        return recordings

    def _is_whole(self, recording: Recording) -> bool:
        found = self._index.use(lambda index: index.event(recording.id))
        return found is None or found.is_whole

    def _change(self, kept: Kept) -> None:
        write_sidecar(self._folder, kept)
        self.add(kept, is_whole=True)

    def _remove(self, stem: str) -> None:
        def take_out(index: Index) -> None:
            with index.transaction():
                index.remove(stem)

        self._index.use(take_out)

    # work in steps

    def reconcile(self) -> Steps[None]:
        """Make the index that of the files."""
        if not self._has_any():
            self._index.is_stale = False
            return
        self._index.is_stale = False
        self._disk = self._find_disk()
        index = self._index.open()
        work = Reconciliation(self._folder, index)
        yield from self._index.run(work.steps())
        if self._index.present is index:
            index.is_complete = True
            self._files_problem = work.problem

    def tidy(self) -> Steps[int]:
        """Delete what is beyond the limits, after a reconciliation if that is needed; return how many were deleted."""
        self._check_disk()
        if self._index.is_in_memory:
            self._index.try_file_again()
        if self._index.is_stale or self._find_disk() != self._disk:
            yield from self.reconcile()
        if not self._has_any():
            self._retention.measure()
            return 0
        return (yield from self._index.run(self._retention.run(self._index.open()))) or 0

    def _check_disk(self) -> None:
        """Note whether the disk is missing."""
        problem = self._remembered_disk.problem
        problem = problem and f"recordings: {self._folder}: {problem}"
        if problem != self._disk_problem:
            self._disk_problem = problem
            if problem is None:
                log.info("recordings: the disk of %s is mounted again", self._folder)
            else:
                log.error("%s; nothing is recorded until then", problem)

    def make_room(self, size: int) -> Steps[bool]:
        """Delete the oldest recordings until `size` bytes fit beside those that stay free; return whether they do."""
        index = self._index.open()
        if not index.is_complete:
            yield from self.reconcile()
        return bool((yield from self._index.run(self._retention.make_room(self._index.open(), size))))

    def has_changed(self) -> bool:
        """Return whether recordings or the problem have changed since the last call; take over the numbers."""
        index = self._index.present
        if index is not None:
            self.bytes, self.count = index.bytes.total(), index.counts.total()
            self.cameras = tuple(sorted(camera for camera, count in index.counts.items() if count))
        now = (id(index), index and index.changes, self.problem)
        changed, self._last = now != self._last, now
        return changed

    def _has_any(self) -> bool:
        """Return whether there may be recordings; where nothing was ever recorded, no index is made."""
        return self._index.exists() or self._folder.exists()

    def _find_disk(self) -> tuple[int, int] | None:
        """Return what changes when a disk is mounted or removed."""
        try:
            found = self._folder.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
