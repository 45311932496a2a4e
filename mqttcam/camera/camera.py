"""One camera: its source kept alive, its frames in a hub, its values known."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Callable, Mapping
from enum import StrEnum

from mqttcam.camera.capture import Capture, MakeSource
from mqttcam.camera.control import Control
from mqttcam.camera.frame import Adjustment, Frame, Picture, PictureSpec, fitted
from mqttcam.camera.hub import Hub
from mqttcam.camera.source import SourceEnded, SourceError, SourceInfo
from mqttcam.camera.sources import create, does_its_own
from mqttcam.imaging.fit import Fitter
from mqttcam.imaging.raster import fit_within
from mqttcam.settings import CameraSettings
from mqttcam.values import Value

log = logging.getLogger(__name__)

OPEN_TIMEOUT = 20.0
"""Seconds that a source gets from start to its first frame before it counts as hung."""
MIN_FRAME_AGE = 5.0
"""Seconds without a frame after which a camera counts as stalled; ten frame periods, where those are longer."""
STUCK_LIMIT = 3
"""Threads that hang for good before the process itself is to be replaced."""
_FIRST_RETRY, _LAST_RETRY = 0.5, 30.0
_STABLE = 10.0
"""Seconds of frames after which the next failure is the first again."""
_STOP_TIMEOUT = 0.8
_APPLY_TIMEOUT = 5.0
_TICK = 1.0
_FPS_TICKS = 5


class CameraUnavailable(Exception):  # noqa: N818 - a state that callers expect, not a fault of theirs
    """The camera gives no pictures and takes no values now; the message says why."""


class CameraStatus(StrEnum):
    """What a camera does: `off` is switched off, `stopped` has come to its end."""

    STARTING = "starting"
    RUNNING = "running"
    OFF = "off"
    FAILED = "failed"
    STOPPED = "stopped"


class CameraStats:
    """Counters of a camera, over all of its restarts.

    Attributes:
        frames: captured.
        restarts: times that its source was opened again.
        dropped: frames that somebody failed on.
        fps: frames a second over the last seconds.
        width, height: of its frames, 0 while unknown.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._samples: deque[tuple[float, int]] = deque(maxlen=_FPS_TICKS + 1)
        self.frames = 0
        self.restarts = 0
        self.fps = 0.0
        self.width = 0
        self.height = 0
        self._last_frame = 0.0

    @property
    def dropped(self) -> int:
        return self._hub.failures

    @property
    def frame_age(self) -> float | None:
        """Seconds since the newest frame; `None` before the first one and while there is to be none."""
        return time.monotonic() - self._last_frame if self._last_frame else None

    def sample(self, capture: Capture | None) -> None:
        """Take over what a capture has counted; `None`: there is none."""
        if capture is None:
            self._samples.clear()
            self.fps = self._last_frame = 0.0
            return
        self.frames = capture.frames
        self._last_frame = capture.last_frame
        now = time.monotonic()
        self._samples.append((now, capture.frames))
        began, before = self._samples[0]
        if now - began > _TICK / 2:
            self.fps = (capture.frames - before) / (now - began)


