"""The detections of a camera: how many objects of each label there are, their events and pictures."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from msgspec.structs import replace

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Picture, PictureSpec, refit_picture
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.detections.fields import InvalidDetections, RecordPlace
from mqttcam.detections.message import Detection, DetectionMessage, parse
from mqttcam.detections.recent_pictures import RecentPictures
from mqttcam.detections.steady_count import SteadyCount
from mqttcam.devices.detection_event import DetectionEvent
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.observer import CameraObservers
from mqttcam.devices.recordings import CameraRecordings
from mqttcam.imaging.boxes import LabelledBox, draw_boxes
from mqttcam.imaging.jpeg import read_header
from mqttcam.settings.detections import DetectionsSettings, label_key

log = logging.getLogger(__name__)

FetchPicture = Callable[[RecordPlace], Awaitable[bytes]]
"""Returns the JPEG of a Kafka record, or raises ValueError."""
MakePicture = Callable[[], Awaitable[Picture]]
_HOLD = 2.0
"""Seconds for which a count must be lower before the published count falls."""
_PICTURE_AFTER = 1.0
"""Minimum interval in seconds between two pictures of a label."""
_SNAPSHOT_TIMEOUT = 5.0
_PRESENT_NS = 2_000_000_000
"""If no picture was kept, detections that are at most this old are drawn into the next frame."""
_MOST_TRACKED = 200
"""Maximum number of tracked objects of Frigate's events; an object without an end expires after `after` seconds."""


