"""The thread that writes the recordings of one camera, so that nothing else has to wait for a disk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence

from msgspec import Struct

from mqttcam.recordings.open_file import OpenFile, read_sidecar, write_sidecar
from mqttcam.recordings.paths import RecordingFiles, RecordingsFolder
from mqttcam.recordings.recording import PictureKind, Recording
from mqttcam.recordings.space import DiskSpace
from mqttcam.recordings.step_thread import Step, StepThread
from mqttcam.recordings.timing import WriterTiming
from mqttcam.video.encoder import VideoUnavailable
from mqttcam.video.mp4 import FRAGMENT
from mqttcam.video.unit import CLOCK, Unit

log = logging.getLogger(__name__)

_LONGEST_WAIT = 2 * FRAGMENT
"""Seconds after which units are written even if the fragment that they belong to is not complete."""

OVERHEAD = 500
"""Bytes of memory that each unit, picture or update in the queue takes besides its data, as measured."""


class WriterCallbacks(Struct, frozen=True):
    """Called on the event loop.

    Attributes:
        opened: with a recording when it has its files, which `stem` names.
        finished: with a recording whose files are whole.
        abandoned: with the id of a recording that has no whole file: it had no video, or the disk refused its name.
        failed: with the id of a recording of which nothing more can be written, and why; one of the others has come
            before. After `check`, the id is None.
        usable: after `check`, if the disk takes recordings.
        amended: with a recording whose files were whole, and whose sidecar was written again.
    """

    opened: Callable[[Recording], None]
    finished: Callable[[Recording], None]
    abandoned: Callable[[str], None]
    failed: Callable[[str | None, str], None]
    usable: Callable[[], None]
    amended: Callable[[Recording], None]


class RecordingWriter:
    """Writes one recording after the other; all methods but `close` return at once.

    Attributes:
        dropped: units that the disk was too slow for; they were left out up to the next keyframe.
        is_behind: whether units are dropped at present.
    """

    def __init__(
        self,
        name: str,
        folder: RecordingsFolder,
        callbacks: WriterCallbacks,
        make_room: Callable[[int], object],
        timing: WriterTiming,
    ) -> None:
        """Do nothing before the first recording.

        Args:
            name: of the camera.
            make_room: called in the thread when the disk is full; deletes recordings to free that number of bytes,
                if it can.
        """
        self.dropped = 0
        self.is_behind = False
        self._name = name
        self._folder = folder
        self._callbacks = callbacks
        self._loop = asyncio.get_running_loop()
        self._space = DiskSpace(folder.path, make_room, timing.room)
        self._timing = timing
        self._thread = StepThread(
            f"recording {name}",
            self._carry_out,
            lambda: None if self._file is None else _LONGEST_WAIT,
        )
        self._woken_at = 0
        # In the thread:
        self._file: OpenFile | None = None
        self._draft: Recording | None = None
        self._pictures: dict[PictureKind, bytes] = {}
        self._written: set[PictureKind] = set()
        self._pictures_due = self._sync_due = 0.0

    @property
    def is_hanging(self) -> bool:
        """Whether the disk has not answered for a while."""
        return self._thread.hangs_for(self._timing.answer)

    @property
    def queued(self) -> int:
        """Bytes of memory that wait for the disk: video, pictures, and what is known of recordings."""
        return self._thread.queued

    # on the loop

    def begin(self, draft: Recording, units: Sequence[Unit]) -> bool:
        """Begin a recording with units of which the first is a keyframe; return False if the disk is too slow now."""
        if self._is_full(_size(units[0])):
            return False
        self.is_behind = False
        self._woken_at = units[-1].pts
        self._put(lambda: self._begin(draft, units), sum(map(_size, units)))
        return True

    def write(self, unit: Unit) -> None:
        """Add a unit to the present recording."""
        size = _size(unit)
        if (self.is_behind and not unit.is_keyframe) or self._is_full(size):
            self.is_behind = True
            self.dropped += 1
            return
        self.is_behind = False
        # Nothing is written before a fragment is complete, so the thread need not wake up either.
        completes = unit.is_keyframe or unit.pts - self._woken_at >= FRAGMENT * CLOCK
        if completes:
            self._woken_at = unit.pts
        self._put(lambda: self._write(unit), size, wake=completes)

    def update(self, recording: Recording) -> None:
        """Save the metadata of the present recording; if the disk is too slow, only at its end."""
        if not self._is_full(OVERHEAD):
            self._put(lambda: self._update(recording))

    def amend(self, recording: Recording) -> None:
        """Save further events of a recording whose files are complete, unless it was deleted."""
        self._put(lambda: self._amend(recording))

    def add_picture(self, kind: PictureKind, jpeg: bytes) -> None:
        """Save a still picture beside the present recording, or replace it, unless the disk is too slow."""
        size = len(jpeg) + OVERHEAD
        if not self._is_full(size):
            self._put(lambda: self._add_picture(kind, jpeg), size)

    def end(self, recording: Recording) -> None:
        """End the present recording with this metadata."""
        self._put(lambda: self._end(recording))

    def check(self) -> None:
        """Find out whether the disk takes recordings, unless one is being written or the disk is still busy."""
        if not self.queued:
            self._put(self._check)

    def close(self, timeout: float) -> bool:
        """Finish what is queued and end the thread; return whether it has ended within `timeout` seconds.

        Blocks. Files that a hanging disk has not written by then are finished at the next start.
        """
        return self._thread.close(timeout)

    def _is_full(self, size: int) -> bool:
        return self.queued + size > self._timing.max_queued

    def _put(self, step: Step, size: int = OVERHEAD, *, wake: bool = True) -> None:
        self._thread.put(step, size, wake=wake)

    # in the thread

    def _carry_out(self, step: Step) -> None:
        try:
            step()
            self._keep_up()
        except (OSError, ValueError, VideoUnavailable) as error:
            self._fail(error)
        except Exception as error:
            log.exception("recording %s: a fault in mqttcam", self._name)
            self._fail(error)

    def _begin(self, draft: Recording, units: Sequence[Unit]) -> None:
        self._draft = draft
        self._pictures.clear()
        self._written.clear()
        self._space.check()
        self._file = OpenFile(self._folder, draft, units[0])
        self._report(self._callbacks.opened, self._file.recording)
        self._sync_due = self._pictures_due = 0.0
        for unit in units:
            self._file.write(unit)

    def _check(self) -> None:
        if self._file is None:
            self._folder.check(self._name)
            self._space.check()
            self._report(self._callbacks.usable)

    def _write(self, unit: Unit) -> None:
        if self._file is not None:
            self._file.write(unit)

    def _update(self, recording: Recording) -> None:
        if self._file is not None:
            self._draft = recording
            self._file.write_sidecar(recording)

    def _amend(self, recording: Recording) -> None:
        files = RecordingFiles(self._folder.path, recording.stem)
        try:
            kept = read_sidecar(files).model_copy(update={"events": recording.events})
            write_sidecar(files, kept, self._folder.file_mode)
        except (OSError, ValueError) as error:
            log.info("recording %s: its events could not be saved: %s", recording.stem, error)
        else:
            self._report(self._callbacks.amended, kept)

    def _add_picture(self, kind: PictureKind, jpeg: bytes) -> None:
        if self._file is not None:
            if kind not in self._written:
                self._written.add(kind)
                self._pictures_due = 0.0
            self._pictures[kind] = jpeg

    def _end(self, recording: Recording) -> None:
        if self._file is not None:
            self._draft = recording
            self._finish()

    def _keep_up(self) -> None:
        """Do the periodic work while a recording is written."""
        if self._file is None:
            return
        now = time.monotonic()
        if self._pictures and now >= self._pictures_due:
            self._write_pictures()
            self._pictures_due = time.monotonic() + self._timing.pictures
        if now >= self._sync_due:
            self._file.sync()
            self._space.check()
            self._sync_due = time.monotonic() + self._timing.sync

    def _write_pictures(self) -> None:
        assert self._file is not None
        while self._pictures:
            kind, jpeg = self._pictures.popitem()
            self._file.write_picture(kind, jpeg)

    def _finish(self) -> None:
        """End the present recording.

        Raises:
            OSError: its files could not be named.
        """
        file, draft = self._file, self._draft
        assert file is not None
        assert draft is not None
        try:
            self._write_pictures()
        except OSError as error:
            log.warning("recording %s: a picture is missing: %s", self._name, error)
        self._file = None
        recording = None
        try:
            recording = file.finish(draft)
        finally:
            if recording is None:
                self._report(self._callbacks.abandoned, draft.id)
            else:
                self._report(self._callbacks.finished, recording)
        self._draft = None

    def _fail(self, error: Exception) -> None:
        draft, has_file = self._draft, self._file is not None
        if has_file:
            self._pictures.clear()
            try:
                self._finish()
            except OSError as second:
                log.info("recording %s: will be finished at the next start: %s", self._name, second)
        self._file = self._draft = None
        problem = self._space.failed(error)
        self._report(self._callbacks.failed, None if draft is None else draft.id, problem)

    def _report(self, callback: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the process ends
            self._loop.call_soon_threadsafe(callback, *arguments)


def _size(unit: Unit) -> int:
    return len(unit.data) + unit.audio_memory + OVERHEAD
