"""Day and night at a camera, by its light; each selects a preset."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Literal

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import CaptureSession, Frame
from mqttcam.camera.selection import Rate
from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraStatus, CameraUnavailable
from mqttcam.devices.errors import CommandError
from mqttcam.devices.observer import CameraObservers
from mqttcam.devices.store import Store
from mqttcam.motion.detector import small_luma
from mqttcam.settings.day_night import DayNightSettings
from mqttcam.values import Choice, InvalidValue

log = logging.getLogger(__name__)

State = Literal["day", "night"]
STATES: tuple[State, State] = ("day", "night")
_FPS = 0.5
_RETRY = 60.0
"""Seconds after which a preset that could not be applied is tried again."""
_LUX, _KEY = "measured_lux", "day_night"


class DayNight:
    """Day or night: less light than `below`, or more than `above`, for some time.

    The light is the illuminance that the camera measures, or the brightness of its picture.

    Attributes:
        state: `None` until known; kept across restarts.
    """

    def __init__(
        self,
        camera: Camera,
        settings: DayNightSettings,
        store: Store,
        observers: CameraObservers,
        apply_preset: Callable[[str], Awaitable[object]],
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Subscribe to the frames.

        Args:
            observers: receive the event when day or night comes, and every change of `state` and `brightness`.
            apply_preset: as `CameraDevice.select_preset`.
            clock: returns seconds, from the loop by default.
        """
        self._camera = camera
        self._settings = settings
        self._store = store
        self._observers = observers
        self._apply_preset = apply_preset
        self._loop = asyncio.get_running_loop()
        self._clock = clock or self._loop.time
        self._brightness: float | None = None
        self._rate = Rate(_FPS)
        self._session: CaptureSession | None = None
        self._coming: tuple[State, float] | None = None
        """The other state, and since when the light is that of it, by the clock of the loop."""
        self._new_state: State | None = None
        """The state whose preset is still to be selected."""
        self._retry_at = 0.0
        self._selecting: asyncio.Task[None] | None = None
        stored = store.get(camera.id, _KEY, Choice(STATES).coerce, None)
        self.state: State | None = "night" if stored == "night" else "day" if stored == "day" else None
        camera.hub.subscribe(self, lambda: _FPS)

    @property
    def brightness(self) -> float | None:
        """The brightness of the picture in percent; `None` without frames, and if the camera measures the light."""
        return self._brightness if self._camera.status is CameraStatus.RUNNING else None

    def close(self) -> None:
        """Stop following the light."""
        self._camera.hub.unsubscribe(self)
        if self._selecting is not None:
            self._selecting.cancel()

    # in the capture thread

    def wants(self, frame: Frame) -> bool:
        """Return whether to look at this frame."""
        return self._rate.due(frame.ts_ns) and not frame.session.ended

    def deliver(self, frame: Frame) -> None:
        """Look at a frame.

        Raises:
            ValueError: the source's JPEG is broken.
        """
        measured = _LUX in self._camera.readings.fields
        brightness = None if measured else float(small_luma(frame).mean()) / 2.55
        self._loop.call_soon_threadsafe(self._look, frame.session, brightness)

    # on the loop

    def _look(self, session: CaptureSession, brightness: float | None) -> None:
        if session.ended:
            return
        if session is not self._session:
            self._session, self._coming = session, None
        self._brightness = None if brightness is None else round(brightness, 1)
        lux = self._camera.readings.values.get(_LUX)
        level = lux if isinstance(lux, int | float) else brightness
        now = self._clock()
        if level is not None:
            self._decide(level, "lx" if level is lux else "%", now)
        idle = self._selecting is None or self._selecting.done()
        if self._new_state is not None and idle and now >= self._retry_at:
            name = f"{self._camera.id}: {self._new_state}"
            self._selecting = asyncio.create_task(self._carry_out(self._new_state), name=name)
        self._observers.changed()

    def _decide(self, level: float, unit: str, now: float) -> None:
        wanted: State | None = (
            "night" if level < self._settings.below else "day" if level > self._settings.above else None
        )
        if wanted is None or wanted == self.state:
            self._coming = None
            return
        if self._coming is None or self._coming[0] != wanted:
            self._coming = wanted, now
        if now - self._coming[1] >= self._settings.seconds:
            self._change(wanted, level, unit, now)

    def _change(self, state: State, level: float, unit: str, now: float) -> None:
        self.state, self._coming = state, None
        self._store.set(self._camera.id, _KEY, state, None)
        self._new_state, self._retry_at = state, now
        preset = self._preset_of(state)
        selecting = f", selecting the preset {preset}" if preset else ""
        log.info("camera %s: %s at %.1f %s%s", self._camera.id, state, level, unit, selecting)
        self._observers.event(
            {"event_type": state, "ts": time.time(), "level": round(level, 2), "unit": unit}
        )

    async def _carry_out(self, state: State) -> None:
        preset = self._preset_of(state)
        try:
            if preset is not None:
                await self._apply_preset(preset)
        except (CommandError, InvalidValue, SourceError, CameraUnavailable) as error:
            self._retry_at = self._clock() + _RETRY
            log.warning(
                "camera %s: the preset %s cannot be selected, trying again in %d s: %s",
                self._camera.id,
                preset,
                _RETRY,
                error,
            )
        else:
            if self._new_state == state:
                self._new_state = None
        await self._store.save()

    def _preset_of(self, state: State) -> str | None:
        return self._settings.night if state == "night" else self._settings.day