class CameraDetections:
    """The detections of a camera that has `detections` in its configuration."""

    def __init__(
        self,
        camera: Camera,
        settings: DetectionsSettings,
        observers: CameraObservers,
        recordings: CameraRecordings,
        spec: Callable[[], PictureSpec],
        size: Callable[[], tuple[int, int] | None],
        *,
        changed: Callable[[], None],
    ) -> None:
        """Do nothing until messages arrive.

        Args:
            observers: receive the events and the pictures.
            recordings: show the events, as far as the camera records them.
            spec: returns how pictures are made; called in any thread.
            size: returns width and height of the camera's pictures; None if unknown.
            changed: called after any change of the counts.
        """
        self._camera = camera
        self._settings = settings
        self._observers = observers
        self._recordings = recordings
        self._spec = spec
        self._size = size
        self._notify = changed
        self._loop = asyncio.get_running_loop()
        self._labels = {label.casefold(): label for label in settings.labels}
        self._counts: dict[str, SteadyCount] = {}
        self._shown: dict[str, int] | None = None
        self._tracked: dict[str, tuple[Detection, float]] = {}
        self._pictured: dict[str, tuple[float, int]] = {}
        self._drawing: dict[str, asyncio.Task[None]] = {}
        self._event: DetectionEvent | None = None
        self._seen_at = 0.0
        self._pictures = RecentPictures(camera, spec)
        self._silence: asyncio.TimerHandle | None = None
        self._fall: asyncio.TimerHandle | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that are shown."""
        return self._settings.labels

    def count(self, label: str) -> int | None:
        """Return the number of objects with a label, or None while no messages arrive."""
        return None if self._shown is None else self._shown[label]

    def receive(self, payload: bytes) -> None:
        """Process a message.

        Raises:
            CommandError: it is not understood.
        """
        try:
            message = parse(payload, self._size())
        except InvalidDetections as error:
            code = Code.INVALID_JSON if error.field is None else Code.INVALID_VALUE
            raise CommandError(code, str(error), error.field, error.allowed) from None
        self.add(message)

    def add(self, message: DetectionMessage, fetch: FetchPicture | None = None) -> None:
        """Process a message; do nothing while the camera is switched off.

        Args:
            fetch: fetches the picture of the message, if it is not kept here any more.
        """
        if self._camera.status is CameraStatus.OFF:
            return
        now = self._loop.time()
        self._pictures.expected = True
        if self._silence is not None:
            self._silence.cancel()
        self._silence = self._loop.call_later(self._settings.after, self._fall_silent)
        found = self._wanted(self._all_objects(message, now))
        counts = Counter(detection.label for detection in found)
        for label in self._settings.labels:
            self._counts.setdefault(label, SteadyCount(_HOLD)).add(counts[label], now)
        new = self._show(now)
        self._update_event(message, found, new)
        self._make_pictures(message, found, now, fetch)
        self._end_event_if_empty()

    def follow_camera(self) -> None:
        """Follow the camera's status; call this after each change."""
        if self._camera.status is CameraStatus.OFF:
            self._fall_silent()
            self._drop_pictures()

    def close(self) -> None:
        """End the present event, and expect no more messages."""
        self._fall_silent()
        self._drop_pictures()
        self._pictures.close()

    # counts

    def _all_objects(self, message: DetectionMessage, now: float) -> Iterable[Detection]:
        """Return all current objects; each of Frigate's events describes only one."""
        if message.tracked is None:
            return message.detections
        self._tracked.pop(message.tracked.id, None)
        if not message.tracked.ended:
            self._tracked[message.tracked.id] = (message.detections[0], now)
        oldest = now - self._settings.after
        self._tracked = {
            key: one for key, one in [*self._tracked.items()][-_MOST_TRACKED:] if one[1] >= oldest
        }
        return [detection for detection, _ in self._tracked.values()]

    def _wanted(self, detections: Iterable[Detection]) -> list[Detection]:
        """Return the detections with configured labels, with the labels spelled as in the configuration."""
        return [
            Detection(label, one.score, one.box)
            for one in detections
            if (label := self._labels.get(one.label.casefold())) is not None
        ]

    def _show(self, now: float) -> list[str]:
        """Publish the current counts, and return the labels that have appeared."""
        before = self._shown or {}
        self._shown = {label: self._counts[label].value(now) for label in self._settings.labels}
        if self._fall is not None:
            self._fall.cancel()
            self._fall = None
        falls = [fall for count in self._counts.values() if (fall := count.next_fall) is not None]
        if falls:
            self._fall = self._loop.call_at(min(falls), self._refresh)
        self._pictured = {label: one for label, one in self._pictured.items() if self._shown[label]}
        if before != self._shown:
            self._notify()
        return [label for label, count in self._shown.items() if count and not before.get(label)]

    def _refresh(self) -> None:
        self._fall = None
        self._show(self._loop.time())
        self._end_event_if_empty()

    def _fall_silent(self) -> None:
        """Publish no counts, because messages have stopped arriving."""
        for timer in (self._silence, self._fall):
            if timer is not None:
                timer.cancel()
        self._silence = self._fall = None
        self._pictures.expected = False
        self._counts.clear()
        self._tracked.clear()
        self._pictured.clear()
        if self._shown is not None:
            self._shown = None
            self._notify()
        self._end_event_if_empty()

    # events

    def _update_event(self, message: DetectionMessage, found: list[Detection], new: list[str]) -> None:
        if not found:
            return
        ts_ns = message.ts_ns or time.time_ns()
        if self._event is None:
            self._event = DetectionEvent(ts_ns)
        self._event.end_ns = max(self._event.end_ns, ts_ns)
        self._seen_at = self._loop.time()
        for label in new:
            best = max((one for one in found if one.label == label), key=_score, default=None)
            self._observers.event(self._event.appearance(label, best, message.seq))
        self._recordings.detected(self._event, changed=bool(new))

    def _end_event_if_empty(self) -> None:
        if self._event is not None and not any((self._shown or {}).values()):
            self._recordings.end_detections(self._event, self._loop.time() - self._seen_at)
            self._event = None

    # pictures

    def _make_pictures(
        self, message: DetectionMessage, found: list[Detection], now: float, fetch: FetchPicture | None
    ) -> None:
        """Request a picture for each label that has appeared, or whose count has changed."""
        for label in self._settings.labels:
            seen = [one for one in found if one.label == label]
            made_at, count = self._pictured.get(label, (-math.inf, 0))
            if not seen or len(seen) == count or now - made_at < _PICTURE_AFTER or label in self._drawing:
                continue
            made = self._picture_of(message, fetch)
            if made is None:
                continue
            self._pictured[label] = (now, len(seen))
            task = self._drawing[label] = asyncio.create_task(
                self._publish(label, seen, made, self._event), name=f"detections {self._camera.id}"
            )
            # Not in the task, which never begins if it is cancelled at once.
            task.add_done_callback(partial(self._drawing_ended, label))

    def _picture_of(
        self, message: DetectionMessage, fetch: FetchPicture | None
    ) -> Picture | MakePicture | None:
        """Return the picture that a message refers to or a call that makes it, or None if it is gone."""
        if (kept := self._pictures.nearest(message.ts_ns, message.seq)) is not None:
            return kept
        if fetch is not None and message.source is not None:
            return partial(self._fetched, fetch, message.source, message)
        if message.ts_ns is None or abs(time.time_ns() - message.ts_ns) <= _PRESENT_NS:
            return partial(self._camera.take_snapshot, self._spec(), _SNAPSHOT_TIMEOUT)
        return None

    async def _fetched(self, fetch: FetchPicture, place: RecordPlace, message: DetectionMessage) -> Picture:
        fetched = await fetch(place)
        size, quality = read_header(fetched).size, self._spec().quality
        return Picture(fetched, message.seq or 0, message.ts_ns or time.time_ns(), *size, quality)

    def _drawing_ended(self, label: str, _task: asyncio.Task[None]) -> None:
        del self._drawing[label]

    async def _publish(
        self,
        label: str,
        seen: list[Detection],
        picture: Picture | MakePicture,
        event: DetectionEvent | None,
    ) -> None:
        """Publish a picture with boxes."""
        try:
            made = picture if isinstance(picture, Picture) else await picture()
            drawn = await asyncio.to_thread(_draw, made, seen, self._observers.max_snapshot_bytes)
        except (CameraUnavailable, ValueError, OSError) as error:
            log.debug("camera %s: no picture of %s: %s", self._camera.id, label, error)
        else:
            if drawn is not None:
                self._observers.detection_picture(label_key(label), drawn)
                if event is not None:
                    self._recordings.add_detection_picture(event, drawn, max(map(_score, seen)))

    def _drop_pictures(self) -> None:
        """Discard all pictures without publishing them, because the camera is switched off (privacy)."""
        for task in self._drawing.values():
            task.cancel()
        self._pictures.clear()


def _draw(picture: Picture, seen: Iterable[Detection], max_bytes: int | None) -> Picture | None:
    """Return the picture with boxes, or None if it cannot be made small enough."""
    boxes = [LabelledBox(*one.box, one.label, _text(one)) for one in seen if one.box is not None]
    jpeg = draw_boxes(picture.jpeg, boxes, picture.quality)
    drawn = replace(picture, jpeg=jpeg)
    return refit_picture(drawn, PictureSpec(picture.quality), max_bytes)


def _score(detection: Detection) -> float:
    return detection.score or 0.0


def _text(detection: Detection) -> str:
    score = detection.score
    return detection.label if score is None else f"{detection.label} {score:.0%}"
