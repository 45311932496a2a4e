"""Waiting in the capture thread: for a time, for the next frame's turn, or until the loop wants something."""

from __future__ import annotations

import contextlib
import threading
import time


class Wakeup:
    """Ends a wait of the capture thread from any other thread. One `set` ends one `wait`, also a later one.

    A bare lock: waiting on it costs no more than `time.sleep`, which `threading.Event` with a timeout does not match.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        with contextlib.suppress(RuntimeError):  # it is set already
            self._lock.release()

    def wait(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds; whether it was `set` that ended it."""
        return self._lock.acquire(timeout=max(timeout, 0))


class Pacer:
    """The turns of a source that makes its frames itself: `rate` a second, 0 for as fast as it goes.

    No drift: turns are counted from the first. One that was missed by more than a period is left out, not made up for.
    """

    def __init__(self, rate: float, wake: Wakeup) -> None:
        self._period = 1 / rate if rate else 0.0
        self._wake = wake
        self._next = 0.0

    def wait(self, timeout: float) -> bool:
        """Wait for the next turn; False where it does not come within `timeout` seconds, or the wait was ended."""
        if not self._period:
            return True
        now = time.monotonic()
        if now - self._next >= self._period:
            self._next = now
        left = self._next - now
        if left > 0 and (self._wake.wait(min(left, timeout)) or left > timeout):
            return False
        self._next += self._period
        return True
