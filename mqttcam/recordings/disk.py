"""Whether the disk accepts a camera's recordings, and when to try again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from mqttcam.backoff import Backoff
from mqttcam.recordings.reading import Clock

log = logging.getLogger(__name__)


class DiskStatus:
    """Keeps the problem of a disk in words, and the pauses between attempts.

    Attributes:
        problem: why nothing can be recorded; None while it can.
    """

    def __init__(
        self,
        camera_id: str,
        clock: Clock,
        backoff: Backoff,
        on_change: Callable[[], None],
        check: Callable[[], None],
        interval: float,
    ) -> None:
        """Know of no problem yet.

        Args:
            on_change: called when `problem` has changed.
            check: called while there is a problem, when the pause after a failure is over, and then regularly, as a
                camera may have nothing to record that would end the problem.
            interval: between two checks, in seconds.
        """
        self.problem: str | None = None
        self._camera_id = camera_id
        self._clock = clock
        self._backoff = backoff
        self._on_change = on_change
        self._check = check
        self._interval = interval
        self._retry_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def may_be_tried(self) -> bool:
        """Whether the pause after the last failure is over."""
        return self._clock.time() >= self._retry_at

    @property
    def next_try(self) -> float | None:
        """When the disk is tried again, by the clock; None if there is no problem."""
        return None if self._timer is None else self._timer.when()

    def try_again(self) -> None:
        """Try the disk now, if there is a problem."""
        if self.problem is not None:
            self._retry_at = self._clock.time()
            self._check_now()

    def fail(self, problem: str) -> None:
        """Note a failure; the next attempt comes after a pause, longer each time."""
        self._retry_at = self._clock.time() + self._backoff.next()
        self.set_problem(problem)
        self._check_at(self._retry_at)

    def succeed(self) -> None:
        """Note that a recording was written completely."""
        self._backoff.reset()

    def set_problem(self, problem: str | None) -> None:
        """Set a problem that needs no pause, or None."""
        if problem == self.problem:
            return
        if problem is None:
            log.info("camera %s: recordings are written again", self._camera_id)
        elif self.problem is None:
            log.error(
                "camera %s cannot be recorded: %s; retrying until it succeeds", self._camera_id, problem
            )
        self.problem = problem
        self._check_at(None if problem is None else self._clock.time() + self._interval)
        self._on_change()

    def close(self) -> None:
        """Check no more."""
        self._check_at(None)

    def _check_at(self, when: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if when is None else self._clock.call_at(when, self._check_now)

    def _check_now(self) -> None:
        self._check_at(self._clock.time() + self._interval)
        self._check()
