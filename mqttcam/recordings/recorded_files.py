"""The recordings of a camera on disk: the current one, and those whose files are not complete yet."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from mqttcam.backoff import Backoff
from mqttcam.recordings.disk import DiskStatus
from mqttcam.recordings.present import PresentRecording, UnfinishedEvents
from mqttcam.recordings.reading import Clock
from mqttcam.recordings.recorder_library import RecordingLibrary
from mqttcam.recordings.recording import Event, PictureKind, Reason, Recording, new_id
from mqttcam.recordings.timing import RecorderTiming
from mqttcam.recordings.writer import RecordingWriter, WriterCallbacks
from mqttcam.video.unit import Unit

log = logging.getLogger(__name__)


class RecordedFiles:
    """Writes recordings through a thread, one at a time, and tracks their state; used on the event loop.

    Attributes:
        present: the recording that is being written; None while nothing is recorded.
        last: the last recording whose files are whole.
        on_finished: called with each recording whose files are whole, once the library knows it.
    """

    def __init__(
        self,
        camera_id: str,
        library: RecordingLibrary,
        clock: Clock,
        timing: RecorderTiming,
        *,
        on_change: Callable[[], None],
        is_wanted: Callable[[], bool],
    ) -> None:
        """Write nothing yet.

        Args:
            on_change: called when `present`, `problem` or `last` has changed.
            is_wanted: returns whether a recording will show whether the disk works again after a failure.
        """
        self.present: PresentRecording | None = None
        self.last: Recording | None = None
        self.on_finished: list[Callable[[Recording], None]] = []
        self._camera_id = camera_id
        self._library = library
        self._timing = timing
        self._on_change = on_change
        self._is_wanted = is_wanted
        backoff = Backoff(timing.first_retry, timing.last_retry, jitter=0)
        self._disk = DiskStatus(camera_id, clock, backoff, on_change, self._check_disk, timing.last_retry)
        self._writer = RecordingWriter(
            camera_id,
            library.folder,
            WriterCallbacks(
                self._opened, self._finished, self._abandoned, self._failed, self._usable, library.add
            ),
            library.make_room,
            timing.writer,
        )
        self._unfinished = UnfinishedEvents(self._writer.amend)
        self._too_slow = f"recordings: the disk of {library.folder.path} is too slow"
        self._next_id: str | None = None
        self._ending: dict[str, Recording] = {}
        self._pictures: dict[PictureKind, bytes] = {}

    @property
    def problem(self) -> str | None:
        """The reason why nothing can be written at present, or None."""
        return self._disk.problem

    @property
    def next_try(self) -> float | None:
        """When the disk is tried again, by the clock; None if it has no problem."""
        return self._disk.next_try

    def try_again(self) -> None:
        """Try the disk now, if it has a problem."""
        self._disk.try_again()

    @property
    def dropped(self) -> int:
        """Units missing from recordings because the disk was too slow."""
        return self._writer.dropped

    @property
    def queued(self) -> int:
        """The number of bytes in memory that wait for the disk."""
        return self._writer.queued

    @property
    def next_id(self) -> str:
        """The id that the next recording gets, until `forget_next`."""
        self._next_id = self._next_id or new_id(time.time_ns())
        return self._next_id

    def shows(self, event_id: str) -> bool:
        """Return whether a recording shows an event that has not ended, or one that the last one shows."""
        present = None if self.present is None else self.present.recording
        recordings = (present, *self._ending.values(), self.last)
        shown = (event.id for one in recordings if one is not None for event in one.events)
        return event_id in shown or event_id in self._unfinished

    def begin(self, units: Sequence[Unit], reason: Reason, events: dict[str, Event]) -> None:
        """Begin a recording with units, the first of which is a keyframe, unless the disk has just failed."""
        if not self._disk.may_be_tried:
            return
        recording_id = self._next_id or new_id(units[0].ts_ns)
        present = PresentRecording.begin(recording_id, self._camera_id, reason, units[0], events)
        if not self._writer.begin(present.recording, units):
            self._disk.fail(self._too_slow)
            return
        self.present, self._next_id = present, None
        while self._pictures:
            self._writer.add_picture(*self._pictures.popitem())
        self._on_change()

    def write(self, unit: Unit) -> None:
        """Add a unit to the present recording."""
        self._writer.write(unit)
        if self._writer.is_behind or self._writer.is_hanging:
            self._disk.set_problem(self._too_slow)
        elif self._disk.problem is self._too_slow:
            self._disk.set_problem(None)

    def add_picture(self, kind: PictureKind, jpeg: bytes) -> None:
        """Save a still picture beside the current or the next recording, replacing an earlier one."""
        if self.present is not None:
            self._writer.add_picture(kind, jpeg)
        else:
            self._pictures[kind] = jpeg

    def note_events(self) -> None:
        """Save the events of the present recording on disk and in the library."""
        if self.present is not None:
            self._writer.update(self.present.recording)
            if self.present.draft.stem:
                self._library.begin(self.present.recording)

    def event_ended(self, event: Event) -> None:
        """Save the end of an event, including in recordings that ended before it."""
        self._unfinished.event_ended(event)

    def end(self) -> None:
        """End the present recording, if there is one."""
        present, self.present = self.present, None
        if present is not None:
            self._disk.succeed()
            self._ending[present.draft.id] = present.recording
            self._unfinished.ended(present.recording)
            self._writer.end(present.recording)
            self._on_change()

    def forget_next(self) -> None:
        """Discard the pictures and the id of the next recording."""
        self._pictures.clear()
        self._next_id = None

    async def close(self) -> None:
        """End the present recording, and wait for all files for a limited time."""
        self._disk.close()
        self.end()
        if not await asyncio.to_thread(self._writer.close, self._timing.stop):
            log.warning(
                "camera %s: a recording is not finished, because the disk does not answer", self._camera_id
            )

    # what the writer reports

    def _opened(self, recording: Recording) -> None:
        log.info("camera %s: recording %s", self._camera_id, recording.stem)
        if self.present is not None and self.present.draft.id == recording.id:
            self.present.draft = self.present.draft.model_copy(update={"stem": recording.stem})
            recording = self.present.recording
        self._library.begin(recording)
        self._disk.set_problem(None)

    def _finished(self, recording: Recording) -> None:
        log.info("camera %s: recorded %s, %.1f s", self._camera_id, recording.stem, recording.seconds)
        self.last = recording
        self._ending.pop(recording.id, None)
        self._library.add(recording)
        self._unfinished.finished(recording)
        for callback in tuple(self.on_finished):
            callback(recording)
        self._on_change()

    def _abandoned(self, recording_id: str) -> None:
        self._ending.pop(recording_id, None)
        self._library.discard(recording_id)

    def _failed(self, recording_id: str | None, problem: str) -> None:
        present = self.present
        if present is not None and present.draft.id == recording_id:
            self.present = None
            if not present.draft.stem:  # the next attempt is the same recording
                self._next_id = recording_id
        if recording_id is not None:
            self._ending.pop(recording_id, None)
        self._disk.fail(problem)
        self._on_change()

    def _usable(self) -> None:
        if self.present is None:
            self._disk.set_problem(None)

    def _check_disk(self) -> None:
        """Check whether the disk works again, unless a recording does so anyway."""
        if not self._is_wanted() and self.present is None:
            self._writer.check()
