"""One camera: its source kept alive, its frames in a hub, its values known."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping

from mqttcam.camera.capture import OPEN_TIMEOUT, Capture, MakeSource
from mqttcam.camera.capture_callbacks import SourceOpened
from mqttcam.camera.capture_client import CaptureClient
from mqttcam.camera.control import Action, Control, WantedValues
from mqttcam.camera.frame import Adjustment, Picture, PictureSpec
from mqttcam.camera.hub import Hub
from mqttcam.camera.polling import CameraReadings, PollResult
from mqttcam.camera.snapshots import SnapshotRequests
from mqttcam.camera.source import SourceEnded, SourceError, SourceInfo
from mqttcam.camera.sources import create
from mqttcam.camera.stats import CameraStats
from mqttcam.camera.status import WITHOUT_FRAMES, CameraStatus, CameraUnavailable
from mqttcam.camera.supervisor import Supervisor
from mqttcam.listeners import Listeners
from mqttcam.settings import CameraSettings
from mqttcam.text import encodable
from mqttcam.values import Value

log = logging.getLogger(__name__)


class Camera:
    """A camera of the configuration; all of it lives on the event loop but for the capture thread.

    It comes back from whatever its source does (see `Supervisor`). A source that has come to its end is opened again
    by `restart`, or by being switched off and on.

    Attributes:
        status: changes at once with what is asked for; `failed` until frames come again.
        controls, actions: by key, as the source offered them when it was open last.
        takes_stills: that source can take a picture in full resolution.
        values: the controls' values by key, as far as they are known: as the frames are really taken, where the source
            tells that.
        measured: what its frames tell besides.
        last_error: what went wrong last, in words. Once frames come again, what of the configuration could not be
            had, or `None`.
    """

    def __init__(
        self,
        camera_id: str,
        settings: CameraSettings,
        *,
        enabled: bool = True,
        values: Mapping[str, object] | None = None,
        on_stuck: Callable[[], str] | None = None,
        make_source: MakeSource | None = None,
    ) -> None:
        """Does nothing yet.

        Args:
            values: control values by key that count more than the configured ones.
            on_stuck: called when only a new process can help; what it says comes of that is shown.
            make_source: instead of the configured source.
        """
        self.id = camera_id
        self.settings = settings
        self.name = settings.name or camera_id
        self.hub = Hub(f"camera {camera_id}")
        self.stats = CameraStats(self.hub)
        self.enabled = enabled
        self.status = CameraStatus.STARTING if enabled else CameraStatus.OFF
        self.last_error: str | None = None
        self.info: SourceInfo | None = None
        self.controls: dict[str, Control] = {}
        self.actions: dict[str, Action] = {}
        self.takes_stills = False
        self.values: dict[str, Value] = {}
        self.readings = CameraReadings()
        self._wanted = WantedValues(settings.controls, values or {})
        self._make_source = make_source or (lambda wake: create(settings, wake))
        self._listeners = Listeners(f"camera {camera_id}")
        self._snapshots = SnapshotRequests(self.hub, lambda: self.last_error)
        self._remarks: str | None = None
        self._client = CaptureClient(self._open_capture, self._why_not)
        self._supervisor = Supervisor(camera_id, self._make_capture, self._failed, self._tick, on_stuck)

    # life

    def start(self, left_behind: Iterable[Capture] = ()) -> None:
        """Open the source, and keep it open while the camera is enabled.

        Args:
            left_behind: of a camera that was stopped and that this one takes the place of.
        """
        self._supervisor.start(wanted=self.enabled, left_behind=left_behind)

    async def stop(self) -> None:
        """Close the source for good; within a second, even where it hangs."""
        self._snapshots.fail_all("the camera is stopped")
        await self._supervisor.stop()
        self.stats.follow(None)

    def set_enabled(self, enabled: bool) -> None:
        """Privacy: disabled, the source is really closed, and no picture is handed over any more once this returns."""
        if enabled == self.enabled:
            return
        self.enabled = enabled
        self._supervisor.set_wanted(enabled)
        if not enabled:
            self.stats.follow(None)
        self._set_status(CameraStatus.STARTING if enabled else CameraStatus.OFF)

    async def restart(self) -> None:
        """Close the source and open it again; returns when frames come.

        Raises:
            CameraUnavailable: it is switched off, or fails.
        """
        if not self.enabled:
            raise CameraUnavailable("the camera is switched off")
        self._supervisor.reopen()
        self._set_status(CameraStatus.STARTING)
        await self._settled()
        if self.status is not CameraStatus.RUNNING:
            raise CameraUnavailable(self._why_not())

    # use

    async def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Set controls by key, whole or not at all; the values that took effect. They survive a restart of the source.

        Raises:
            InvalidValue, SourceError: nothing was changed.
            CameraUnavailable: the camera is not open, or it does not answer. Values that it takes later after all are
                shown in `values`.
        """
        return self._keep(await self._client.call(lambda capture: capture.apply(values)))

    async def act(self, action: Action) -> Mapping[str, Value]:
        """Do something once. The values by key that follow from it; they survive a restart of the source.

        Raises:
            InvalidValue, SourceError, CameraUnavailable: as for `apply`.
        """
        return self._keep(await self._client.call(lambda capture: capture.act(action)))

    async def take_still(self, spec: PictureSpec, max_bytes: int | None = None) -> Picture:
        """A picture in full resolution, where `takes_stills`; no frames come for the second or two that it takes.

        Raises:
            CameraUnavailable: the camera is not open, has failed or was switched off meanwhile; it does not fit.
            SourceError: the source could take none.
        """
        return await self._client.take_still(spec, max_bytes)

    async def take_snapshot(
        self,
        spec: PictureSpec,
        timeout: float,  # noqa: ASYNC109 - a slow camera gets more
        max_bytes: int | None = None,
    ) -> Picture:
        """A picture of a frame that was captured after this call, made to fit `max_bytes`.

        Raises:
            CameraUnavailable: none came within `timeout` seconds, or two frame periods where those are longer; or the
                camera is off, has failed or ended, also meanwhile.
        """
        if self.status in WITHOUT_FRAMES:
            raise CameraUnavailable(self._why_not())
        return await self._snapshots.take(spec, max_bytes, max(timeout, 2 * self._interval))

    @property
    def capabilities(self) -> object:
        """A value that compares unequal once there is another model, control or reading; see `complete`."""
        return self.info, self.controls, tuple(self.readings.fields), self.complete

    @property
    def complete(self) -> bool:
        """Whether all is known that there is to see and to operate."""
        return self.info is not None and self.readings.complete

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call `listener` on the loop after any change of status, values, controls or error."""
        self._listeners.add(listener)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once `condition` holds; it is looked at now, and whenever listeners are called."""
        await self._listeners.until(condition)

    @property
    def is_stuck(self) -> bool:
        """Whether threads of it hang, so that it gives no frames, or is not closed though it is switched off."""
        return self._supervisor.is_stuck and self.status is not CameraStatus.RUNNING

    @property
    def left_behind(self) -> frozenset[Capture]:
        """What hangs of it; also after `stop`."""
        return self._supervisor.left_behind

    @property
    def was_steady(self) -> bool:
        """Whether this process has had frames of it for a while."""
        return self._supervisor.was_steady

    # what the capture tells

    def opened(self, opened: SourceOpened) -> None:
        """The source is open."""
        self.stats.restarts += self._supervisor.reopening and self.info is not None
        self.info = opened.info
        self.controls = {control.key: control for control in opened.info.controls}
        self.actions = {action.key: action for action in opened.info.actions}
        self.takes_stills = opened.takes_stills
        self.values = dict(opened.values)
        self.readings.begin((opened.info.model, opened.info.serial), expected=opened.measures)
        remarks = encodable("; ".join(opened.remarks)) or None
        if opened.refused and remarks != self._remarks:
            log.warning("camera %s: %s", self.id, "; ".join(opened.refused))
        self._remarks = remarks
        self._listeners.tell()

    def first_frame(self, width: int, height: int) -> None:
        """Frames come."""
        if self.status is CameraStatus.FAILED:
            log.info("camera %s: frames come again", self.id)
            self.stats.follow(self._supervisor.capture)
        self.stats.width, self.stats.height = width, height
        self.stats.update()
        self.last_error = self._remarks
        self._set_status(CameraStatus.RUNNING)

    def stream_restarted(self) -> None:
        """Its stream was started again."""
        self.stats.restarts += 1

    def applied(self, values: Mapping[str, Value]) -> None:
        """Values are in force."""
        self.values |= values
        self._listeners.tell()

    def polled(self, result: PollResult) -> None:
        """The newest frame was looked at."""
        news = {key: value for key, value in result.applied.items() if self.values.get(key) != value}
        self.values |= news
        if self.readings.update(result) or news:
            self._listeners.tell()

    # what the supervisor tells

    def _make_capture(self) -> Capture:
        wanted, seq = self._wanted.items(), self.stats.frames
        capture = Capture(self.id, self._make_source, wanted, self._adjustment(), self.hub.publish, self, seq)
        self.stats.follow(capture)
        return capture

    def _tick(self) -> None:
        self.stats.update()
        if (capture := self._supervisor.capture) is not None:
            capture.poll()

    def _failed(self, problem: SourceError) -> None:
        self.last_error = encodable(str(problem))
        self.stats.follow(None)
        if not self.enabled:
            self._listeners.tell()
        elif isinstance(problem, SourceEnded):
            self._set_status(CameraStatus.STOPPED)
        else:
            self._set_status(CameraStatus.FAILED)

    # helpers

    def _open_capture(self) -> Capture | None:
        return None if self.info is None else self._supervisor.capture

    def _keep(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        self._wanted.want(values)
        return values

    @property
    def _interval(self) -> float:
        """Seconds from frame to frame; before the source has told, as configured."""
        capture = self._supervisor.capture
        if capture is not None and capture.interval:
            return capture.interval
        return 1 / self.settings.frame_rate if self.settings.frame_rate else 0.0

    def _adjustment(self) -> Adjustment | None:
        settings = self.settings
        size = settings.size or (None, None)
        adjustment = Adjustment(*settings.mirrored, *size)
        return None if adjustment == Adjustment() else adjustment

    def _why_not(self) -> str:
        if not self.enabled:
            return "the camera is switched off"
        return self.last_error or f"the camera is {self.status}"

    async def _settled(self) -> None:
        """Wait until it has started or failed; no longer than the source may take to open."""
        settled = asyncio.ensure_future(self.until(lambda: self.status is not CameraStatus.STARTING))
        left = OPEN_TIMEOUT
        try:
            while left > 0 and not settled.done():
                await asyncio.wait((settled,), timeout=left)
                capture = self._supervisor.capture
                end = capture.started + capture.open_timeout if capture is not None else 0.0
                left = end - time.monotonic()
        finally:
            settled.cancel()

    def _set_status(self, status: CameraStatus) -> None:
        if status in WITHOUT_FRAMES:
            self.status = status
            self.readings.values = {}
            self._snapshots.fail_all(self._why_not())
        self.status = status
        self._listeners.tell()
