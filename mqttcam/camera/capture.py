"""One session of a source: a thread that opens it, reads frames, makes calls between them, and closes it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.camera_log import set_camera
from mqttcam.camera.capture_callbacks import CaptureCallbacks
from mqttcam.camera.control import Action
from mqttcam.camera.frame import CaptureSession, Frame
from mqttcam.camera.markings import Markings
from mqttcam.camera.open_source import OpenSource
from mqttcam.camera.source import Source, SourceError, SourceFault
from mqttcam.camera.source_calls import CallQueue, SourceCall, call_soon, set_result
from mqttcam.camera.source_controls import SourceControls
from mqttcam.camera.still import Still
from mqttcam.camera.timing import DEFAULT_TIMING, Timing
from mqttcam.camera.wakeup import Wakeup
from mqttcam.settings import CameraSettings
from mqttcam.values import Value

log = logging.getLogger(__name__)

_NOT_WANTED_PAUSE = 0.0002
"""Seconds until an unpaced source is read again if nobody could take its last frame."""

THREAD = "capture-"
"""What the name of every capture thread starts with."""

MakeSource = Callable[[Wakeup], Source]
Publish = Callable[[Frame], bool]


class Capture:
    """A source in its own thread, from open to close.

    Times are on the monotonic clock, in seconds.

    Attributes:
        done: resolves on the loop when the thread has ended: with what failed, or with `None` after `stop`.
        calls: calls for the thread to make between two frames; they wait until the source is open.
        frames: number of frames captured so far, those of earlier captures included.
        skipped: number of pictures that the source could not use, those of earlier captures included.
        session: shared by its frames.
        started: when the capture was made.
        first_frame, last_frame: when its first and its newest frame came; 0.0 before the first.
        last_returned: when the source last returned from anything.
        restart_requested: when its stream was last asked to restart; 0.0 if never.
        open_timeout: seconds that it may take to its first frame.
        paused_until: until when no frame is expected, as the stream pauses for something else.
        stopped: whether `stop` was called; from then on its frames do not count.
        thread_id: the kernel's id of the thread, once it runs.
    """

    def __init__(
        self,
        name: str,
        make_source: MakeSource,
        wanted: Sequence[tuple[str, object]],
        adjustment: Adjustment | None,
        markings: Markings | None,
        publish: Publish,
        callbacks: CaptureCallbacks,
        first_seq: int,
        first_skipped: int = 0,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        """Do nothing yet.

        Args:
            wanted: control values to set once it is open, in this order, by any spelling of their names.
            adjustment: for the frames of a source that does not adjust them itself.
            markings: for all frames.
            first_seq: number of the first frame.
            first_skipped: the number that `skipped` starts with.
        """
        self._loop = asyncio.get_running_loop()
        self._name = name
        self._make_source = make_source
        self._wanted = wanted
        self._adjustment = adjustment
        self._markings = markings
        self._publish = publish
        self._callbacks = callbacks
        self._timing = timing
        self._wakeup = Wakeup()
        self.session = CaptureSession()
        self._open_source: OpenSource | None = None
        self._pending_poll: SourceCall[None] | None = None
        self._restart_wanted = False
        self._source: Source | None = None
        self.stopped = False
        self.calls = CallQueue(self._wakeup)
        self.done: asyncio.Future[SourceError | None] = self._loop.create_future()
        self.frames = first_seq
        self.skipped = self._first_skipped = first_skipped
        self.first_frame = self.last_frame = 0.0
        self.restart_requested = self.paused_until = 0.0
        self.started = self.last_returned = time.monotonic()
        self.open_timeout = timing.open_timeout
        self.thread_id: int | None = None

    def start(self) -> None:
        """Start the thread.

        Raises:
            RuntimeError: there can be no more threads.
        """
        threading.Thread(target=self._run, name=f"{THREAD}{self._name}", daemon=True).start()

    def stop(self) -> None:
        """Ask the thread to close its source and end; from now on no frame of it gives a picture."""
        self.stopped = True
        self.session.ended = True
        self._wakeup.end()

    def restart_stream(self) -> bool:
        """Have the source restart its stream.

        Return False if it cannot, if it hangs, or if no frame has come since the last time.
        """
        now = time.monotonic()
        source = self._open_source
        hangs = now - self.last_returned > self._timing.answer_timeout
        if source is None or source.restart_stream is None or hangs:
            return False
        if not self.last_frame or self.awaits_restart:
            return False
        self.restart_requested = now
        self._restart_wanted = True
        self._wakeup.set()
        return True

    def apply(self, values: Mapping[str, Value]) -> SourceCall[Mapping[str, Value]]:
        """Set controls by key, all of them or none; the result has the values that took effect."""
        return self.calls.submit(lambda source: self._change(source, lambda controls: controls.set(values)))

    def act(self, action: Action) -> SourceCall[Mapping[str, Value]]:
        """Perform an action; the result has the values of controls that follow from it, by key."""
        return self.calls.submit(lambda source: self._change(source, lambda controls: controls.act(action)))

    def configure(self, settings: CameraSettings) -> SourceCall[None]:
        """Have the source use other settings, as in `Source.configure`."""
        return self.calls.submit(lambda opened: opened.source.configure(settings))

    def take_still(self, *, raw: bool) -> SourceCall[Still]:
        """Take a picture in full resolution, with the sensor's own data if `raw`."""
        return self.calls.submit(lambda source: self._take_still(source, raw=raw))

    def poll(self) -> None:
        """Have the newest frame's values and measurements read before the next one comes."""
        source, before = self._open_source, self._pending_poll
        if source is None or not source.poller.wanted or not self.first_frame:
            return
        if before is None or before.result.done():
            self._pending_poll = self.calls.submit(self._poll, at_once=False)

    @property
    def interval(self) -> float:
        """Seconds to expect between frames; 0.0 if unknown."""
        return 0.0 if self._open_source is None else self._open_source.frame_interval

    @property
    def waiting_for(self) -> str | None:
        """Why its first frame has not come yet, in words; `None` if it has, or if that is not known."""
        return None if self._source is None or self.first_frame else self._source.waiting_for

    @property
    def still_timeout(self) -> float:
        """Seconds that a picture in full resolution may take."""
        return self._timing.still_timeout + 4 * self.interval

    @property
    def awaits_restart(self) -> bool:
        """Whether its stream was asked to restart, and no frame has come since."""
        return self.restart_requested > 0 and self.restart_requested >= self.last_frame

    # in the capture thread

    def _run(self) -> None:
        set_camera(self._name)
        self.thread_id = threading.get_native_id()
        problem: SourceError | None = None
        source: Source | None = None
        try:
            source = self._source = self._make_source(self._wakeup)
            self.open_timeout = max(self._timing.open_timeout, source.open_timeout)
            if not self.stopped:
                self._read(self._open(source))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the camera has to know that the thread ended
            problem = _as_source_error(error)
        try:
            if source is not None:
                source.close()
        except BaseException as error:  # noqa: BLE001 - as above
            log.warning("camera %s: its source cannot be closed: %s", self._name, error)
            problem = problem or _as_source_error(error)
        self._open_source = None
        _clear_frames(problem)
        call_soon(self._loop, set_result, self.done, problem)

    def _open(self, source: Source) -> OpenSource:
        opened = OpenSource(source)
        if source.adjusts_itself:
            self._adjustment = None
        event = opened.set_wanted(self._wanted, self._name, self.frames)
        if self._adjustment is not None and event.info.width:
            width, height = self._adjustment.size(event.info.width, event.info.height)
            event = replace(event, info=replace(event.info, width=width, height=height))
        self.last_returned = time.monotonic()
        self._open_source = opened
        self._report(self._callbacks.opened, event)
        return opened

    def _change(
        self, source: OpenSource, change: Callable[[SourceControls], dict[str, Value]]
    ) -> Mapping[str, Value]:
        applied = source.change(change, self.frames)
        self.last_returned = time.monotonic()
        self._report(self._callbacks.applied, applied)
        return applied

    def _take_still(self, source: OpenSource, *, raw: bool) -> Still:
        self.paused_until = time.monotonic() + self.still_timeout
        try:
            still = source.take_still(raw=raw)
        finally:
            self.paused_until = self.last_returned = time.monotonic()
        still.frame.seq, still.frame.session = self.frames, self.session
        self.frames += 1
        return still

    def _poll(self, source: OpenSource) -> None:
        try:
            result = source.poller.poll(self.frames)
        except Exception:
            source.poller.wanted = False
            log.warning("camera %s: the metadata of its frames cannot be read", self._name, exc_info=True)
        else:
            if result is not None:
                self._report(self._callbacks.polled, result)

    def _read(self, opened: OpenSource) -> None:
        # Everything that the loop needs for each frame is a local name: this runs for every frame of every camera.
        adjustment, markings, publish, calls, session = (
            self._adjustment,
            self._markings,
            self._publish,
            self.calls.waiting,
            self.session,
        )
        source, first_skipped = opened.source, self._first_skipped
        read, timeout = source.read, self._timing.read_timeout
        unpaced = not opened.frame_interval
        announced, undecoded = False, 0
        while not self.stopped:
            if self._restart_wanted:
                self._do_restart_stream(opened)
                announced = False
            while calls and not self.stopped:
                calls.popleft().run(opened)
            frame = read(timeout)
            now = self.last_returned = time.monotonic()
            self.skipped = first_skipped + source.skipped
            if (count := source.undecoded) != undecoded:
                self.frames += count - undecoded
                undecoded, self.last_frame = count, now
            if frame is None or self.stopped:
                continue
            frame.seq = self.frames
            frame.session = session
            if adjustment is not None:
                frame.adjustment = adjustment
            if markings is not None:
                frame.markings = markings
            self.last_frame = now
            if not announced:
                announced = True
                self.first_frame = self.first_frame or now
                self._report(self._callbacks.first_frame, frame.width, frame.height)
            self.frames += 1
            if not publish(frame) and unpaced:
                # An unpaced source never blocks, so pause here to let the event loop catch up.
                self._wakeup.wait(_NOT_WANTED_PAUSE)

    def _do_restart_stream(self, opened: OpenSource) -> None:
        self._restart_wanted = False
        if opened.restart_stream is not None:
            opened.restart_stream()
        self._report(self._callbacks.stream_restarted)

    def _report(self, callback: Callable[..., None], *arguments: object) -> None:
        """Call back on the loop, unless the capture is stopped by then."""

        def report() -> None:
            if not self.stopped:
                callback(*arguments)

        call_soon(self._loop, report)


def _clear_frames(error: BaseException | None) -> None:
    """Drop the local variables that its traceback holds: a mapped buffer among them keeps the device open."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _as_source_error(error: BaseException) -> SourceError:
    if isinstance(error, SourceError):
        return error
    problem = SourceFault(f"{type(error).__name__}: {error}")
    problem.__cause__ = error
    return problem
