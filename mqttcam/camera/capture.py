"""One session of a source: a thread that opens it, reads frames, sets values between them, and closes it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence

from mqttcam.camera.capture_callbacks import CaptureCallbacks, SourceOpened
from mqttcam.camera.control import Action
from mqttcam.camera.frame import Adjustment, CaptureSession, Frame, Picture
from mqttcam.camera.polling import SourcePoller
from mqttcam.camera.source import (
    MeasuringSource,
    RestartableSource,
    Source,
    SourceError,
    SourceFault,
    SourceInfo,
    StillSource,
)
from mqttcam.camera.source_calls import CallQueue, SourceCall, resolve, tell
from mqttcam.camera.source_controls import SourceControls
from mqttcam.camera.wakeup import Wakeup
from mqttcam.values import Value

log = logging.getLogger(__name__)

OPEN_TIMEOUT = 20.0
"""Seconds that a source gets from its start to its first frame, where it does not ask for more."""
READ_TIMEOUT = 0.25
"""Seconds that a read may take without a frame; the longest that a request to stop goes unseen."""
STILL_TIMEOUT = 30.0
"""Seconds, and four frame periods more, that a picture in full resolution may take; no frame is missed meanwhile."""
_ANSWERS = 4 * READ_TIMEOUT
"""Seconds within which a thread that does not hang comes back from its source."""
_NOT_WANTED_PAUSE = 0.0002
"""Seconds until an unpaced source offers its next frame, where nobody could take the last one."""

THREAD = "capture-"
"""What the name of every capture thread starts with."""

MakeSource = Callable[[Wakeup], Source]
Publish = Callable[[Frame], bool]


class Capture:
    """One source in its own thread, from open to close.

    Attributes:
        done: resolves on the loop when the thread has ended: with what failed, or with `None` after a request to stop.
        calls: what is to be done between two frames; it waits while the source is not open.
        frames: published so far, those of earlier captures included.
        started, first_frame, last_frame: when it began, and when its first and its newest frame came, on the
            monotonic clock; 0.0 before the first.
        last_sign: when the source returned from anything last, on the monotonic clock.
        restart_asked: when it was told last to start its stream again, on the monotonic clock; 0.0 before.
        open_timeout: seconds that it may take to its first frame.
        interval: seconds to expect from frame to frame; 0.0 where nobody knows.
        excused_until: no frame need come before, on the monotonic clock: the stream pauses for something else.
        thread_id: the kernel's number of the thread, once it runs.
    """

    def __init__(
        self,
        name: str,
        make_source: MakeSource,
        wanted: Sequence[tuple[str, object]],
        adjustment: Adjustment | None,
        publish: Publish,
        callbacks: CaptureCallbacks,
        first_seq: int,
    ) -> None:
        """Does nothing yet.

        Args:
            wanted: control values to set when it is open, in this order, by any spelling of their names.
            adjustment: for the frames of a source that does not adjust them itself.
            first_seq: number of the first frame.
        """
        self._loop = asyncio.get_running_loop()
        self._name = name
        self._make_source = make_source
        self._wanted = wanted
        self._adjustment = adjustment
        self._publish = publish
        self._callbacks = callbacks
        self._wake = Wakeup()
        self._poller: SourcePoller | None = None
        self._pending_poll: SourceCall[None] | None = None
        self._stopping = False
        self._restart_stream: Callable[[], None] | None = None
        self._restart_wanted = False
        self._session = CaptureSession()
        self._info: SourceInfo | None = None
        self._controls: SourceControls | None = None
        self.calls = CallQueue(self._wake)
        self.done: asyncio.Future[SourceError | None] = self._loop.create_future()
        self.frames = first_seq
        self.first_frame = self.last_frame = 0.0
        self.restart_asked = 0.0
        self.started = self.last_sign = time.monotonic()
        self.open_timeout = OPEN_TIMEOUT
        self.interval = self.excused_until = 0.0
        self.thread_id: int | None = None

    def start(self) -> None:
        """Start the thread.

        Raises:
            RuntimeError: there can be no more threads.
        """
        threading.Thread(target=self._run, name=f"{THREAD}{self._name}", daemon=True).start()

    def stop(self) -> None:
        """Ask the thread to close its source and end; `done` tells when it has. No frame gives a picture any more."""
        self._stopping = True
        self._session.ended = True
        self._wake.set()

    def restart_stream(self) -> bool:
        """Have the source stop and start its frames. False: it cannot, it hangs, or that has not helped just now."""
        now = time.monotonic()
        hangs = now - self.last_sign > _ANSWERS
        if self._restart_stream is None or hangs or self.restart_asked >= self.last_frame:
            return False
        self.restart_asked = now
        self._restart_wanted = True
        self._wake.set()
        return True

    def apply(self, values: Mapping[str, Value]) -> SourceCall[Mapping[str, Value]]:
        """Set controls by key, all of them or none; the values that took effect."""
        return self.calls.submit(lambda source: self._change(source, lambda controls: controls.set(values)))

    def act(self, action: Action) -> SourceCall[Mapping[str, Value]]:
        """Do something once; the values of controls, by key, that follow from it."""
        return self.calls.submit(lambda source: self._change(source, lambda controls: controls.act(action)))

    def take_still(self, quality: int) -> SourceCall[Picture]:
        """A picture in full resolution, of a source that can."""
        return self.calls.submit(lambda source: self._take_still(source, quality))

    def poll(self) -> None:
        """Have the newest frame looked at before the next one comes; `sampled` is told what is new."""
        poller, before = self._poller, self._pending_poll
        if poller is None or not poller.wanted or not self.first_frame:
            return
        if before is None or before.result.done():
            self._pending_poll = self.calls.submit(lambda _source: self._look(poller), at_once=False)

    @property
    def still_timeout(self) -> float:
        """Seconds that a picture in full resolution may take."""
        return STILL_TIMEOUT + 4 * self.interval

    # the thread

    def _run(self) -> None:
        self.thread_id = threading.get_native_id()
        problem: SourceError | None = None
        source: Source | None = None
        try:
            source = self._make_source(self._wake)
            self.open_timeout = max(OPEN_TIMEOUT, source.open_timeout)
            if not self._stopping:
                self._open(source)
                self._read(source)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the camera has to know that this has ended
            problem = _as_problem(error)
        try:
            if source is not None:
                source.close()
        except BaseException as error:  # noqa: BLE001 - as above
            log.warning("camera %s: its source cannot be closed: %s", self._name, error)
            problem = problem or _as_problem(error)
        tell(self._loop, resolve, self.done, problem)

    def _open(self, source: Source) -> None:
        info = self._info = source.open()
        controls = self._controls = SourceControls(source, info)
        if source.adjusts_itself:
            self._adjustment = None
        values: dict[str, Value] = {key: control.default for key, control in controls.by_key.items()}
        taken, refused = controls.set_wanted(self._wanted, self._name)
        self._poller = SourcePoller(source, controls.by_key)
        self._poller.controls_changed(self.frames)
        self._look_at_pace(source)
        self._restart_stream = source.restart_stream if isinstance(source, RestartableSource) else None
        remarks = [*source.notes, *refused]
        can = isinstance(source, MeasuringSource), isinstance(source, StillSource)
        self._report(self._callbacks.opened, SourceOpened(info, values | taken, remarks, refused, *can))

    def _change(
        self, source: Source, change: Callable[[SourceControls], dict[str, Value]]
    ) -> Mapping[str, Value]:
        """Set values while it runs; those that took effect."""
        assert self._controls is not None
        assert self._poller is not None
        applied = change(self._controls)
        self._poller.controls_changed(self.frames)
        self._look_at_pace(source)
        self._report(self._callbacks.applied, applied)
        return applied

    def _take_still(self, source: Source, quality: int) -> Picture:
        if not isinstance(source, StillSource):
            raise SourceError("it takes no pictures in full resolution")
        self.excused_until = time.monotonic() + self.still_timeout
        try:
            picture = source.take_still(quality)
        finally:
            self.excused_until = self.last_sign = time.monotonic()
        picture.seq = self.frames
        self.frames += 1
        return picture

    def _look(self, poller: SourcePoller) -> None:
        try:
            result = poller.poll(self.frames)
        except Exception:
            poller.wanted = False
            log.warning("camera %s: what its frames tell cannot be read", self._name, exc_info=True)
        else:
            if result is not None:
                self._report(self._callbacks.polled, result)

    def _look_at_pace(self, source: Source) -> None:
        """How often frames are to be expected; a control may have changed that."""
        rate = self._info.frame_rate if self._info is not None else 0.0
        self.interval = source.frame_interval or (1 / rate if rate else 0.0)
        self.last_sign = time.monotonic()

    def _read(self, source: Source) -> None:
        adjustment, publish, calls, session = (
            self._adjustment,
            self._publish,
            self.calls.waiting,
            self._session,
        )
        unpaced = not self.interval
        announced = False
        while not self._stopping:
            if self._restart_wanted:
                self._start_stream_again()
                announced = False
            while calls and not self._stopping:
                calls.popleft().do(source)
            frame = source.read(READ_TIMEOUT)
            now = self.last_sign = time.monotonic()
            if frame is None or self._stopping:
                continue
            frame.seq = self.frames
            frame.session = session
            if adjustment is not None:
                frame.adjustment = adjustment
            if not announced:
                announced = True
                self.first_frame = self.first_frame or now
                self._report(self._callbacks.first_frame, frame.width, frame.height)
            self.last_frame = now
            self.frames += 1
            if not publish(frame) and unpaced:
                # Nothing else holds this thread back, and it must not keep the loop from getting ready.
                self._wake.wait(_NOT_WANTED_PAUSE)

    def _start_stream_again(self) -> None:
        assert self._restart_stream is not None
        self._restart_wanted = False
        self._restart_stream()
        self._report(self._callbacks.stream_restarted)

    def _report(self, event: Callable[..., None], *arguments: object) -> None:
        """Tell the listener, unless this capture does not count any more by then."""

        def report() -> None:
            if not self._stopping:
                event(*arguments)

        tell(self._loop, report)


def _as_problem(error: BaseException) -> SourceError:
    if isinstance(error, SourceError):
        return error
    problem = SourceFault(f"{type(error).__name__}: {error}")
    problem.__cause__ = error
    return problem
