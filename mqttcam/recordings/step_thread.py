"""A thread that runs steps in order, and keeps count of the memory that waiting steps hold."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

log = logging.getLogger(__name__)

Step = Callable[[], None]


class StepThread:
    """Starts with the first step.

    Attributes:
        queued: bytes of memory that the steps hold which are not done.
    """

    def __init__(
        self, name: str, carry_out: Callable[[Step], None], longest_wait: Callable[[], float | None]
    ) -> None:
        """Do nothing yet.

        Args:
            carry_out: makes a step in the thread; must not raise.
            longest_wait: returns the seconds after which steps are carried out that were queued without waking the
                thread; None if they may wait for ever.
        """
        self.queued = 0
        self._name = name
        self._carry_out = carry_out
        self._longest_wait = longest_wait
        self._queue: deque[tuple[Step, int]] = deque()
        self._condition = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._busy_since: float | None = None

    def put(self, step: Step, size: int, *, wake: bool = True) -> None:
        """Queue a step; `size` is the memory that it holds, in bytes."""
        with self._condition:
            self._queue.append((step, size))
            self.queued += size
            if wake:
                self._condition.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def hangs_for(self, seconds: float) -> bool:
        """Return whether the current step has already taken longer than this."""
        since = self._busy_since
        return since is not None and time.monotonic() - since > seconds

    def close(self, timeout: float) -> bool:
        """Run the queued steps and end the thread; return whether it ended within `timeout` seconds.

        Blocks.
        """
        if self._thread is None:
            return True
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (item := self._next()) is not None:
            step, size = item
            self._busy_since = time.monotonic()
            self._carry_out(step)
            self._busy_since = None
            del step, item
            with self._condition:
                self.queued -= size

    def _next(self) -> tuple[Step, int] | None:
        with self._condition:
            while not self._queue:
                if self._closing:
                    return None
                self._condition.wait(self._longest_wait())
            return self._queue.popleft()
