"""One camera: its source kept alive, its frames in a hub, the values of its controls."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.capture import Capture, MakeSource
from mqttcam.camera.capture_callbacks import SourceOpened
from mqttcam.camera.capture_client import CaptureClient
from mqttcam.camera.control import Action, Control, WantedValues
from mqttcam.camera.encoder_thread import EncoderThread
from mqttcam.camera.frame import Frame, Picture, PictureSpec, fit_picture
from mqttcam.camera.hub import Hub
from mqttcam.camera.markings import Markings
from mqttcam.camera.polling import CameraReadings, PollResult
from mqttcam.camera.reduction import Reductions
from mqttcam.camera.snapshots import Accept, SnapshotRequests
from mqttcam.camera.source import Source, SourceEnded, SourceError, SourceInfo
from mqttcam.camera.source_audio import SourceAudio
from mqttcam.camera.source_video import SourceVideo
from mqttcam.camera.sources import create
from mqttcam.camera.stats import CameraStats
from mqttcam.camera.status import WITHOUT_FRAMES, CameraStatus, CameraUnavailable
from mqttcam.camera.still import Still
from mqttcam.camera.supervisor import Supervisor
from mqttcam.camera.timing import DEFAULT_TIMING, Timing
from mqttcam.camera.wakeup import Wakeup
from mqttcam.imaging.rate_control import JpegRateControl
from mqttcam.listeners import Listeners
from mqttcam.settings import CameraSettings
from mqttcam.text import one_line
from mqttcam.values import Value

log = logging.getLogger(__name__)

T = TypeVar("T")


class Camera:
    """A configured camera; all of it lives on the event loop except for the capture thread.

    It recovers from whatever its source does (see `Supervisor`). A source that has come to its end is opened again by
    `restart`, or by switching the camera off and on.

    Attributes:
        reductions: how far the work with its frames is reduced.
        encoder: encodes what is not encoded in the capture thread: snapshots, and pictures for viewers.
        status: follows each request immediately; `failed` until frames arrive again.
        info: what the source is; `None` until it was open once.
        controls, actions: by key, as the source offered them when it was last open.
        takes_stills: whether that source can take a picture in full resolution.
        gives_raw: whether it can give the data of the sensor with it.
        video: the encoded video of the source that is open, or was last, a new object each time it is opened; `None` if
            it gives none.
        audio: its audio, likewise.
        values: the controls' known values by key: as the frames are really taken, if the source reports that.
        readings: what is measured with its frames.
        last_error: what went wrong last, or what it waits for, in words; while frames arrive, what differs from the
            configuration, or `None`.
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
        state_dir: Path | None = None,
        timing: Timing = DEFAULT_TIMING,
        reductions: Reductions | None = None,
    ) -> None:
        """Do nothing yet.

        Args:
            values: control values by key that take precedence over the configured ones.
            on_stuck: called if only a new process can help; returns in words what will happen, for `last_error`.
            make_source: used instead of the configured source.
            state_dir: as for `Source`.
            reductions: those of all cameras; by default, nothing is reduced.
        """
        self.id = camera_id
        self.settings = settings
        self.name = settings.name or camera_id
        self.hub = Hub(f"camera {camera_id}")
        self.reductions = reductions or Reductions()
        self.encoder = EncoderThread(f"encode {camera_id}")
        self.enabled = enabled
        self.status = CameraStatus.STARTING if enabled else CameraStatus.OFF
        self.last_error: str | None = None
        self.info: SourceInfo | None = None
        self.controls: dict[str, Control] = {}
        self.actions: dict[str, Action] = {}
        self.takes_stills = self.gives_raw = False
        self.values: dict[str, Value] = {}
        self.readings = CameraReadings()
        self._markings = Markings.from_settings(settings)
        self._state_dir = state_dir
        self._timing = timing
        self._wanted = WantedValues(settings.controls, values or {})
        self._source_settings = settings
        self._make_source = make_source or (lambda wakeup: create(self._source_settings, wakeup))
        self.video: SourceVideo | None = None
        self.audio: SourceAudio | None = None
        self._listeners = Listeners(f"camera {camera_id}")
        self._snapshots = SnapshotRequests(self.hub, self.encoder, lambda: self.last_error)
        self._remarks: str | None = None
        self._supervisor = Supervisor(
            camera_id, self._make_capture, self._failed, self._tick, on_stuck, timing
        )
        self.stats = CameraStats(self.hub, self._supervisor)
        self._client = CaptureClient(self._open_capture, self._why_not, timing.request_timeout)

    # start, stop, off and on

    def start(self, abandoned: Iterable[Capture] = ()) -> None:
        """Open the source, and keep it open while the camera is enabled.

        Args:
            abandoned: captures of a stopped camera that this one replaces.
        """
        if not self.enabled:
            log.info("camera %s: switched off", self.id)
        overlay = None if self._markings is None else self._markings.overlay
        if overlay is not None and overlay.problem is not None:
            log.warning("camera %s: overlay: %s", self.id, overlay.problem)
        self._supervisor.start(wanted=self.enabled, abandoned=abandoned)

    async def stop(self) -> None:
        """Close the source for good; takes less than a second even if it hangs."""
        self._snapshots.fail_all("the camera is stopped")
        self.encoder.stop()
        await self._supervisor.stop()

    def set_enabled(self, enabled: bool) -> None:
        """Switch the camera on or off. Off, the source is really closed; no picture leaves after this returns."""
        if enabled == self.enabled:
            return
        self.enabled = enabled
        self._supervisor.set_wanted(enabled)
        self._set_status(CameraStatus.STARTING if enabled else CameraStatus.OFF)

    async def restart(self) -> None:
        """Close the source, open it again, and return when frames come.

        Raises:
            CameraUnavailable: the camera is switched off, or fails.
        """
        if not self.enabled:
            raise CameraUnavailable("the camera is switched off")
        self._supervisor.reopen()
        self._set_status(CameraStatus.STARTING)
        await self._supervisor.wait_while_opening(
            self.until(lambda: self.status is not CameraStatus.STARTING)
        )
        if self.status is not CameraStatus.RUNNING:
            raise CameraUnavailable(self._why_not())

    @property
    def next_try(self) -> float | None:
        """When the source is opened again after a failure, in seconds of `time.monotonic`.

        None if no attempt is pending.
        """
        return self._supervisor.next_try

    def try_again(self) -> None:
        """Open the source now if an attempt is pending after a failure, or if the source has come to its end."""
        if self.status is CameraStatus.STOPPED:
            self._supervisor.reopen()
            self._set_status(CameraStatus.STARTING)
        else:
            self._supervisor.try_again()

    def configure(self, settings: CameraSettings) -> bool:
        """Use other settings for the source, at each opening from now on; return whether they need a `restart`."""
        old, self._source_settings = self._source_settings, settings
        if old.opening != settings.opening:
            return True
        if (capture := self._supervisor.capture) is not None:
            capture.configure(settings)
        return False

    # requests

    async def apply(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Set controls by key, all of them or none; return the values that took effect. They survive a restart.

        Raises:
            InvalidValue, SourceError: nothing was changed.
            CameraUnavailable: the camera is not open, or does not answer. If it applies them later after all, they
                appear in `values`.
        """
        return self._keep(await self._client.call(lambda capture: capture.apply(values)))

    async def apply_temporarily(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """As `apply`, but only until the source is opened again, which then gets the values that it had before.

        Raises:
            InvalidValue, SourceError, CameraUnavailable: as for `apply`.
        """
        return await self._client.call(lambda capture: capture.apply(values))

    async def act(self, action: Action) -> Mapping[str, Value]:
        """Perform an action; return the values by key that follow from it. They survive a restart.

        Raises:
            InvalidValue, SourceError, CameraUnavailable: as for `apply`.
        """
        return self._keep(await self._client.call(lambda capture: capture.act(action)))

    async def take_still(self, spec: PictureSpec, max_bytes: int | None = None) -> Picture:
        """Return a picture in full resolution, if `takes_stills`; no frames come for the second or two that it takes.

        Raises:
            CameraUnavailable: the camera is not open, failed or was switched off in the meantime, or the picture is
                too large.
            SourceError: the source could not take it.
        """

        def fit(still: Still) -> Picture | None:
            return fit_picture(still.frame, spec, max_bytes, JpegRateControl())

        if (picture := await self._client.take_still(fit)) is None:
            raise CameraUnavailable(f"the picture does not fit into {max_bytes} bytes")
        return picture

    async def take_photo(
        self,
        make: Callable[[Still], T],
        timeout: float,  # noqa: ASYNC109 - as for `take_snapshot`
        *,
        full_resolution: bool = True,
        raw: bool = False,
        accept: Accept | None = None,
    ) -> T:
        """Take a picture, and return what `make`, called in another thread, returns of it.

        Args:
            make: may be called again with the next frame if it raises `ValueError`.
            full_resolution: at the largest size of the camera. The stream pauses if `Still.paused` says so.
            raw: with the sensor's own data; only if `gives_raw`.
            accept: as for `take_snapshot`; not for a picture that is taken apart from the stream.

        Raises:
            CameraUnavailable, SourceError: as for `take_still` and `take_snapshot`.
        """
        if self.status in WITHOUT_FRAMES:
            raise CameraUnavailable(self._why_not())
        if raw or (full_resolution and self.takes_stills):
            return await self._client.take_still(make, raw=raw)

        def of_frame(frame: Frame) -> T:
            return make(Still(frame.unscaled() if full_resolution else frame))

        return await self._snapshots.take_frame(of_frame, max(timeout, 2 * self._interval), accept)

    async def take_snapshot(
        self,
        spec: PictureSpec,
        timeout: float,  # noqa: ASYNC109 - a slow camera gets more
        max_bytes: int | None = None,
        accept: Accept | None = None,
    ) -> Picture:
        """Return a picture of a frame that was captured after this call, of at most `max_bytes`.

        Args:
            accept: returns whether to take a frame with this metadata; called in the capture thread.

        Raises:
            CameraUnavailable: no frame came within `timeout` seconds, or two frame periods if those are longer; or the
                camera is off, has failed or ended, also meanwhile.
        """
        if self.status in WITHOUT_FRAMES:
            raise CameraUnavailable(self._why_not())
        return await self._snapshots.take(spec, max_bytes, max(timeout, 2 * self._interval), accept)

    # state

    @property
    def capabilities(self) -> object:
        """A value that compares unequal once there is another model, control or reading; see `complete`."""
        return self.info, self.controls, tuple(self.readings.fields), self.complete

    @property
    def wanted_controls(self) -> dict[str, object]:
        """The values that controls have been set to, by the configuration and by commands, in the order to set them."""
        return dict(self._wanted.items())

    @property
    def complete(self) -> bool:
        """Whether every control and reading of the camera is known."""
        return self.info is not None and self.readings.complete

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call `listener` on the loop after any change of status, values, controls or error."""
        self._listeners.add(listener)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return once `condition` holds; it is checked now, and whenever listeners are called."""
        await self._listeners.until(condition)

    @property
    def is_stuck(self) -> bool:
        """Whether hanging threads keep it from giving frames, or from closing though it is switched off."""
        return self._supervisor.is_stuck and self.status is not CameraStatus.RUNNING

    @property
    def abandoned(self) -> frozenset[Capture]:
        """Its captures whose threads hang; also after `stop`."""
        return self._supervisor.abandoned

    @property
    def was_steady(self) -> bool:
        """Whether frames have arrived steadily for a while in this process."""
        return self._supervisor.was_steady

    # callbacks of the capture (`CaptureCallbacks`)

    def opened(self, opened: SourceOpened) -> None:
        self.stats.restarts += self._supervisor.reopening and self.info is not None
        self.info = opened.info
        self.controls = {control.key: control for control in opened.info.controls}
        self.actions = {action.key: action for action in opened.info.actions}
        self.takes_stills, self.gives_raw = opened.takes_stills, opened.gives_raw
        capture = self._supervisor.capture
        self.video = SourceVideo(capture, opened.video) if capture and opened.video else None
        self.audio = SourceAudio(capture, opened.audio) if capture and opened.audio else None
        self.values = dict(opened.values)
        self.readings.begin((opened.info.model, opened.info.serial), expected=opened.measures)
        remarks = one_line("; ".join(opened.remarks)) or None
        if opened.refused and remarks != self._remarks:
            log.warning("camera %s: %s", self.id, one_line("; ".join(opened.refused)))
        self._remarks = remarks
        if self.status is CameraStatus.STARTING and opened.info.waits_for:
            self.last_error = f"waiting for {opened.info.waits_for}"
        self._listeners.notify()

    def first_frame(self, width: int, height: int) -> None:
        if self.status is not CameraStatus.RUNNING:
            what = "receiving frames again" if self.status is CameraStatus.FAILED else "open"
            rate = f" at {1 / self._interval:.4g} fps" if self._interval else ""
            log.info("camera %s: %s, %dx%d%s", self.id, what, width, height, rate)
        self.stats.width, self.stats.height = width, height
        self.stats.update()
        self.last_error = self._remarks
        self._set_status(CameraStatus.RUNNING)

    def stream_restarted(self) -> None:
        self.stats.restarts += 1

    def applied(self, values: Mapping[str, Value]) -> None:
        self.values |= values
        self._listeners.notify()

    def polled(self, result: PollResult) -> None:
        news = {key: value for key, value in result.applied.items() if self.values.get(key) != value}
        self.values |= news
        if self.readings.update(result) or news:
            self._listeners.notify()

    # callbacks of the supervisor

    def _make_capture(self) -> Capture:
        return Capture(
            self.id,
            self._new_source,
            self._wanted.items(),
            Adjustment.from_settings(self._source_settings),
            self._markings,
            self.hub.publish,
            self,
            first_seq=self.stats.frames,
            first_skipped=self.stats.skipped,
            timing=self._timing,
        )

    def _new_source(self, wakeup: Wakeup) -> Source:
        source = self._make_source(wakeup)
        source.wanted_fps = self.hub.wanted_fps
        source.state_dir = self._state_dir
        return source

    def _tick(self) -> None:
        self.stats.update()
        capture = self._supervisor.capture
        waiting_for = capture.waiting_for if capture is not None else None
        reason = None if waiting_for is None else one_line(waiting_for)
        if reason is not None and reason != self.last_error:
            log.info("camera %s: %s", self.id, reason)
            self.last_error = reason
            self._listeners.notify()

    def _failed(self, problem: SourceError) -> None:
        self.last_error = one_line(str(problem))
        self.stats.update()
        if not self.enabled:
            self._listeners.notify()
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
        """Seconds between frames; until the source has reported it, as configured."""
        capture = self._supervisor.capture
        if capture is not None and capture.interval:
            return capture.interval
        return 1 / self.settings.frame_rate if self.settings.frame_rate else 0.0

    def _why_not(self) -> str:
        if not self.enabled:
            return "the camera is switched off"
        return self.last_error or f"the camera is {self.status}"

    def _set_status(self, status: CameraStatus) -> None:
        if status in WITHOUT_FRAMES:
            self.status = status
            self.readings.values = {}
            self._snapshots.fail_all(self._why_not())
        self.status = status
        self._listeners.notify()
