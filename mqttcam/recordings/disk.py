"""Whether the disk takes a camera's recordings, and when to try again."""

from __future__ import annotations

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

    def __init__(self, camera_id: str, clock: Clock, backoff: Backoff, on_change: Callable[[], None]) -> None:
        """`on_change` is called when `problem` has changed."""
        self.problem: str | None = None
        self._camera_id = camera_id
        self._clock = clock
        self._backoff = backoff
        self._on_change = on_change
        self._retry_at = 0.0

    @property
    def may_be_tried(self) -> bool:
        """Whether the pause after the last failure is over."""
        return self._clock.time() >= self._retry_at

    def fail(self, problem: str) -> None:
        """Note a failure; the next attempt comes after a pause, longer each time."""
        self._retry_at = self._clock.time() + self._backoff.next()
        self.set_problem(problem)

    def succeed(self) -> None:
        """Note that a recording was written to its end."""
        self._backoff.reset()

    def set_problem(self, problem: str | None) -> None:
        """Note a problem that needs no pause, or that there is none."""
        if problem == self.problem:
            return
        if problem is None:
            log.info("camera %s: recordings are written again", self._camera_id)
        elif self.problem is None:
            log.error(
                "camera %s cannot be recorded: %s; retrying until it succeeds", self._camera_id, problem
            )
        self.problem = problem
        self._on_change()
