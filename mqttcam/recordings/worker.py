"""A thread for work on a disk, which may take as long as it likes."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work in steps, each of some milliseconds."""

_PAUSE = 0.001
"""Seconds between two steps, in which other threads run."""
_LONGEST_PAUSE = 0.1
"""Seconds between two steps while there are calls, so that a flood of them does not delay work such as deletion."""
_MOST_WAITING = 1000
"""Calls, of some kilobytes each."""


class WorkerThread:
    """Carries out calls in their order, and work in steps, one after the other.

    Steps are carried out while there is no call, and now and then among calls.

    A daemon thread: one that hangs in a disk must not keep the process from ending.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._steps: deque[Callable[[], bool]] = deque()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._started = False
        self._last: Callable[[], None] = lambda: None
        self._lock = threading.Lock()

    @property
    def is_overloaded(self) -> bool:
        """Whether too many calls are waiting to accept another request of a client, as while a disk hangs."""
        return self._calls.qsize() >= _MOST_WAITING

    def call(self, function: Callable[[], T]) -> Future[T]:
        """Call a function in the thread, which starts with the first call."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - it belongs to the caller
                future.set_exception(error)

        self._put(run)
        return future

    def run_steps(self, steps: Steps[T], *, first: bool = False) -> Future[T]:
        """Carry out the steps while there are no calls; the result is what the generator returns.

        Args:
            first: before all other work in steps, also before what has begun.
        """
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()

        def step() -> bool:
            try:
                next(steps)
            except StopIteration as end:
                future.set_result(end.value)
            except BaseException as error:  # noqa: BLE001 - it belongs to the caller
                future.set_exception(error)
            else:
                return True
            return False

        self._put(lambda: self._steps.appendleft(step) if first else self._steps.append(step))
        return future

    def stop(self, timeout: float, last: Callable[[], None] = lambda: None) -> None:
        """End the thread after the calls made so far, without the remaining steps.

        A thread that hangs for longer than `timeout` seconds is abandoned.

        Args:
            last: called in the thread after everything else, if it was started; must not raise.
        """
        with self._lock:
            if not self._started:
                return
        self._last = last
        self._calls.put(None)
        self._thread.join(timeout)

    def _put(self, call: Callable[[], Any]) -> None:
        with self._lock:
            if not self._started:
                self._started = True
                self._thread.start()
        self._calls.put(call)

    def _run(self) -> None:
        stepped = 0.0
        while True:
            if not self._steps or time.monotonic() - stepped < _LONGEST_PAUSE:
                try:
                    call = self._calls.get(timeout=_PAUSE if self._steps else None)
                except queue.Empty:
                    pass
                else:
                    if call is None:
                        self._last()
                        return
                    call()
                    continue
            if not self._steps[0]():
                self._steps.popleft()
            stepped = time.monotonic()
