"""Reads a camera's video while that is wanted, again after the encoder has failed, and keeps the last seconds of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from mqttcam.backoff import Backoff
from mqttcam.video.camera_video import CameraVideo, VideoReader
from mqttcam.video.ring import Ring
from mqttcam.video.unit import CLOCK, Unit

_MAX_DELAY = 0.06
"""Seconds, and at most a frame more, that units may come late. A crash costs that much more of a recording."""


class Clock(Protocol):
    """A steady clock and its timers, such as an event loop has."""

    def time(self) -> float:
        """Return the time in seconds."""

    def call_at(self, when: float, callback: Callable[[], object], /) -> asyncio.TimerHandle:
        """Call back at a time."""


class Reading(VideoReader):
    """One reader of a camera's video, which can be switched on and off.

    Attributes:
        last: the last unit; None after a break.
        problem: why there is no video, in words; None while there is, or while it is not wanted.
    """

    def __init__(
        self,
        video: CameraVideo,
        deliver: Callable[[Unit], None],
        on_break: Callable[[], None],
        on_problem: Callable[[], None],
        clock: Clock,
        backoff: Backoff,
    ) -> None:
        """Read nothing yet.

        Args:
            on_break: called before a unit that does not go on from the one before, and after a failure.
            on_problem: called when `problem` has changed.
        """
        self.problem: str | None = None
        self.last: Unit | None = None
        self._ring: Ring | None = None
        self._on_break = on_break
        self._video = video
        self._deliver = deliver
        self._on_problem = on_problem
        self._clock = clock
        self._backoff = backoff
        self._stack: contextlib.ExitStack | None = None
        self._retry: asyncio.TimerHandle | None = None

    def set_wanted(self, wanted: bool, keep: float) -> None:
        """Read from now on, beginning with a keyframe soon, or no longer; keep the last `keep` seconds."""
        if not (wanted and keep):
            self._ring = None
        elif self._ring is None:
            self._ring = Ring(keep)
        if not wanted:
            self._cancel_retry()
            self._backoff.reset()
            self._close()
            self._set_problem(None)
        elif self._stack is None and self._retry is None:
            self._open()

    def request_keyframe(self) -> None:
        """Make a frame soon a keyframe."""
        if self._stack is not None:
            self._video.request_keyframe()

    def before(self, seconds: float) -> list[Unit]:
        """Return the units of the last `seconds`, beginning with a keyframe; empty if none are kept."""
        if self._ring is None or self.last is None:
            return []
        return self._ring.since(self.last.pts - round(seconds * CLOCK))

    def interrupt(self) -> None:
        """Forget what came so far, as what comes next does not continue it."""
        self.last = None
        if self._ring is not None:
            self._ring.clear()

    def deliver(self, unit: Unit) -> None:
        if self.last is not None and unit.pts <= self.last.pts:  # of another encoder
            self._break()
        self.last = unit
        if self._ring is not None:
            self._ring.add(unit)
        if self.problem is not None:
            self._backoff.reset()
            self._set_problem(None)
        self._deliver(unit)

    def fail(self, problem: str) -> None:
        self._close()
        self._break()
        self._cancel_retry()
        self._retry = self._clock.call_at(self._clock.time() + self._backoff.next(), self._read_again)
        self._set_problem(problem)

    @property
    def next_try(self) -> float | None:
        """When the video is read again after a failure, by the clock; None if no attempt is pending."""
        return None if self._retry is None else self._retry.when()

    def try_again(self) -> None:
        """Read the video now if an attempt is pending after a failure."""
        if self._retry is not None:
            self._retry.cancel()
            self._read_again()

    def _break(self) -> None:
        self._on_break()
        self.interrupt()

    def _read_again(self) -> None:
        self._retry = None
        self._open()

    def _open(self) -> None:
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(self._video.read(self, max_delay=_MAX_DELAY))

    def _close(self) -> None:
        stack, self._stack = self._stack, None
        if stack is not None:
            stack.close()

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None

    def _set_problem(self, problem: str | None) -> None:
        if problem != self.problem:
            self.problem = problem
            self._on_problem()
