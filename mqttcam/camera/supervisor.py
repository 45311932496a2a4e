"""Keeps a source alive: opens it, watches it, and opens it again whatever becomes of it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from typing import Any

from mqttcam.backoff import Backoff
from mqttcam.camera.capture import Capture
from mqttcam.camera.source import SourceEnded, SourceError, SourceFault
from mqttcam.camera.stall_detection import detect_stall
from mqttcam.camera.thread_state import is_uninterruptible

log = logging.getLogger(__name__)

STUCK_LIMIT = 3
"""Threads that hang at once, after which only a new process helps."""
_FAILURES_BESIDE = 5
"""Failures in a row while a thread hangs, after which only a new process helps: that thread may have the device."""
TICK = 1.0
"""Seconds between two looks at a running capture."""
_FIRST_RETRY, _LAST_RETRY = 0.5, 30.0
_STABLE = 10.0
"""Seconds of frames after which the next failure is the first again."""
_CLOSE_TIMEOUT, _STOP_TIMEOUT = 5.0, 0.8
"""Seconds that a source gets to close: before it is opened anew, and before the daemon ends."""
_OFF_PATIENCE = 25.0
"""Seconds more that a source that was switched off gets to close, before that takes a new process."""


class Supervisor:
    """The ladder: stop and start the stream; close and open; leave a thread that hangs behind, and open in another;
    ask for a new process; and where that would hang as well, for a reboot.

    It is called and calls back on the event loop.

    Attributes:
        capture: the running one; `None` while there is none whose frames count.
        reopening: the next opening follows a failure or a request, so that it is a restart.
        was_steady: frames have come for a while since `start`.
    """

    def __init__(
        self,
        name: str,
        make_capture: Callable[[], Capture],
        on_failure: Callable[[SourceError], None],
        on_tick: Callable[[], None],
        on_stuck: Callable[[], str] | None,
    ) -> None:
        """Does nothing yet.

        Args:
            on_failure: told at once what has failed; after `SourceEnded` it is not tried again.
            on_tick: called each second while a capture runs.
            on_stuck: called when only a new process can help, and again at each failure after that; in words, what
                comes of it.
        """
        self.capture: Capture | None = None
        self.reopening = self.was_steady = False
        self._name = name
        self._make_capture = make_capture
        self._on_failure = on_failure
        self._on_tick = on_tick
        self._on_stuck = on_stuck
        self._wanted = False
        self._nudge = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._last_words = self._stuck_words = ""
        self._traced: set[tuple[str, int]] = set()
        self._hanging: set[Capture] = set()

    def start(self, *, wanted: bool, left_behind: Iterable[Capture] = ()) -> None:
        """Begin; the source is opened where it is wanted.

        Args:
            left_behind: those of a supervisor before this one: they may have the device.
        """
        for capture in left_behind:
            self._await_end(capture)
        self._wanted = wanted
        self._task = asyncio.create_task(self._run(), name=f"camera {self._name}")

    async def stop(self) -> None:
        """Close the source for good, within a second even where it hangs."""
        self._let_go()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    @property
    def left_behind(self) -> frozenset[Capture]:
        """Captures that were asked to end, and whose threads hang."""
        return frozenset(self._hanging)

    @property
    def is_stuck(self) -> bool:
        """Whether threads hang, and are waited for."""
        return self._task is not None and bool(self._hanging)

    def set_wanted(self, wanted: bool) -> None:
        """Open the source, or close it; no frame counts from this moment on."""
        self._wanted = wanted
        self.reopening = False
        if not wanted:
            self._let_go()
        self._nudge.set()

    def reopen(self) -> None:
        """Close the source and open it, also one that has ended."""
        self._wanted = True
        self.reopening = True
        self._let_go()
        self._nudge.set()

    def _let_go(self) -> None:
        capture, self.capture = self.capture, None
        if capture is not None:
            capture.stop()

    # the task

    async def _run(self) -> None:
        while True:
            self._nudge.clear()
            try:
                await (self._live() if self._wanted else self._rest())
            except Exception:
                log.exception("camera %s: its supervision failed", self._name)
                self._failures += 1
                await self._pause()

    async def _live(self) -> None:
        """One life of the source, and the pause after a failure."""
        capture = self.capture = self._make_capture()
        problem: SourceError | None
        try:
            problem = await self._watch(capture)
            if problem is not None:
                self._fail(capture, problem)
            capture.stop()
            ended = await _ended(capture, _CLOSE_TIMEOUT)
        except BaseException:
            # Stopped, or a fault of ours: in either case the device must be free for whoever opens it next.
            self._let_go()
            capture.stop()
            if not await _ended(capture, _STOP_TIMEOUT):
                self._await_end(capture)
            raise
        hopeless = not ended and self._leave_behind(capture)
        if problem is not None and self._wanted:
            if not hopeless and self._hanging and self._failures >= _FAILURES_BESIDE:
                self._give_up(f"{problem}, and a thread of it hangs")
            await (self._change() if hopeless else self._pause())

    async def _watch(self, capture: Capture) -> SourceError | None:
        """Until it fails (the problem), or is to be closed (`None`)."""
        try:
            capture.start()
        except RuntimeError as error:
            capture.done.set_result(None)
            return SourceError(str(error))
        nudged = asyncio.ensure_future(self._nudge.wait())
        try:
            while True:
                await asyncio.wait((capture.done, nudged), timeout=TICK, return_when=asyncio.FIRST_COMPLETED)
                if self.capture is not capture:
                    return None
                if capture.done.done():
                    return capture.done.result() or SourceError("the source has ended without a word")
                self._on_tick()
                if (problem := detect_stall(capture)) is not None:
                    if not capture.restart_stream():
                        return problem
                    log.warning("camera %s: %s; starting its stream again", self._name, problem)
                    self._on_failure(problem)
        finally:
            nudged.cancel()

    async def _rest(self) -> None:
        """Until the source is wanted. One that was switched off and does not close takes a new process (privacy)."""
        until = time.monotonic() + _OFF_PATIENCE
        while self._hanging and not self._nudge.is_set():
            if not await self._change(until - time.monotonic()):
                self._give_up("it is switched off, but its source does not close")
                break
        await self._nudge.wait()

    # failures

    def _fail(self, capture: Capture, problem: SourceError) -> None:
        self.capture = None
        self.reopening = True
        if capture.last_frame - capture.first_frame > _STABLE:
            self.was_steady = True
            self._failures = 0
        self._failures += 1
        if isinstance(problem, SourceEnded):
            self._wanted = False
            log.info("camera %s: %s", self._name, problem)
        else:
            self._log(problem)
        self._on_failure(problem)

    def _log(self, problem: SourceError) -> None:
        """Say what is new; a fault with where it came from, once for each place."""
        words = str(problem)
        fault = problem.__cause__ if isinstance(problem, SourceFault) else None
        if fault is not None and (place := _place(fault)) not in self._traced:
            self._traced.add(place)
            log.error("camera %s: its source failed: %s; trying again", self._name, words, exc_info=fault)
        elif self._failures == 1 or words != self._last_words:
            log.warning("camera %s: %s; trying again", self._name, words)
        else:
            log.debug("camera %s: %s; trying again", self._name, words)
        self._last_words = words

    def _leave_behind(self, capture: Capture) -> bool:
        """A thread that does not end; whether opening the source again makes no sense before one does."""
        self._await_end(capture)
        kernel = is_uninterruptible(capture.thread_id)
        log.error(
            "camera %s: its thread hangs%s and is left behind; it is one of %d",
            self._name, " in the kernel" if kernel else "", len(self._hanging),
        )  # fmt: skip
        if self._wanted and (kernel or len(self._hanging) >= STUCK_LIMIT):
            self._give_up("its threads hang")
            return True
        return False

    def _await_end(self, capture: Capture) -> None:
        self._hanging.add(capture)
        capture.done.add_done_callback(lambda _done: self._come_back(capture))

    def _come_back(self, capture: Capture) -> None:
        self._hanging.discard(capture)
        log.info("camera %s: a thread that was left behind has ended", self._name)

    def _give_up(self, reason: str) -> None:
        """Ask for a new process, unless that would hang as well: the kernel ends no process with such a thread."""
        if any(is_uninterruptible(capture.thread_id) for capture in self._hanging):
            words = "it is stuck in the kernel: only a reboot helps"
        else:
            words = f"{reason}: {self._on_stuck()}" if self._on_stuck is not None else reason
        if words != self._stuck_words:
            log.error("camera %s: %s", self._name, words)
        self._stuck_words = words
        self._on_failure(SourceError(words))

    # waiting

    async def _pause(self) -> None:
        """Before the next try: at random, longer after each failure; a change ends it."""
        backoff = Backoff(_FIRST_RETRY, _LAST_RETRY, jitter=0.5)
        await self._change(backoff.delay_after(self._failures), threads=False)

    async def _change(self, seconds: float | None = None, *, threads: bool = True) -> bool:
        """Wait until something else is wanted, or a thread that was left behind ends; False: neither came in time."""
        nudged = asyncio.ensure_future(self._nudge.wait())
        ends = [capture.done for capture in self._hanging if threads]
        waiting: list[asyncio.Future[Any]] = [nudged, *ends]
        try:
            done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            nudged.cancel()
        return bool(done)


async def _ended(capture: Capture, seconds: float) -> bool:
    """Wait for a capture's thread; whether it has ended."""
    await asyncio.wait((capture.done,), timeout=seconds)
    return capture.done.done()


def _place(fault: BaseException) -> tuple[str, int]:
    """Where an exception was raised."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return (trace.tb_frame.f_code.co_filename, trace.tb_lineno) if trace is not None else ("", 0)
