"""What a camera records: while something moves, and by command."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Picture
from mqttcam.camera.status import WITHOUT_FRAMES, CameraStatus
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.last_recording import LastRecording
from mqttcam.devices.observer import CameraObservers
from mqttcam.devices.store import Store
from mqttcam.recordings.library import Library
from mqttcam.recordings.recording import Recording
from mqttcam.values import Number, Switch
from mqttcam.video.camera_video import CameraVideo

if TYPE_CHECKING:
    from mqttcam.devices.detection_event import DetectionEvent
    from mqttcam.devices.event_recording import EventRecording
    from mqttcam.devices.motion_event import MotionEvent
    from mqttcam.recordings.recorder import Recorder

log = logging.getLogger(__name__)

RECORDING = "recording"
"""The type of the event for a complete recording."""
SECONDS = Number(1, 3600, unit="s")
BEFORE = Number(0, 60, unit="s")
USUAL_SECONDS = 30.0
_SHORTEST_PAUSE = 1.0
"""Seconds without movement within an event that do not end its recording, however short `after` is."""
_MISSED = 3
"""Frames that are analyzed without motion within an event, and do not end its recording."""
_SWITCH_KEY = "record_on_motion"

EventAddress = Callable[[str, str], str | None]
"""Returns the address of a file of an event, by the event's id and the file's name; `None` if no page is reachable."""


FileAddress = Callable[[str], str | None]
"""Returns the address of a file by its path below the folder of all recordings; `None` if no page is reachable."""


class Recorded(NamedTuple):
    """Where recordings and photos are kept, and where they are shown."""

    library: Library
    address: EventAddress
    file_address: FileAddress


class CameraRecordings:
    """The recordings of one camera.

    Attributes:
        on_motion: whether it records while something moves.
    """

    def __init__(
        self,
        camera: Camera,
        video: CameraVideo,
        store: Store,
        recorded: Recorded | None,
        observers: CameraObservers,
        *,
        changed: Callable[[], None],
    ) -> None:
        """Record nothing before `follow_camera`.

        Args:
            recorded: `None` where nothing is, as without a daemon.
            observers: receive an event when a recording is whole.
            changed: called on the loop after any change of what is shown.
        """
        self._camera = camera
        self._video = video
        self._settings = camera.settings.record
        self._store = store
        self._recorded = recorded
        self._observers = observers
        self._notify = changed
        self._last = LastRecording(camera.id, changed)
        self._seen: tuple[bool, bool] | None = None
        on_motion = self._is_configured and store.get(
            camera.id, _SWITCH_KEY, Switch().coerce, self._configured
        )
        self.on_motion = self._configured if on_motion is None else on_motion
        self._recorder: Recorder | None = None
        self._motion: EventRecording | None = None
        self._detections: EventRecording | None = None
        self._detected: DetectionEvent | None = None
        if self._is_configured:
            self._make_recorder()

    def _make_recorder(self) -> None:
        """Create the recorder if there is a folder; a camera without `record` needs it only for commands."""
        if self._recorded is None or self._recorder is not None:
            return
        from mqttcam.devices.event_recording import EventRecording
        from mqttcam.recordings.recorder import Recorder

        self._recorder = Recorder(self._camera.id, self._video, self._settings, self._recorded.library)
        self._recorder.set_on_motion(self._keeps_seconds_before)
        self._recorder.listeners.add(self._recorder_changed)
        self._recorder.on_finished.append(self._finished)
        self._motion = EventRecording(self._recorder, self._after_movement)
        self._detections = EventRecording(self._recorder, self._after_movement)
        self.follow_camera()

    @property
    def _keeps_seconds_before(self) -> bool:
        """Whether the seconds before now are kept, as something may be recorded from then on."""
        on_detection = self._settings is not None and bool(self._settings.on_detection)
        return self.on_motion or on_detection or self._camera.settings.motion is None

    @property
    def _after_movement(self) -> float:
        """Seconds that are recorded after a movement before the next one; those are seen some times per second."""
        after = 0.0 if self._settings is None else self._settings.after
        motion = self._camera.settings.motion
        return max(after, _SHORTEST_PAUSE, 0.0 if motion is None else _MISSED / motion.fps)

    @property
    def _is_configured(self) -> bool:
        return self._settings is not None

    @property
    def _configured(self) -> bool:
        return self._settings is not None and self._settings.on_motion

    @property
    def is_offered(self) -> bool:
        """Whether it records by itself, or could by command."""
        return self._settings is not None or _has_pyav()

    @property
    def recording(self) -> bool:
        return self._recorder is not None and self._recorder.recording

    @property
    def problem(self) -> str | None:
        """Why nothing can be recorded at present, in words; `None` while it can."""
        return None if self._recorder is None else self._recorder.problem

    @property
    def next_try(self) -> float | None:
        """When the next attempt to record begins, in seconds of `time.monotonic`; `None` if none is pending."""
        return None if self._recorder is None else self._recorder.next_try

    def try_again(self) -> None:
        """Try to record now, if the next attempt is waited for."""
        if self._recorder is not None:
            self._recorder.try_again()

    @property
    def dropped(self) -> int:
        """The number of frames that are missing in recordings, as the disk was too slow."""
        return 0 if self._recorder is None else self._recorder.dropped

    @property
    def last(self) -> str | None:
        """When the last complete recording began, as an ISO time in UTC; `None` without one."""
        return self._last.begin

    def set_on_motion(self, on: bool) -> None:
        """Set whether to record motion; a present recording continues."""
        self.on_motion = on
        if self._recorder is not None:
            self._recorder.set_on_motion(self._keeps_seconds_before)
        self._store.set(self._camera.id, _SWITCH_KEY, on, self._configured)
        self._notify()

    # the camera

    def start(self) -> None:
        """Look up when the last recording was made."""
        if self._recorded is not None:
            self._last.look_up(self._recorded.library)

    def follow_camera(self) -> None:
        """Follow the camera's status; call this after each change."""
        status = (self._camera.enabled, self._camera.status is CameraStatus.RUNNING)
        if self._recorder is not None and status != self._seen:
            self._seen = status
            self._recorder.camera_changed(enabled=status[0], running=status[1])

    async def close(self) -> None:
        """End the recording, and wait for its files if the disk answers soon."""
        self._last.close()
        for recording in (self._motion, self._detections):
            if recording is not None:
                recording.close()
        if self._recorder is not None:
            await self._recorder.close()

    # motion

    def begin(self, event: MotionEvent) -> None:
        """Record an event, if the camera records motion or records always."""
        if self._motion is not None and (self.on_motion or self._is_continuous):
            self._motion.begin(event)

    def moved(self, event: MotionEvent, *, changed: bool) -> None:
        """Handle motion; `changed` is whether the score or the zones of the event have changed."""
        if self._motion is not None:
            self._motion.moved(event, changed=changed)

    def end(self, event: MotionEvent, quiet: float) -> None:
        """End an event, whose last movement was `quiet` seconds ago."""
        if self._motion is not None:
            self._motion.end(event, quiet)

    # detections

    def detected(self, event: DetectionEvent, *, changed: bool) -> None:
        """Record an event of detections, if the camera records one of its labels or records always.

        To be called for each message with detections; `changed` is whether the labels of the event have changed.
        """
        if self._detections is None or self._settings is None:
            return
        if self._detected is event:
            self._detections.moved(event, changed=changed)
        elif self._is_continuous or set(event.labels) & set(self._settings.on_detection):
            self._detected = event
            self._detections.begin(event)

    def end_detections(self, event: DetectionEvent, quiet: float) -> None:
        """End an event, whose last message was `quiet` seconds ago."""
        if self._detections is not None and self._detected is event:
            self._detected = None
            self._detections.end(event, quiet)

    def add_detection_picture(self, event: DetectionEvent, picture: Picture, score: float) -> None:
        """Keep a picture with boxes beside the recording of an event."""
        if self._detections is not None and self._detected is event:
            self._detections.add_picture(picture, score)

    def addresses_of(self, event_id: str) -> tuple[str | None, str | None]:
        """Return the addresses of an event's picture and of its clip; both `None` if it is not recorded."""
        if self._recorder is None or not self._recorder.shows(event_id):
            return None, None
        return self._address(event_id, "picture.jpg"), self._address(event_id, "clip.mp4")

    def add_picture(self, picture: Picture, score: float | None) -> None:
        """Keep a picture of motion beside the recording; `score` is `None` for that of its end."""
        if self._motion is not None and score is None:
            self._motion.add_last_picture(picture)
        elif self._motion is not None and score is not None:
            self._motion.add_picture(picture, score)

    def take_last_wanted(self) -> bool:
        """Return whether the last picture of a recording is wanted now, once for each; in the capture thread."""
        return self._motion is not None and self._motion.take_last_wanted()

    def _address(self, event_id: str, name: str) -> str | None:
        return None if self._recorded is None else self._recorded.address(event_id, name)

    @property
    def _is_continuous(self) -> bool:
        return self._settings is not None and self._settings.continuous

    # commands

    def record(self, seconds: float, before: float | None) -> str:
        """Record for some seconds from now on, or extend the present recording to at least that time.

        Args:
            before: seconds before now, as far as they are kept; by default as configured.

        Returns:
            The id of the recording.

        Raises:
            CommandError: the camera has no frames, PyAV is missing, or the disk refuses.
        """
        if self._camera.status in WITHOUT_FRAMES:
            reason = self._camera.last_error or f"the camera is {self._camera.status.value}"
            raise CommandError(Code.UNAVAILABLE, "the camera is switched off" if self._is_off else reason)
        if not _has_pyav():
            raise CommandError(Code.NOT_SUPPORTED, "video needs PyAV: install mqttcam[video]")
        self._make_recorder()
        if self._recorder is None:
            raise CommandError(Code.NOT_SUPPORTED, "recordings are not available")
        if self.problem is not None:
            raise CommandError(Code.UNAVAILABLE, self.problem)
        configured = 0.0 if self._settings is None else self._settings.before
        return self._recorder.record(seconds, configured if before is None else before)

    def stop(self) -> None:
        """End the present recording now; a continuous one continues in another file."""
        if self._recorder is not None:
            self._recorder.stop()

    @property
    def _is_off(self) -> bool:
        return self._camera.status is CameraStatus.OFF

    # what the recorder reports

    def _recorder_changed(self) -> None:
        for recording in (self._motion, self._detections):
            if recording is not None:
                recording.recorder_changed()
        self._notify()

    def _finished(self, recording: Recording) -> None:
        self._last.set(recording.begin_ns / 1e9)
        self._observers.event(
            {
                "event_type": RECORDING,
                "id": recording.id,
                "event": recording.events[0].id if recording.events else None,
                "file": f"{recording.stem}.mp4",
                "seconds": round(recording.seconds, 3),
                "bytes": recording.bytes,
                "clip": self._address(recording.id, "clip.mp4"),
            }
        )


@cache
def _has_pyav() -> bool:
    """Whether PyAV is installed; it is not loaded for that, which would take a moment and memory."""
    return importlib.util.find_spec("av") is not None
