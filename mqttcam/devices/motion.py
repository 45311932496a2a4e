"""The motion detection of a camera: on or off, its threshold, its zones, its events and their pictures."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.status import CameraStatus
from mqttcam.devices.motion_areas import MotionAreas, StoredAreas
from mqttcam.devices.motion_event import MotionEvent
from mqttcam.devices.motion_pictures import MotionPictures
from mqttcam.devices.motion_watchers import MotionWatchers
from mqttcam.devices.observer import CameraObservers
from mqttcam.devices.period_timer import PeriodTimer
from mqttcam.devices.recordings import CameraRecordings
from mqttcam.devices.store import Store
from mqttcam.motion.areas import Areas
from mqttcam.motion.detector import Analysis, MotionDetector, Movement
from mqttcam.recordings.recording import new_id
from mqttcam.schedule import Location, parse_period
from mqttcam.settings.motion import MAX_THRESHOLD, MIN_THRESHOLD, MotionSettings
from mqttcam.values import Number, Switch

THRESHOLD = Number(MIN_THRESHOLD, MAX_THRESHOLD, step=0.1, unit="%")
_SWITCH_KEY, _THRESHOLD_KEY = "motion_detection", "motion_threshold"


class CameraMotion:
    """The motion detection of a camera that is configured to have one.

    Every event that begins ends exactly once: when nothing moves any more, and when the camera is switched off, fails,
    is restarted or is stopped, or detection is turned off.

    Attributes:
        watchers: receive each analysis in detail.
    """

    def __init__(
        self,
        camera: Camera,
        settings: MotionSettings,
        store: Store,
        observers: CameraObservers,
        recordings: CameraRecordings,
        spec: Callable[[], PictureSpec],
        *,
        changed: Callable[[], None],
        location: Location | None = None,
    ) -> None:
        """Start detecting, if it is enabled.

        Args:
            observers: receive the events and their pictures.
            recordings: show the events, as far as the camera records them.
            spec: returns how the pictures are made; called in any thread.
            changed: called on the loop after any change of what the properties and methods return.
            location: of this machine, for hours by the sun.
        """
        self._camera = camera
        self._settings = settings
        self._store = store
        self._observers = observers
        self._recordings = recordings
        self._notify = changed
        self._loop = asyncio.get_running_loop()
        self._areas = StoredAreas(camera.id, settings, store)
        self._event: MotionEvent | None = None
        self.detector = self._make_detector()
        self.watchers = MotionWatchers(self.detector, self._loop)
        self._pictures = MotionPictures(
            camera,
            self.detector,
            spec,
            lambda: observers.max_snapshot_bytes,
            recordings.take_last_wanted,
            self._pictured,
        )
        threshold = store.get(camera.id, _THRESHOLD_KEY, THRESHOLD.coerce, settings.threshold)
        if threshold is not None:
            self.detector.threshold = threshold
        self._configure_areas()
        enabled = store.get(camera.id, _SWITCH_KEY, Switch().coerce, settings.enabled)
        self._enabled = settings.enabled if enabled is None else enabled
        self._timer: PeriodTimer | None = None
        if settings.active is not None:
            self._timer = PeriodTimer(
                parse_period(settings.active, location), self._loop, self._active_changed
            )
        self._apply()

    def _make_detector(self) -> MotionDetector:
        settings = self._settings
        return MotionDetector(
            self._camera.hub,
            self._loop,
            self._analyzed,
            new_id,
            fps=settings.fps,
            threshold=settings.threshold,
            clear_after=settings.clear_after,
            pause=settings.pause,
            reduction=self._camera.reductions.motion,
        )

    def _configure_areas(self) -> None:
        areas = self.areas
        self.detector.configure_areas(
            Areas(
                {name: zone.points for name, zone in areas.zones.items()},
                [mask.points for mask in areas.masks],
            ),
            {name: zone.threshold for name, zone in areas.zones.items()},
        )
        self.detector.armed = frozenset(filter(self._stored_armed, areas.zones))

    def follow_camera(self) -> None:
        """Follow the camera's status; call this after each change."""
        self._end_if_unknown()

    @property
    def moving(self) -> bool | None:
        """Whether there is motion now; `None` while it is off or not active, or the camera has no frames."""
        return self.detector.moving if self._camera.status is CameraStatus.RUNNING else None

    @property
    def enabled(self) -> bool:
        """Whether it is switched on."""
        return self._enabled

    @property
    def active(self) -> bool | None:
        """Whether motion is detected now: it is switched on, within its hours; `None` if it has no hours."""
        return None if self._timer is None else self._enabled and self._timer.active

    @property
    def configured_threshold(self) -> float:
        """The configured value of `threshold`."""
        return self._settings.threshold

    @property
    def threshold(self) -> float:
        """The percentage of the picture that has to change."""
        return self.detector.threshold

    def set_enabled(self, enabled: bool) -> None:
        self._enabled = enabled
        self._apply()
        self._set(_SWITCH_KEY, enabled, self._settings.enabled)

    def set_threshold(self, threshold: float) -> None:
        self.detector.threshold = threshold
        self._set(_THRESHOLD_KEY, threshold, self._settings.threshold)

    @property
    def areas(self) -> MotionAreas:
        """The zones and masks in effect."""
        return self._areas.present

    @property
    def areas_are_set(self) -> bool:
        """Whether a command has set other zones and masks than those of the configuration."""
        return self._areas.are_set

    def set_areas(self, areas: MotionAreas | None) -> None:
        """Replace the zones and masks, and start detecting anew; `None` for those of the configuration."""
        before = self.areas
        self._areas.set(areas)
        if self.areas == before:
            return
        for zone in before.zones.keys() - self.areas.zones.keys():
            # Another zone of that name will be armed at first.
            self._store.set(self._camera.id, _zone_key(zone), None, True)
        self._configure_areas()
        self._end_if_unknown()
        self._notify()

    @property
    def zones(self) -> tuple[str, ...]:
        """The names of the zones."""
        return tuple(self.areas.zones)

    def is_armed(self, zone: str) -> bool:
        """Return whether motion in a zone counts."""
        return zone in self.detector.armed

    def set_armed(self, zone: str, armed: bool) -> None:
        self.detector.armed = self.detector.armed | {zone} if armed else self.detector.armed - {zone}
        self._set(_zone_key(zone), armed, True)

    def moves_in(self, zone: str) -> bool | None:
        """Return whether there is motion in a zone now; `None` while it is not armed, or as for `moving`."""
        if self.moving is None or not self.is_armed(zone):
            return None
        return zone in self.detector.moving_zones

    def close(self) -> None:
        """End the present event, and stop detecting."""
        if self._timer is not None:
            self._timer.close()
        self.detector.enabled = False
        self._pictures.close()
        self._end_if_unknown()

    def _apply(self) -> None:
        """Enable or disable the detector."""
        self.detector.enabled = self._enabled and (self._timer is None or self._timer.active)
        self._end_if_unknown()

    def _active_changed(self) -> None:
        self._apply()
        self._notify()

    def _stored_armed(self, zone: str) -> bool:
        armed = self._store.get(self._camera.id, _zone_key(zone), Switch().coerce, True)
        return armed is not False

    def _set(self, key: str, value: object, configured: object) -> None:
        self._store.set(self._camera.id, key, value, configured)
        self._notify()

    def _analyzed(self, analysis: Analysis) -> None:
        if self.moving is None:
            return
        movement, event = analysis.movement, self._event
        if movement is None:
            if analysis.ends or not analysis.zones_change:
                self._end()
            self._notify()
        elif event is not None:
            self._recordings.moved(event, changed=event.add(movement, self._loop.time()))
            if analysis.zones_change:
                self._notify()
        else:
            self._event = event = MotionEvent(movement, self._loop.time())
            self._recordings.begin(event)
            self._observers.event(event.beginning())
            self._notify()

    def _end_if_unknown(self) -> None:
        if self.moving is None:
            if self._event is not None:
                self.detector.forget()  # what still moves when frames come again is another event
            self._end()

    def _end(self) -> None:
        event, self._event = self._event, None
        if event is not None:
            addresses = self._recordings.addresses_of(event.id)
            self._recordings.end(event, event.quiet(self._loop.time()))
            self._observers.event(event.end(*addresses))

    def _pictured(self, picture: Picture, movement: Movement | None) -> None:
        if self.moving is None:
            return
        self._recordings.add_picture(picture, None if movement is None else movement.score)
        if movement is not None:
            self._observers.motion_picture(picture)


def _zone_key(zone: str) -> str:
    return f"zone_{zone}"
