"""Motion detection as the outside sees it: on or off, how sensitive, and what commands have set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from mqttcam.camera.camera import Camera
from mqttcam.camera.status import CameraStatus
from mqttcam.devices.store import Store, recalled
from mqttcam.motion.detector import MotionDetector, MotionStart
from mqttcam.settings.motion import MAX_THRESHOLD, MIN_THRESHOLD, MotionSettings
from mqttcam.values import Number, Switch

MOTION = "motion"
"""The type of the event that is sent when motion begins."""
THRESHOLD = Number(MIN_THRESHOLD, MAX_THRESHOLD, step=0.1, unit="%")
_SWITCH_KEY, _THRESHOLD_KEY = "motion_detection", "motion_threshold"


class CameraMotion:
    """The motion detection of a camera that is configured to have one.

    Attributes:
        detector: for whoever takes frames in the capture thread: `detector.active`.
    """

    def __init__(
        self,
        camera: Camera,
        settings: MotionSettings,
        store: Store,
        *,
        changed: Callable[[], None],
        emit: Callable[[Mapping[str, object]], None],
    ) -> None:
        """Looks at once, if it is enabled.

        Args:
            changed: called on the loop after any change of what is shown.
            emit: takes the event that motion has begun.
        """
        self._camera = camera
        self._settings = settings
        self._store = store
        self._tell = changed
        self._emit = emit
        self.detector = MotionDetector(
            camera.hub,
            asyncio.get_running_loop(),
            self._changed,
            fps=settings.fps,
            threshold=settings.threshold,
            clear_after=settings.clear_after,
        )
        threshold = recalled(store, camera.id, _THRESHOLD_KEY, THRESHOLD.coerce, settings.threshold)
        if threshold is not None:
            self.detector.threshold = threshold
        enabled = recalled(store, camera.id, _SWITCH_KEY, Switch().coerce, settings.enabled)
        self.detector.enabled = settings.enabled if enabled is None else enabled

    @property
    def moving(self) -> bool | None:
        """Whether there is motion now; `None` where nobody looks, or the camera gives no frames."""
        return self.detector.moving if self._camera.status is CameraStatus.RUNNING else None

    @property
    def enabled(self) -> bool:
        return self.detector.enabled

    @property
    def threshold(self) -> float:
        """Percent of the picture that has to move."""
        return self.detector.threshold

    def set_enabled(self, enabled: bool) -> None:
        self.detector.enabled = enabled
        self._remember(_SWITCH_KEY, enabled, self._settings.enabled)

    def set_threshold(self, threshold: float) -> None:
        self.detector.threshold = threshold
        self._remember(_THRESHOLD_KEY, threshold, self._settings.threshold)

    def _remember(self, key: str, value: object, configured: object) -> None:
        self._store.remember(self._camera.id, key, value, configured)
        self._tell()

    def _changed(self, start: MotionStart | None) -> None:
        if start is not None:
            self._emit(event_of(start))
        self._tell()


def event_of(start: MotionStart) -> dict[str, object]:
    """The message that motion has begun; `box` in shares of the picture's width and height."""
    names = ("x", "y", "width", "height")
    return {
        "event_type": MOTION,
        "ts": start.ts_ns / 1e9,
        "seq": start.seq,
        "score": round(start.score, 2),
        "box": {name: round(share, 4) for name, share in zip(names, start.box, strict=True)},
    }