class Camera:
    """A camera of the configuration; all of it lives on the event loop but for the capture thread.

    It comes back from whatever its source does: a failed one is opened again, with a pause that grows; one that hangs is
    left behind in its thread, and opened anew in another; when that has happened too often, `on_stuck` is called.

    Attributes:
        controls: by key, as the source offered them when it was open last.
        values: the controls' values by key, as far as they are known.
        last_error: what went wrong last, in words; `None` once frames come again.
    """

    def __init__(
        self,
        camera_id: str,
        settings: CameraSettings,
        *,
        enabled: bool = True,
        values: Mapping[str, object] | None = None,
        on_stuck: Callable[[], None] | None = None,
        make_source: MakeSource | None = None,
    ) -> None:
        """Does nothing yet.

        Args:
            values: control values by key that count more than the configured ones.
            on_stuck: called when only a new process can help.
            make_source: instead of the configured source.
        """
        self.id = camera_id
        self.settings = settings
        self.name = settings.name or camera_id
        self.hub = Hub()
        self.stats = CameraStats(self.hub)
        self.enabled = enabled
        self.status = CameraStatus.STARTING if enabled else CameraStatus.OFF
        self.last_error: str | None = None
        self.info: SourceInfo | None = None
        self.controls: dict[str, Control] = {}
        self.values: dict[str, Value] = {}
        self._wanted: dict[str, object] = dict(settings.controls)
        self._want(values or {})
        self._on_stuck = on_stuck
        self._make_source = make_source or (lambda wake: create(settings, wake))
        self._listeners: list[Callable[[], None]] = []
        self._changed = asyncio.Event()
        self._capture: Capture | None = None
        self._restart_wanted = False
        self._failures = 0
        self._stuck = 0
        self._refused: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._nudge = asyncio.Event()

    # life

    def start(self) -> None:
        """Open the source, and keep it open while the camera is enabled."""
        self._task = asyncio.create_task(self._supervise(), name=f"camera {self.id}")

    async def stop(self) -> None:
        """Close the source for good; within a second, even where it hangs."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def set_enabled(self, enabled: bool) -> None:
        """Privacy: disabled, the source is really closed."""
        if enabled != self.enabled:
            self.enabled = enabled
            self._nudge.set()
            self._set_status(CameraStatus.STARTING if enabled else CameraStatus.OFF)

    async def restart(self) -> None:
        """Close the source and open it again; returns when frames come.

        Raises:
            CameraUnavailable: it is switched off, or fails.
        """
        if not self.enabled:
            raise CameraUnavailable("the camera is switched off")
        self._restart_wanted = True
        self._nudge.set()
        self._set_status(CameraStatus.STARTING)
        await self._settled(OPEN_TIMEOUT)
        if self.status is not CameraStatus.RUNNING:
            raise CameraUnavailable(self.last_error or f"the camera is {self.status}")

    # use

    async def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Set controls by key, whole or not at all; the values that took effect. They survive a restart of the source.

        Raises:
            InvalidValue, SourceError, CameraUnavailable: nothing was changed.
        """
        capture = self._capture
        if capture is None or self.info is None or not self.enabled:
            raise CameraUnavailable(self._why_not())
        job = asyncio.ensure_future(capture.apply(values))
        await asyncio.wait((job, capture.done), timeout=_APPLY_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
        if not job.done():
            job.cancel()
            raise CameraUnavailable("the camera does not answer")
        applied = job.result()
        self.values |= applied
        self._want(applied)
        self._notify()
        return applied

    async def take(self, spec: PictureSpec, timeout: float, max_bytes: int | None = None) -> Picture:
        """A picture of a frame that was captured after this call, made to fit `max_bytes`.

        Raises:
            CameraUnavailable: none came within `timeout` seconds, or two frame periods where those are longer.
        """
        if self.status in (CameraStatus.OFF, CameraStatus.STOPPED, CameraStatus.FAILED):
            raise CameraUnavailable(self._why_not())
        order = _Order(spec, max_bytes)
        self.hub.subscribe(order)
        try:
            async with asyncio.timeout(max(timeout, 2 * self._period)):
                return await order.picture
        except TimeoutError:
            raise CameraUnavailable(self.last_error or "no frame came") from None
        except ValueError as error:
            raise CameraUnavailable(f"no picture could be made: {error}") from None
        finally:
            self.hub.unsubscribe(order)

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call `listener` on the loop after any change of status, values, controls or error."""
        self._listeners.append(listener)

    # what the capture tells

    def opened(self, info: SourceInfo, values: Mapping[str, Value], refused: list[str]) -> None:
        """The source is open."""
        self.info = info
        self.stats.width, self.stats.height = self._size(info)
        self.controls = {control.key: control for control in info.controls}
        self.values = dict(values)
        self._refused = "; ".join(refused) or None
        if self._refused:
            log.warning("camera %s: %s", self.id, self._refused)
        self._notify()

    def first_frame(self) -> None:
        """Frames come."""
        if self.enabled and not self._restart_wanted:
            self.last_error = self._refused
            self._set_status(CameraStatus.RUNNING)

    # supervision

    async def _supervise(self) -> None:
        while True:
            self._nudge.clear()
            if self.enabled and self.status is not CameraStatus.STOPPED:
                await self._live()
            else:
                await self._nudge.wait()
                if self.enabled and self._restart_wanted:
                    self._set_status(CameraStatus.STARTING)

    async def _live(self) -> None:
        """One life of the source, and the pause after a failure."""
        self._restart_wanted = False
        capture = Capture(
            self.id, self._make_source, self._wanted, self._adjustment(), self.hub.publish, self, self.stats.frames
        )
        self._capture = capture
        capture.start()
        try:
            problem = await self._watch(capture)
        finally:
            self._capture = None
            self.stats.sample(None)
            ended = await self._end(capture)
        if problem is None:
            self.stats.restarts += self.enabled
            return
        self._fail(problem, alive_for=time.monotonic() - capture.started if capture.last_frame else 0.0)
        if not ended:
            self._abandoned()
        if self.status is not CameraStatus.STOPPED:
            await self._pause()
            self.stats.restarts += 1

    async def _watch(self, capture: Capture) -> SourceError | None:
        """Until it fails (the problem), or is to be closed (`None`)."""
        nudged = asyncio.ensure_future(self._nudge.wait())
        try:
            while True:
                await asyncio.wait((capture.done, nudged), timeout=_TICK, return_when=asyncio.FIRST_COMPLETED)
                if capture.done.done():
                    return capture.done.result()
                if nudged.done():
                    return None
                self.stats.sample(capture)
                if (silent := time.monotonic() - (capture.last_frame or capture.started)) > self._patience(capture):
                    return SourceError(f"no frame for {silent:.0f} s")
        finally:
            nudged.cancel()

    def _patience(self, capture: Capture) -> float:
        return max(MIN_FRAME_AGE, 10 * self._period) if capture.last_frame else max(OPEN_TIMEOUT, 10 * self._period)

    async def _end(self, capture: Capture) -> bool:
        """Close it; whether the thread has ended."""
        capture.stop()
        await asyncio.wait((capture.done,), timeout=_STOP_TIMEOUT)
        return capture.done.done()

    def _fail(self, problem: SourceError, alive_for: float) -> None:
        if alive_for > _STABLE:
            self._failures = 0
        self._failures += 1
        self.last_error = str(problem)
        if isinstance(problem, SourceEnded):
            log.info("camera %s: %s", self.id, problem)
            self._set_status(CameraStatus.STOPPED)
            return
        level = logging.WARNING if self._failures == 1 else logging.DEBUG
        log.log(level, "camera %s: %s; trying again", self.id, problem)
        if self.enabled:
            self._set_status(CameraStatus.FAILED)

    def _abandoned(self) -> None:
        self._stuck += 1
        log.error("camera %s: its thread hangs and is left behind (%d)", self.id, self._stuck)
        if self._stuck >= STUCK_LIMIT and self._on_stuck is not None:
            log.error("camera %s: only a new process can help", self.id)
            self._stuck = 0
            self._on_stuck()

    async def _pause(self) -> None:
        """Wait before the next try, at random, longer after each failure; a change ends it."""
        longest = min(_LAST_RETRY, _FIRST_RETRY * 2 ** (self._failures - 1))
        try:
            async with asyncio.timeout(random.uniform(longest / 2, longest)):
                await self._nudge.wait()
        except TimeoutError:
            return

    # helpers

    @property
    def _period(self) -> float:
        """Seconds from frame to frame, 0 where that is not known."""
        rate = self.info.frame_rate if self.info else self.settings.frame_rate
        return 1 / rate if rate else 0.0

    def _adjustment(self) -> Adjustment | None:
        settings = self.settings
        if does_its_own(settings.source):
            return None
        turned = settings.rotation == 180
        adjustment = Adjustment(settings.hflip is not turned, settings.vflip is not turned, *(settings.size or ()))
        return None if adjustment == Adjustment() else adjustment

    def _size(self, info: SourceInfo) -> tuple[int, int]:
        if (adjustment := self._adjustment()) and adjustment.width and adjustment.height:
            return fit_within(info.width, info.height, adjustment.width, adjustment.height)
        return info.width, info.height

    def _want(self, values: Mapping[str, object]) -> None:
        """Values to set again whenever the source is opened; one control under any spelling is one."""
        keys = {key.replace("_", "") for key in values}
        kept = {name: value for name, value in self._wanted.items() if name.replace("_", "").casefold() not in keys}
        self._wanted = {**kept, **values}

    def _why_not(self) -> str:
        if not self.enabled:
            return "the camera is switched off"
        return self.last_error or f"the camera is {self.status}"

    async def _settled(self, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                while self.status is CameraStatus.STARTING:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return

    def _set_status(self, status: CameraStatus) -> None:
        if status is not self.status:
            self.status = status
            self._notify()

    def _notify(self) -> None:
        self._changed.set()
        for listener in tuple(self._listeners):
            listener()


class _Order:
    """The next frame, once, for `Camera.take`."""

    def __init__(self, spec: PictureSpec, max_bytes: int | None) -> None:
        self._loop = asyncio.get_running_loop()
        self._spec = spec
        self._max_bytes = max_bytes
        self._since = time.time_ns()
        self._taken = False
        self.picture: asyncio.Future[Picture] = self._loop.create_future()

    def wants(self, frame: Frame) -> bool:
        return not self._taken and frame.ts_ns >= self._since

    def deliver(self, frame: Frame) -> None:
        self._taken = True
        try:
            picture = fitted(frame, self._spec, self._max_bytes, Fitter())
            if picture is None:
                raise ValueError(f"it cannot be made to fit {self._max_bytes} bytes")
        except ValueError as error:
            self._loop.call_soon_threadsafe(self._answer, error)
        else:
            self._loop.call_soon_threadsafe(self._answer, picture)

    def _answer(self, answer: Picture | ValueError) -> None:
        if self.picture.done():
            return
        if isinstance(answer, ValueError):
            self.picture.set_exception(answer)
        else:
            self.picture.set_result(answer)
