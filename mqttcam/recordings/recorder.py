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
from collections.abc import Callable, Sequence

from mqttcam.backoff import Backoff
from mqttcam.listeners import Listeners
from mqttcam.recordings.demand import Demand
from mqttcam.recordings.present import PresentRecording
from mqttcam.recordings.reading import Clock, Reading
from mqttcam.recordings.recorded_files import RecordedFiles
from mqttcam.recordings.recorder_library import RecordingLibrary
from mqttcam.recordings.recording import Event, PictureKind, Recording
from mqttcam.recordings.timing import RECORDER_TIMING, RecorderTiming
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
        listeners: called when `recording`, `problem` or `last` has changed.
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
        self.listeners = Listeners(f"the recorder of camera {camera_id}")
        self._camera_id = camera_id
        self._settings = settings or _BY_COMMAND_ALONE
        self._clock: Clock = clock or asyncio.get_running_loop()
        self._timing = timing
        backoff = Backoff(timing.first_retry, timing.last_retry, jitter=0)
        self._reading = Reading(
            video, self._deliver, lambda: self._files.end(), self._video_problem, self._clock, backoff
        )
        self._files = RecordedFiles(
            camera_id,
            library,
            self._clock,
            timing,
            on_change=self.listeners.notify,
            is_wanted=lambda: self._is_wanted,
        )
        self._on_motion = self._settings.on_motion
        self._enabled = self._running = self._closed = False
        self._demand = Demand(self._clock, continuous=self._settings.continuous, after=self._settings.after)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def recording(self) -> bool:
        """Whether something is being recorded now."""
        return self._files.present is not None

    @property
    def current(self) -> Recording | None:
        """The recording that is being written, as known so far; its `stem` is empty until its files exist."""
        return None if self._files.present is None else self._files.present.recording

    @property
    def last(self) -> Recording | None:
        """The last recording whose files are whole."""
        return self._files.last

    @property
    def on_finished(self) -> list[Callable[[Recording], None]]:
        """Called with each recording whose files are whole, once the library knows it."""
        return self._files.on_finished

    def shows(self, event_id: str) -> bool:
        """Return whether a recording shows an event that has not ended, or one that the last one shows."""
        return self._files.shows(event_id)

    @property
    def problem(self) -> str | None:
        """Why nothing can be recorded at present, in words; None while it can."""
        return self._files.problem or self._reading.problem

    @property
    def next_try(self) -> float | None:
        """When the next attempt to record begins, by the clock; None if none is pending."""
        return self._reading.next_try if self._files.problem is None else self._files.next_try

    def try_again(self) -> None:
        """Try to record now if an attempt is pending."""
        self._files.try_again()
        self._reading.try_again()

    @property
    def dropped(self) -> int:
        """Units missing from recordings because the disk was too slow."""
        return self._files.dropped

    @property
    def queued(self) -> int:
        """The number of bytes in memory that wait for the disk."""
        return self._files.queued

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
        self._forget()
        self._interrupt()
        self._adapt()
        await self._files.close()

    # motion

    def begin(self, event: Event) -> None:
        """Record an event: from `before` seconds before it until `after` seconds after its end."""
        self._demand.begin(event)
        if (present := self._files.present) is not None:
            present.events[event.id] = event
            self._files.note_events()
        else:
            last = self._reading.last
            lag = 0.0 if last is None else (last.ts_ns - event.begin_ns) / 1e9
            self._begin(self._settings.before + (lag if 0 <= lag <= _LONGEST_LAG else 0))

    def update(self, event: Event) -> None:
        """Update the metadata of an event."""
        self._demand.update(event)
        present = self._files.present
        if present is not None and event.id in present.events:
            present.events[event.id] = event

    def end(self, event: Event, quiet: float = 0.0) -> None:
        """End an event, whose last movement was `quiet` seconds ago by a steady clock."""
        self.update(event)
        self._files.event_ended(event)
        self._demand.end(event, quiet)
        self._watch()
        self._files.note_events()

    def add_picture(self, kind: PictureKind, jpeg: bytes) -> None:
        """Save a still picture beside the recording, replacing an earlier one."""
        if self.recording or self._is_wanted:
            self._files.add_picture(kind, jpeg)

    # commands

    def record(self, seconds: float, before: float = 0.0) -> str:
        """Record for some seconds from now on, with the seconds before that the ring has; return the recording's id.

        A recording in progress is extended to at least that time.
        """
        self._demand.extend(seconds)
        self._watch()
        if self._files.present is not None:
            return self._files.present.draft.id
        recording_id = self._files.next_id
        self._begin(before)
        return recording_id

    def stop(self) -> None:
        """End the recording now. A continuous one continues in another file."""
        self._forget()
        self._files.end()
        self._adapt()

    # units

    def _deliver(self, unit: Unit) -> None:
        if self._files.present is not None:
            self._continue(self._files.present, unit)
        elif unit.is_keyframe and self._is_wanted:
            self._start([unit])

    def _continue(self, present: PresentRecording, unit: Unit) -> None:
        if not self._is_wanted:
            self._expire()
            return
        too_long = unit.pts - present.first.pts >= self._settings.longest * CLOCK
        if unit.is_keyframe and (too_long or not present.continues(unit)):
            self._files.end()
            self._start([unit])
            return
        if too_long and not present.keyframe_requested:
            present.keyframe_requested = True
            self._reading.request_keyframe()
        self._files.write(unit)

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
        """Begin a recording with units of which the first is a keyframe."""
        self._files.begin(units, self._demand.reason, self._demand.events)

    def _watch(self) -> None:
        """Check again at the time when nothing may be due to be recorded any more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._clock.call_at(self._demand.until + self._timing.grace, self._expire)

    def _expire(self) -> None:
        """End the recording if it is no longer due."""
        if not self._is_wanted:
            self._files.end()
            self._forget()
            self._adapt()

    def _forget(self) -> None:
        """Drop all requests to record; only continuous recording remains."""
        self._demand.clear()
        self._files.forget_next()

    def _interrupt(self) -> None:
        """End the recording, because the next video does not continue it, and discard the seconds before."""
        self._files.end()
        self._reading.interrupt()

    def _adapt(self) -> None:
        """Read video, and keep the seconds before, only while something may be recorded."""
        on = self._enabled and self._running and not self._closed
        ring = self._on_motion and self._settings.before > 0 and not self._settings.continuous
        wanted = on and (ring or self._is_wanted or self.recording)
        self._reading.set_wanted(wanted, self._settings.before + _LONGEST_LAG if ring else 0)
        if on and not self.recording and self._is_wanted:
            self._reading.request_keyframe()

    def _video_problem(self) -> None:
        if self._reading.problem is not None:
            log.warning("camera %s cannot be recorded: %s", self._camera_id, self._reading.problem)
        self.listeners.notify()
