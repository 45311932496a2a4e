"""The recorder of a camera: when a recording begins and ends, and its metadata.

recorder = Recorder("front", device.video, settings.record, library)
recorder.camera_changed(enabled=True, running=True)   # at each change of the camera's status
recorder.begin(event)                                 # motion begins: `before` seconds of it are recorded, too
recorder.update(event)                                # it has another score, or zones
recorder.end(event, quiet=3.0)                        # it is over; the last movement was 3 seconds ago
recorder.record(30)                                   # by command
await recorder.close()
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence

from mqttcam.backoff import Backoff
from mqttcam.listeners import Listeners
from mqttcam.recordings.demand import Demand
from mqttcam.recordings.disk import DiskStatus
from mqttcam.recordings.present import PresentRecording, UnfinishedEvents
from mqttcam.recordings.reading import Clock, Reading
from mqttcam.recordings.recorder_library import RecordingLibrary
from mqttcam.recordings.recording import Event, PictureKind, Recording, new_id
from mqttcam.recordings.timing import RECORDER_TIMING, RecorderTiming
from mqttcam.recordings.writer import RecordingWriter, WriterCallbacks
from mqttcam.settings.recordings import RecordSettings
from mqttcam.video.camera_video import CameraVideo
from mqttcam.video.unit import CLOCK, Unit

log = logging.getLogger(__name__)

_BY_COMMAND_ALONE = RecordSettings(on_motion=False, before=0)
_LONGEST_LAG = 1
"""Maximum seconds between a frame and the motion detected in it; a longer time means that the clock was set."""


class Recorder:
    """Records one camera; lives on the event loop, which never waits for a disk.

    Whatever touches is one recording: motion, commands, and what comes while it lasts. It is written in parts of
    `longest` seconds, each of which begins with a keyframe, without a lost frame between them.

    Attributes:
        last: the last recording whose files are whole.
        listeners: called when `recording`, `problem` or `last` has changed.
        on_finished: called with each recording whose files are whole, once the library knows it.
    """

    def __init__(
        self,
        camera_id: str,
        video: CameraVideo,
        settings: RecordSettings | None,
        library: RecordingLibrary,
        *,
        clock: Clock | None = None,
        timing: RecorderTiming = RECORDER_TIMING,
    ) -> None:
        """Record nothing before `camera_changed`.

        Args:
            settings: None if the camera records by command alone.
            clock: by default the running loop.
        """
        self.last: Recording | None = None
        self.listeners = Listeners(f"the recorder of camera {camera_id}")
        self.on_finished: list[Callable[[Recording], None]] = []
        self._camera_id = camera_id
        self._settings = settings or _BY_COMMAND_ALONE
        self._library = library
        self._clock: Clock = clock or asyncio.get_running_loop()
        self._timing = timing
        self._reading = Reading(
            video, self._deliver, self._end, self._video_problem, self._clock, self._make_backoff()
        )
        self._disk = DiskStatus(
            camera_id,
            self._clock,
            self._make_backoff(),
            self.listeners.notify,
            self._check_disk,
            timing.last_retry,
        )
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
        self._on_motion = self._settings.on_motion
        self._enabled = self._running = self._closed = False
        self._present: PresentRecording | None = None
        self._demand = Demand(self._clock, continuous=self._settings.continuous, after=self._settings.after)
        self._next_id: str | None = None
        self._ending: dict[str, Recording] = {}
        self._pictures: dict[PictureKind, bytes] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def recording(self) -> bool:
        """Whether something is being recorded now."""
        return self._present is not None

    @property
    def current(self) -> Recording | None:
        """The recording that is being written, as known so far; its `stem` is empty until its files exist."""
        return None if self._present is None else self._present.recording

    def shows(self, event_id: str) -> bool:
        """Return whether a recording shows an event that has not ended, or one that the last one shows."""
        recordings = (self.current, *self._ending.values(), self.last)
        shown = (event.id for one in recordings if one is not None for event in one.events)
        return event_id in shown or event_id in self._unfinished

    @property
    def problem(self) -> str | None:
        """Why nothing can be recorded at present, in words; None while it can."""
        return self._disk.problem or self._reading.problem

    @property
    def dropped(self) -> int:
        """Units missing from recordings because the disk was too slow."""
        return self._writer.dropped

    @property
    def queued(self) -> int:
        """Bytes of memory that wait for the disk."""
        return self._writer.queued

    # the camera

    def camera_changed(self, *, enabled: bool, running: bool) -> None:
        """Follow the camera's status.

        Args:
            enabled: whether it is switched on. Off ends the recording and forgets the seconds before (privacy).
            running: whether it has frames. If not, the recording ends, and goes on as another when it has again.
        """
        if not enabled:
            self._forget()
        if not running or not enabled:
            self._interrupt()
        self._enabled, self._running = enabled, running
        self._adapt()

    def set_on_motion(self, on: bool) -> None:
        """Set whether to keep the seconds before motion; a present recording continues."""
        self._on_motion = on
        self._adapt()

    async def close(self) -> None:
        """End the recording, and wait for its files for a limited time; otherwise the next start finishes them."""
        for event in self._demand.events.values():
            if event.end_ns is None:
                last = self._reading.last
                now_ns = event.begin_ns if last is None else last.ts_ns
                self.end(event.model_copy(update={"end_ns": max(event.begin_ns, now_ns)}))
        self._closed = True
        self._disk.close()
        self._forget()
        self._interrupt()
        self._adapt()
        if not await asyncio.to_thread(self._writer.close, self._timing.stop):
            log.warning(
                "camera %s: a recording is not finished, as the disk does not answer", self._camera_id
            )

    # motion

    def begin(self, event: Event) -> None:
        """Record an event: from `before` seconds before it until `after` seconds after its end."""
        self._demand.begin(event)
        if self._present is not None:
            self._present.events[event.id] = event
            self._note_events()
        else:
            last = self._reading.last
            lag = 0.0 if last is None else (last.ts_ns - event.begin_ns) / 1e9
            self._begin(self._settings.before + (lag if 0 <= lag <= _LONGEST_LAG else 0))

    def update(self, event: Event) -> None:
        """Update the metadata of an event."""
        self._demand.update(event)
        if self._present is not None and event.id in self._present.events:
            self._present.events[event.id] = event

    def end(self, event: Event, quiet: float = 0.0) -> None:
        """End an event, whose last movement was `quiet` seconds ago by a steady clock."""
        self.update(event)
        self._unfinished.event_ended(event)
        self._demand.end(event, quiet)
        self._watch()
        self._note_events()

    def add_picture(self, kind: PictureKind, jpeg: bytes) -> None:
        """Save a still picture beside the recording, replacing an earlier one."""
        if self._present is not None:
            self._writer.add_picture(kind, jpeg)
        elif self._is_wanted:
            self._pictures[kind] = jpeg

    # commands

    def record(self, seconds: float, before: float = 0.0) -> str:
        """Record for some seconds from now on, with the seconds before that the ring has; return the recording's id.

        A recording in progress is extended to at least that time.
        """
        self._demand.extend(seconds)
        self._watch()
        if self._present is None:
            self._next_id = self._next_id or new_id(time.time_ns())
            self._begin(before)
        return self._present.draft.id if self._present is not None else str(self._next_id)

    def stop(self) -> None:
        """End the recording now. A continuous one continues in another file."""
        self._forget()
        self._end()
        self._adapt()

    # units

    def _deliver(self, unit: Unit) -> None:
        if self._present is not None:
            self._continue(self._present, unit)
        elif unit.is_keyframe and self._is_wanted:
            self._start([unit])

    def _continue(self, present: PresentRecording, unit: Unit) -> None:
        if not self._is_wanted:
            self._expire()
            return
        too_long = unit.pts - present.first.pts >= self._settings.longest * CLOCK
        if unit.is_keyframe and (too_long or not present.continues(unit)):
            self._end()
            self._start([unit])
            return
        if too_long and not present.keyframe_requested:
            present.keyframe_requested = True
            self._reading.request_keyframe()
        self._writer.write(unit)
        if self._writer.is_behind or self._writer.is_hanging:
            self._disk.set_problem(self._too_slow)
        elif self._disk.problem is self._too_slow:
            self._disk.set_problem(None)

    # the recording

    @property
    def _is_wanted(self) -> bool:
        """Whether a recording is to go on, or to begin as soon as there is video."""
        return self._enabled and not self._closed and bool(self._demand)

    def _begin(self, before: float) -> None:
        """Begin a recording with units of the ring, or as soon as there is a keyframe."""
        self._adapt()
        units = self._reading.before(before)
        if units and self._is_wanted:
            self._start(units)

    def _start(self, units: Sequence[Unit]) -> None:
        """Begin a recording with units of which the first is a keyframe, unless the disk has failed just now."""
        if not self._disk.may_be_tried:
            return
        recording_id = self._next_id or new_id(units[0].ts_ns)
        present = PresentRecording.begin(
            recording_id, self._camera_id, self._demand.reason, units[0], self._demand.events
        )
        if not self._writer.begin(present.recording, units):
            self._disk.fail(self._too_slow)
            return
        self._present, self._next_id = present, None
        while self._pictures:
            self._writer.add_picture(*self._pictures.popitem())
        self.listeners.notify()

    def _watch(self) -> None:
        """Check again at the time when nothing may be due to be recorded any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_at(self._demand.until + self._timing.grace, self._expire)

    def _expire(self) -> None:
        """End the recording if it is no longer due."""
        if not self._is_wanted:
            self._end()
            self._forget()
            self._adapt()

    def _forget(self) -> None:
        """Drop all requests to record; only continuous recording remains."""
        self._demand.clear()
        self._pictures.clear()
        self._next_id = None

    def _interrupt(self) -> None:
        """End the recording, because the next video does not continue it, and discard the seconds before."""
        self._end()
        self._reading.interrupt()

    def _end(self) -> None:
        present, self._present = self._present, None
        if present is not None:
            self._disk.succeed()
            self._ending[present.draft.id] = present.recording
            self._unfinished.ended(present.recording)
            self._writer.end(present.recording)
            self.listeners.notify()

    def _adapt(self) -> None:
        """Read video, and keep the seconds before, only while something may be recorded."""
        on = self._enabled and self._running and not self._closed
        ring = self._on_motion and self._settings.before > 0 and not self._settings.continuous
        wanted = on and (ring or self._is_wanted or self._present is not None)
        self._reading.set_wanted(wanted, self._settings.before + _LONGEST_LAG if ring else 0)
        if on and self._present is None and self._is_wanted:
            self._reading.request_keyframe()

    # problems, and what the writer reports

    def _make_backoff(self) -> Backoff:
        return Backoff(self._timing.first_retry, self._timing.last_retry, jitter=0)

    def _video_problem(self) -> None:
        if self._reading.problem is not None:
            log.warning("camera %s cannot be recorded: %s", self._camera_id, self._reading.problem)
        self.listeners.notify()

    def _opened(self, recording: Recording) -> None:
        log.info("camera %s: recording %s", self._camera_id, recording.stem)
        if self._present is not None and self._present.draft.id == recording.id:
            self._present.draft = self._present.draft.model_copy(update={"stem": recording.stem})
            recording = self._present.recording
        self._library.begin(recording)
        self._disk.set_problem(None)

    def _note_events(self) -> None:
        """Save the events of the present recording on disk and in the library."""
        if self._present is not None:
            self._writer.update(self._present.recording)
            if self._present.draft.stem:
                self._library.begin(self._present.recording)

    def _finished(self, recording: Recording) -> None:
        log.info("camera %s: recorded %s, %.1f s", self._camera_id, recording.stem, recording.seconds)
        self.last = recording
        self._ending.pop(recording.id, None)
        self._library.add(recording)
        self._unfinished.finished(recording)
        for callback in tuple(self.on_finished):
            callback(recording)
        self.listeners.notify()

    def _abandoned(self, recording_id: str) -> None:
        self._ending.pop(recording_id, None)
        self._library.discard(recording_id)

    def _check_disk(self) -> None:
        """Find out whether the disk works again, unless a recording will."""
        if not self._is_wanted and self._present is None:
            self._writer.check()

    def _usable(self) -> None:
        if self._present is None:
            self._disk.set_problem(None)

    def _failed(self, recording_id: str | None, problem: str) -> None:
        present = self._present
        if present is not None and present.draft.id == recording_id:
            self._present = None
            if not present.draft.stem:  # the next attempt is the same recording
                self._next_id = recording_id
        if recording_id is not None:
            self._ending.pop(recording_id, None)
        self._disk.fail(problem)
        self.listeners.notify()
