"""Waiting in the capture thread: for a time, for the next frame's time, or until the loop ends the wait."""

from __future__ import annotations

import contextlib
import threading
import time


class Wakeup:
    """Ends a wait of the capture thread from another thread. One `set` ends one `wait`, even a later one.

    This is a bare lock: waiting for it costs no more than `time.sleep`; `threading.Event` costs more.

    Attributes:
        ended: whether the source is to be closed; one that waits for a peer while it opens has to look at it.
    """

    def __init__(self) -> None:
        self.ended = False
        self._lock = threading.Lock()
        self._lock.acquire()

    def set(self) -> None:
        with contextlib.suppress(RuntimeError):  # it is already set
            self._lock.release()

    def end(self) -> None:
        """End this wait and, through `ended`, all later ones."""
        self.ended = True
        self.set()

    def wait(self, timeout: float) -> bool:
        """Wait at most `timeout` seconds; return whether `set` ended the wait."""
        return self._lock.acquire(timeout=max(timeout, 0))


class Pacer:
    """Paces a source that makes its frames itself: `rate` frames per second, 0 for as many as possible.

    It does not drift: times are counted from the first. One that was missed by more than a period is skipped.
    """

    def __init__(self, rate: float, wakeup: Wakeup) -> None:
        self._period = 1 / rate if rate else 0.0
        self._wakeup = wakeup
        self._next = 0.0

    def wait(self, timeout: float) -> bool:
        """Wait for the next frame's time; return False if it is not within `timeout` seconds, or the wait was ended."""
        if not self._period:
            return True
        now = time.monotonic()
        if now - self._next >= self._period:
            self._next = now
        left = self._next - now
        if left > 0 and (self._wakeup.wait(min(left, timeout)) or left > timeout):
            return False
        self._next += self._period
        return True
