"""Keeps a source alive: opens it, watches it, and opens it again whatever becomes of it."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from mqttcam.backoff import Backoff
from mqttcam.camera.capture import Capture
from mqttcam.camera.failure_log import FailureLog
from mqttcam.camera.source import SourceEnded, SourceError
from mqttcam.camera.stall_detection import detect_stall
from mqttcam.camera.thread_state import is_uninterruptible
from mqttcam.camera.timing import DEFAULT_TIMING, Timing

log = logging.getLogger(__name__)

STUCK_LIMIT = 3
"""With this many hung threads at once, only a new process helps."""
_FAILURES_BESIDE_HANGING = 5
"""After this many failures in a row beside a hung thread, only a new process helps: the thread may hold the
device."""


class Supervisor:
    """Escalates step by step: restarts the stream; closes and opens the source; abandons a thread that hangs and opens
    the source in another; requests a new process; and if that would hang as well, asks for a reboot.

    It is used and calls back on the event loop.

    Attributes:
        reopening: whether the next opening follows a failure or a request, so that it counts as a restart.
        was_steady: whether frames have come for a while since `start`.
        next_try: when the source is opened again after a failure, in seconds of `time.monotonic`; None if no
            attempt is pending.
    """

    def __init__(
        self,
        name: str,
        make_capture: Callable[[], Capture],
        on_failure: Callable[[SourceError], None],
        on_tick: Callable[[], None],
        on_stuck: Callable[[], str] | None,
        timing: Timing = DEFAULT_TIMING,
        backoff: Backoff | None = None,
    ) -> None:
        """Do nothing yet.

        Args:
            on_failure: called at once with what has failed; after `SourceEnded` the source is not opened again.
            on_tick: called each second while a capture runs.
            on_stuck: called if only a new process can help, and again at each failure after that; returns in words
                what will happen.
            backoff: the pauses after failures; by default those of `timing`, with jitter.
        """
        self.reopening = self.was_steady = False
        self.next_try: float | None = None
        self._name = name
        self._make_capture = make_capture
        self._on_failure = on_failure
        self._on_tick = on_tick
        self._on_stuck = on_stuck
        self._timing = timing
        self._newest: Capture | None = None
        self._wanted = False
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._backoff = backoff or Backoff(timing.first_retry, timing.last_retry, jitter=0.5)
        self._failure_log = FailureLog(name)
        self._hanging: set[Capture] = set()

    @property
    def capture(self) -> Capture | None:
        """The running capture; `None` while there is none whose frames count."""
        return None if self._newest is None or self._newest.stopped else self._newest

    @property
    def frames(self) -> int:
        """Number of frames captured so far, by all captures."""
        return 0 if self._newest is None else self._newest.frames

    @property
    def skipped(self) -> int:
        """Number of pictures that no capture could use so far."""
        return 0 if self._newest is None else self._newest.skipped

    @property
    def abandoned(self) -> frozenset[Capture]:
        """Captures that were asked to end, and whose threads hang."""
        return frozenset(self._hanging)

    @property
    def is_stuck(self) -> bool:
        """Whether threads hang, and are waited for."""
        return self._task is not None and bool(self._hanging)

    def start(self, *, wanted: bool, abandoned: Iterable[Capture] = ()) -> None:
        """Start supervising; the source is opened if it is wanted.

        Args:
            abandoned: those of the supervisor before this one, as they may hold the device.
        """
        for capture in abandoned:
            self._abandon(capture)
        self._wanted = wanted
        self._task = asyncio.create_task(self._run(), name=f"camera {self._name}")

    async def stop(self) -> None:
        """Close the source for good; takes less than a second even if it hangs."""
        self._stop_capture()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def set_wanted(self, wanted: bool) -> None:
        """Open or close the source; if it is closed, no frame counts from this call on."""
        self._wanted = wanted
        self.reopening = False
        if not wanted:
            self._stop_capture()
        self._changed.set()

    def reopen(self) -> None:
        """Close the source and open it again, even if it has ended."""
        self._wanted = True
        self.reopening = True
        self._stop_capture()
        self._changed.set()

    def try_again(self) -> None:
        """Open the source now if an attempt is pending after a failure."""
        if self.next_try is not None:
            self._changed.set()

    async def wait_while_opening(self, opened: Coroutine[Any, Any, None]) -> None:
        """Return when `opened` does, or when the source has taken longer to open than it may."""
        waiting = asyncio.ensure_future(opened)
        left = self._timing.open_timeout
        try:
            while left > 0 and not waiting.done():
                await asyncio.wait((waiting,), timeout=left)
                capture = self.capture
                timeout = capture.open_timeout if capture is not None else 0.0
                if timeout == math.inf:  # it waits for a peer that may never come
                    timeout = self._timing.open_timeout
                end = capture.started + timeout if capture is not None else 0.0
                left = end - time.monotonic()
        finally:
            waiting.cancel()

    def _stop_capture(self) -> None:
        if (capture := self.capture) is not None:
            capture.stop()

    # the task

    async def _run(self) -> None:
        while True:
            self._changed.clear()
            try:
                await (self._run_session() if self._wanted else self._stay_closed())
            except Exception:
                log.exception("camera %s: the supervisor failed; trying again", self._name)
                self._failures += 1
                await self._pause()

    async def _run_session(self) -> None:
        """One session of the source, and the pause after a failure."""
        capture = self._newest = self._make_capture()
        problem: SourceError | None
        try:
            problem = await self._watch(capture)
            capture.stop()
            if problem is not None:
                self._fail(capture, problem)
            ended = await _has_ended(capture, self._timing.close_timeout)
        except BaseException:
            # Stopped, or a fault of ours: in either case the device must be free for whatever opens it next.
            capture.stop()
            if not await _has_ended(capture, self._timing.stop_timeout):
                self._abandon(capture)
            raise
        hopeless = not ended and self._leave_behind(capture)
        if problem is not None and self._wanted:
            if not hopeless and self._hanging and self._failures >= _FAILURES_BESIDE_HANGING:
                self._request_process(f"{problem}, and a thread of it hangs")
            await (self._wait_for_change() if hopeless else self._pause())

    async def _watch(self, capture: Capture) -> SourceError | None:
        """Return what failed; `None` once the source is to be closed."""
        try:
            capture.start()
        except RuntimeError as error:
            capture.done.set_result(None)
            return SourceError(str(error))
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            while True:
                waiting = (capture.done, changed)
                await asyncio.wait(waiting, timeout=self._timing.tick, return_when=asyncio.FIRST_COMPLETED)
                if capture.stopped:
                    return None
                if capture.done.done():
                    return capture.done.result() or SourceError("the source has ended without an error")
                self._on_tick()
                capture.poll()
                if (problem := detect_stall(capture, self._timing, time.monotonic())) is not None:
                    if not capture.restart_stream():
                        return problem
                    log.warning("camera %s: %s; restarting its stream", self._name, problem)
                    self._on_failure(problem)
        finally:
            changed.cancel()

    async def _stay_closed(self) -> None:
        """Return once the source is wanted. If it does not close, request a new process (privacy)."""
        until = time.monotonic() + self._timing.off_timeout
        while self._hanging and not self._changed.is_set():
            if not await self._wait_for_change(until - time.monotonic()):
                self._request_process("it is switched off, but its source does not close")
                break
        await self._changed.wait()

    # failures

    def _fail(self, capture: Capture, problem: SourceError) -> None:
        self.reopening = True
        if capture.last_frame - capture.first_frame > self._timing.stable:
            self.was_steady = True
            self._failures = 0
        self._failures += 1
        if isinstance(problem, SourceEnded):
            self._wanted = False
            log.info("camera %s: %s", self._name, problem)
        else:
            self._failure_log.log(problem, is_first=self._failures == 1)
        self._on_failure(problem)

    def _leave_behind(self, capture: Capture) -> bool:
        """Abandon a thread that does not end; return whether opening the source again is pointless until one does."""
        self._abandon(capture)
        uninterruptible = is_uninterruptible(capture.thread_id)
        log.error(
            "camera %s: its thread hangs%s and is abandoned, %d so far",
            self._name, " in the kernel" if uninterruptible else "", len(self._hanging),
        )  # fmt: skip
        if self._wanted and (uninterruptible or len(self._hanging) >= STUCK_LIMIT):
            self._request_process("its threads hang")
            return True
        return False

    def _abandon(self, capture: Capture) -> None:
        self._hanging.add(capture)
        capture.done.add_done_callback(lambda _done: self._abandoned_ended(capture))

    def _abandoned_ended(self, capture: Capture) -> None:
        self._hanging.discard(capture)
        log.info("camera %s: an abandoned thread has ended", self._name)

    def _request_process(self, reason: str) -> None:
        """Request a new process, unless that would hang as well: the kernel ends no process with such a thread."""
        if any(is_uninterruptible(capture.thread_id) for capture in self._hanging):
            words = "it is stuck in the kernel: only a reboot helps"
        else:
            words = f"{reason}: {self._on_stuck()}" if self._on_stuck is not None else reason
        self._failure_log.log_stuck(words)
        self._on_failure(SourceError(words))

    # waiting

    async def _pause(self) -> None:
        """Wait before the next try: a random time, longer after each failure; a change ends it."""
        seconds = self._backoff.delay_after(self._failures)
        self.next_try = time.monotonic() + seconds
        try:
            await self._wait_for_change(seconds, threads=False)
        finally:
            self.next_try = None

    async def _wait_for_change(self, seconds: float | None = None, *, threads: bool = True) -> bool:
        """Wait until something else is wanted or an abandoned thread ends; return False if neither came in time."""
        changed = asyncio.ensure_future(self._changed.wait())
        ends = [capture.done for capture in self._hanging if threads]
        waiting: list[asyncio.Future[Any]] = [changed, *ends]
        try:
            done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
        return bool(done)


async def _has_ended(capture: Capture, seconds: float) -> bool:
    """Wait for a capture's thread; return whether it has ended."""
    await asyncio.wait((capture.done,), timeout=seconds)
    return capture.done.done()
