"""The library of all recordings and photos: their index, their files, and how long they are kept."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from mqttcam.backoff import Pause
from mqttcam.listeners import Listeners
from mqttcam.recordings.indexed_files import IndexedFiles, NotFinished
from mqttcam.recordings.listed import EventQuery, FileType, ListedEvent
from mqttcam.recordings.paths import RecordingsFolder
from mqttcam.recordings.recording import Recording
from mqttcam.recordings.retention import Clock, Retention
from mqttcam.recordings.series_files import (
    SeriesFile,
    delete_series_file,
    find_series_file,
    keep_series_file,
    list_series,
    series_folders,
    size_of_folder,
)
from mqttcam.recordings.sidecar import Kept
from mqttcam.recordings.timeline import Timeline
from mqttcam.recordings.worker import Steps, WorkerThread
from mqttcam.settings.recordings import CameraKeepSettings, KeepSettings

log = logging.getLogger(__name__)

T = TypeVar("T")


class LibraryUnavailable(Exception):
    """The disk does not answer or reports an error, as the message explains."""


class LibraryTiming(Struct, frozen=True):
    """All in seconds.

    Attributes:
        answer: the time limit for an answer of the disk.
        tidy: the interval between two comparisons with the limits, besides those after each recording.
        reconcile: the interval between two comparisons of the index with the files.
        room: the time limit for `make_room`.
        stop: the time limit to write what is to be written at the end.
    """

    answer: float = 5.0
    tidy: float = 120.0
    reconcile: float = 6 * 3600.0
    room: float = 10.0
    stop: float = 0.5


_TIMING = LibraryTiming()
_CLOCK = Clock()


class Library:
    """All recordings of the node. Only its thread accesses the disk; no call blocks the event loop.

    Attributes:
        path: the folder of all recordings.
        folder: the same, as those that write into it need it.
        timeline: events, photos and series in one list, and in numbers.
        listeners: called on the event loop after recordings or the problem have changed.
        changes: grows with each change of the recordings.
        series_changes: grows with each file of a series that is deleted, and each change of its favourites.
    """

    def __init__(
        self,
        path: Path,
        index_path: Path,
        keep: KeepSettings,
        camera_keep: Callable[[], Mapping[str, CameraKeepSettings]] = dict,
        *,
        clock: Clock = _CLOCK,
        timing: LibraryTiming = _TIMING,
    ) -> None:
        """Do nothing before `start`.

        Args:
            index_path: of the index, which is made again where it is missing.
            camera_keep: returns the limits of each camera that has its own.
        """
        self.path = path
        self.folder = RecordingsFolder(path, index_path.with_suffix(".disk"))
        self.listeners = Listeners("the recordings")
        self.changes = self.series_changes = 0
        self._timing = timing
        self._keep = keep
        self._series_bytes: dict[tuple[str, str], int] = {}
        self._retention = Retention(path, keep, camera_keep, clock, lambda: self.series_bytes)
        self._files = IndexedFiles(path, index_path, self._retention, self.folder.disk)
        self.timeline = Timeline(path, self._files, self._ask)
        self._worker = WorkerThread("recordings")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watching: asyncio.Task[None] | None = None
        self._tidying: Future[int] | None = None
        self._tidy_pause = Pause()
        self._no_answer: str | None = None

    @property
    def keep(self) -> KeepSettings:
        """How long recordings are kept."""
        return self._keep

    @property
    def series_bytes(self) -> int:
        """The size of all series, also of those that are not configured any more. For any thread."""
        return sum(tuple(self._series_bytes.values()))

    @property
    def bytes(self) -> int:
        """The size of all recordings and series."""
        return self._files.bytes + self.series_bytes

    @property
    def count(self) -> int:
        """The number of recordings."""
        return self._files.count

    @property
    def cameras(self) -> tuple[str, ...]:
        """The ids of the cameras that have files here, also of those that are not configured any more."""
        with_series = (camera for (camera, _), size in tuple(self._series_bytes.items()) if size)
        return tuple(sorted({*self._files.cameras, *with_series}))

    @property
    def free(self) -> int | None:
        """Bytes free on the disk of the recordings; None if unknown."""
        return self._retention.free

    @property
    def problem(self) -> str | None:
        """The problem in words; None if there is no problem."""
        return self._no_answer or self._files.problem

    @property
    def next_try(self) -> float | None:
        """When the disk is checked again, in seconds of `time.monotonic`; None if no check is pending."""
        return self._tidy_pause.until

    def try_again(self) -> None:
        """Check the disk now."""
        self._tidy_pause.end()

    def start(self) -> None:
        """Compare the index with the files, and delete recordings that exceed the limits, now and regularly."""
        self._loop = asyncio.get_running_loop()
        self._watching = asyncio.create_task(self._watch(), name="recordings")

    async def close(self) -> None:
        """Write pending changes, within a time limit."""
        if self._watching is not None:
            self._watching.cancel()
        self._loop = None
        # What comes until then, such as a step of the work that is under way, would open the index again.
        await asyncio.to_thread(self._worker.stop, self._timing.stop, self._close)

    def _close(self) -> None:
        try:
            self._files.close()
        except Exception:
            log.exception("recordings: the index could not be closed")

    # from any thread, without waiting

    def begin(self, recording: Recording) -> None:
        """List a recording that is being made; to be called again when its events change."""
        self._change(lambda: self._files.add(recording, is_whole=False))

    def add(self, kept: Kept) -> None:
        """Add a recording or photo whose files are complete, including the sidecar."""
        self._change(lambda: self._files.add(kept, is_whole=True))
        self.tidy()

    def discard(self, recording_id: str) -> None:
        """Stop listing a recording that left no file."""
        self._change(lambda: self._files.discard(recording_id))

    def forget_missing(self, stem: str) -> None:
        """Stop listing the recording or photo with these files if its file was deleted by hand."""
        self._change(lambda: self._files.forget_missing(stem))

    def set_series_bytes(self, camera: str, name: str, size: int) -> None:
        """Note the size of a series, which counts for the limits."""
        self._series_bytes[camera, name] = size

    def measure_series(self) -> Future[None]:
        """Measure the size of all series."""
        return self._worker.run_steps(self._measure_series())

    def tidy(self) -> Future[int]:
        """Delete recordings that exceed the limits; the result is their number."""
        if self._tidying is None or self._tidying.done():
            self._tidying = self._worker.run_steps(self._counted(self._files.tidy()))
        return self._tidying

    def reconcile(self) -> Future[None]:
        """Compare the index with the files."""
        return self._worker.run_steps(self._counted(self._files.reconcile()))

    # from a thread that may wait

    def make_room(self, size: int) -> bool:
        """Delete the oldest recordings until `size` bytes fit beside those that are to stay free.

        Return whether they do. False, too, if that is not known in time. Not to be called on the event loop.
        """
        try:
            return self._worker.run_steps(self._counted(self._files.make_room(size))).result(
                self._timing.room
            )
        except FutureTimeout:
            return False
        except Exception:
            log.exception("recordings: no space could be freed")
            return False

    # from the event loop

    async def find(self, query: EventQuery) -> list[ListedEvent]:
        """Return events, the newest first.

        Raises:
            LibraryUnavailable: the disk does not answer.
        """
        return await self._ask(lambda: self._files.find(query))

    async def recordings(self, query: EventQuery) -> list[Recording]:
        """Return complete recordings, the newest first; the types of the query are ignored.

        Raises:
            LibraryUnavailable: the disk does not answer.
        """
        return await self._ask(lambda: self._files.recordings(query))

    async def files(self, query: EventQuery, types: Sequence[FileType]) -> list[Kept]:
        """Return complete recordings and photos of these types, the newest first.

        Photos lack their metadata and histogram; the types of the query are ignored.

        Raises:
            LibraryUnavailable: the disk does not answer.
        """
        return await self._ask(lambda: self._files.files(query, types))

    async def file(self, file_id: str) -> Kept | None:
        """Return a complete recording or photo by its id; None if it is unknown.

        Raises:
            LibraryUnavailable: the disk does not answer.
        """
        return await self._ask(lambda: self._files.file(file_id))

    async def keep_file(self, file_id: str, keep: bool) -> Kept | None:
        """Make a complete recording or photo a favourite, or undo that; return it, or None if it is unknown.

        Raises:
            LibraryUnavailable: the disk does not answer, or does not take it.
        """
        return await self._ask(lambda: self._files.keep_file(file_id, keep), changing=True)

    async def get(self, event_id: str) -> ListedEvent | None:
        """Return an event, or the recording with this id as an event; None if neither is known.

        Raises:
            LibraryUnavailable: the disk does not answer.
        """
        return await self._ask(lambda: self._files.event(event_id))

    async def delete(self, event_id: str) -> bool:
        """Delete an event with its recordings, or a recording, and return whether there was one.

        A recording that shows other events as well, or was not made for an event, stays.

        Raises:
            NotFinished: it is still being recorded.
            LibraryUnavailable: the disk does not answer, or does not delete it.
        """
        return await self._ask(lambda: self._files.delete(event_id), changing=True)

    async def delete_files(self, stem: str) -> bool:
        """Delete the recording or photo with these files, and return whether there was one.

        Raises:
            LibraryUnavailable: the disk does not answer, or does not delete it.
        """
        return await self._ask(lambda: self._files.delete_files(stem), changing=True)

    async def series_files(self, query: EventQuery) -> list[SeriesFile]:
        """Return pictures and videos of series, newest first; the types of the query are ignored.

        Raises:
            LibraryUnavailable: the disk does not answer.
        """
        return await self._ask(lambda: list_series(self.path, query))

    async def series_file(self, file_id: str) -> SeriesFile | None:
        """Return a file of a series by its id; None if it is unknown.

        Raises:
            LibraryUnavailable: the disk does not answer.
        """
        return await self._ask(lambda: find_series_file(self.path, file_id))

    async def delete_series_file(self, path: str) -> bool:
        """Delete a picture or video of a series, and return whether there was one.

        Raises:
            LibraryUnavailable: the disk does not answer, or does not delete it.
        """
        return await self._ask(lambda: self._delete_series_file(path))

    async def keep_series_file(self, file_id: str, keep: bool) -> SeriesFile | None:
        """Make a file of a series a favourite, or undo that; return it, or None if it is unknown.

        Raises:
            LibraryUnavailable: the disk does not answer, or does not take it.
        """
        return await self._ask(lambda: self._keep_series_file(file_id, keep))

    def _keep_series_file(self, file_id: str, keep: bool) -> SeriesFile | None:
        if (found := keep_series_file(self.path, file_id, keep)) is not None:
            self.series_changes += 1
        return found

    def _delete_series_file(self, path: str) -> bool:
        size = 0
        with contextlib.suppress(OSError):
            size = (self.path / path).lstat().st_size
        if not delete_series_file(self.path, path):
            return False
        self.series_changes += 1
        camera, _, name, _ = path.split("/")
        self.set_series_bytes(camera, name, max(0, self._series_bytes.get((camera, name), 0) - size))
        return True

    async def set_keep(self, event_id: str, keep: bool) -> ListedEvent | None:
        """Make the recordings of an event favourites, or undo that; return the event, or None if it is unknown.

        Raises:
            NotFinished: it is still being recorded.
            LibraryUnavailable: the disk does not answer, or does not take it.
        """
        return await self._ask(lambda: self._files.set_keep(event_id, keep), changing=True)

    async def _ask(self, call: Callable[[], T], *, changing: bool = False) -> T:
        if self._worker.is_overloaded:
            raise LibraryUnavailable(
                self._no_answer or f"the disk of the recordings ({self.path}) is too slow"
            )
        future = self._change(call) if changing else self._worker.call(call)
        try:
            async with asyncio.timeout(self._timing.answer):
                answer = await asyncio.wrap_future(future)
        except TimeoutError:
            self._set_no_answer(f"the disk of the recordings ({self.path}) does not answer")
            raise LibraryUnavailable(self._no_answer) from None
        except OSError as error:
            raise LibraryUnavailable(f"{error.filename or self.path}: {error.strerror}") from error
        self._set_no_answer(None)
        return answer

    def _set_no_answer(self, problem: str | None) -> None:
        if problem != self._no_answer:
            self._no_answer = problem
            self.listeners.notify()

    async def _watch(self) -> None:
        """Tidy regularly, and compare with the files now and then; the first `tidy` does that as well."""
        loop = asyncio.get_running_loop()
        due = loop.time() + self._timing.reconcile
        self.measure_series()
        while True:
            self.tidy()
            await self._tidy_pause.wait(self._timing.tidy)
            if loop.time() > due:
                due = loop.time() + self._timing.reconcile
                self.measure_series()
                self.reconcile()

    # in the library's thread

    def _change(self, call: Callable[[], T]) -> Future[T]:
        def change() -> T:
            try:
                return call()
            except (OSError, NotFinished):
                raise
            except Exception:
                log.exception("recordings: the index could not be changed")
                raise
            finally:
                self._changed()

        return self._worker.call(change)

    def _counted(self, steps: Steps[T]) -> Steps[T]:
        """Carry out the steps, and notify the listeners after each that has changed something."""
        try:
            while True:
                next(steps)
                self._changed()
                yield
        except StopIteration as end:
            self._changed()
            return end.value  # type: ignore[no-any-return]
        except Exception:
            log.exception("recordings: the files could not be compared with the index and the limits")
            raise

    def _measure_series(self) -> Steps[None]:
        for camera, name, folder in series_folders(self.path):
            self.set_series_bytes(camera, name, size_of_folder(folder))
            yield

    def _changed(self) -> None:
        if self._files.has_changed() and (loop := self._loop) is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._notify)

    def _notify(self) -> None:
        self.changes += 1
        self.listeners.notify()
