"""The motion detection of a camera: on or off, its threshold, and its events."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from mqttcam.camera.camera import Camera
from mqttcam.camera.status import CameraStatus
from mqttcam.devices.store import Store
from mqttcam.motion.detector import MotionDetector, MotionStart
from mqttcam.settings.motion import MAX_THRESHOLD, MIN_THRESHOLD, MotionSettings
from mqttcam.values import Number, Switch

MOTION = "motion"
"""The type of the event when motion begins."""
THRESHOLD = Number(MIN_THRESHOLD, MAX_THRESHOLD, step=0.1, unit="%")
_SWITCH_KEY, _THRESHOLD_KEY = "motion_detection", "motion_threshold"


class CameraMotion:
    """The motion detection of a camera that is configured to have one."""

    def __init__(
        self,
        camera: Camera,
        settings: MotionSettings,
        store: Store,
        *,
        changed: Callable[[], None],
        emit: Callable[[Mapping[str, object]], None],
    ) -> None:
        """Start detecting, if it is enabled.

        Args:
            changed: called on the loop after any change of `moving`, `enabled` or `threshold`.
            emit: called on the loop with the event when motion begins.
        """
        self._camera = camera
        self._settings = settings
        self._store = store
        self._notify = changed
        self._emit = emit
        self.detector = MotionDetector(
            camera.hub,
            asyncio.get_running_loop(),
            self._changed,
            fps=settings.fps,
            threshold=settings.threshold,
            clear_after=settings.clear_after,
        )
        threshold = store.get(camera.id, _THRESHOLD_KEY, THRESHOLD.coerce, settings.threshold)
        if threshold is not None:
            self.detector.threshold = threshold
        enabled = store.get(camera.id, _SWITCH_KEY, Switch().coerce, settings.enabled)
        self.detector.enabled = settings.enabled if enabled is None else enabled

    @property
    def moving(self) -> bool | None:
        """Whether there is motion now; `None` while it is switched off or the camera has no frames."""
        return self.detector.moving if self._camera.status is CameraStatus.RUNNING else None

    @property
    def enabled(self) -> bool:
        return self.detector.enabled

    @property
    def threshold(self) -> float:
        """The percentage of the picture that has to change."""
        return self.detector.threshold

    def set_enabled(self, enabled: bool) -> None:
        self.detector.enabled = enabled
        self._set(_SWITCH_KEY, enabled, self._settings.enabled)

    def set_threshold(self, threshold: float) -> None:
        self.detector.threshold = threshold
        self._set(_THRESHOLD_KEY, threshold, self._settings.threshold)

    def _set(self, key: str, value: object, configured: object) -> None:
        self._store.set(self._camera.id, key, value, configured)
        self._notify()

    def _changed(self, start: MotionStart | None) -> None:
        if start is not None:
            self._emit(event_of(start))
        self._notify()


def event_of(start: MotionStart) -> dict[str, object]:
    """Return the event of the beginning of motion; `box` is in shares of the picture's width and height."""
    names = ("x", "y", "width", "height")
    return {
        "event_type": MOTION,
        "ts": start.ts_ns / 1e9,
        "seq": start.seq,
        "score": round(start.score, 2),
        "box": {name: round(share, 4) for name, share in zip(names, start.box, strict=True)},
    }
