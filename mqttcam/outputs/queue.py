"""A frame on its way, and the queue it waits in."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(slots=True)
class QueuedFrame:
    """One JPEG.

    Attributes:
        ts_ns: when it was captured, Unix nanoseconds.
        since: when it came here, on the monotonic clock.
        row: its number on disk, where it is spooled.
    """

    jpeg: bytes
    seq: int
    ts_ns: int
    since: float = field(default_factory=time.monotonic)
    row: int | None = None


class FrameCounts:
    """Counts of one camera's bridge. What was taken is always sent + dropped + waiting (+ on its way).

    Attributes:
        taken: frames that were due and came in.
        sent: acknowledged by the other end, where it does that.
        dropped: by reason: `overflow`, `age`, `size`, `broken`, `failed`, `off`, `disk`.
        errors: failures to connect or to send, each try counted.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = 0
        self.sent = 0
        self.errors = 0
        self.dropped: dict[str, int] = {}

    def add_taken(self, count: int = 1) -> None:
        with self._lock:
            self.taken += count

    def add_dropped(self, reason: str, count: int = 1) -> None:
        if count:
            with self._lock:
                self.dropped[reason] = self.dropped.get(reason, 0) + count

    @property
    def total_dropped(self) -> int:
        with self._lock:
            return sum(self.dropped.values())


class Queue(Protocol):
    """What waits to be sent, and the counts of it. `put` is for the capture thread, the rest for the bridge's."""

    @property
    def counts(self) -> FrameCounts:
        """What became of everything that was put."""

    def __len__(self) -> int:
        """Messages that wait."""

    @property
    def age(self) -> float:
        """Seconds that the oldest has been waiting; 0 where none waits."""

    @property
    def problem(self) -> str | None:
        """What is wrong with it, in words."""

    def put(self, message: QueuedFrame) -> None:
        """Add the newest; never waits."""

    def take(self, timeout: float) -> QueuedFrame | None:
        """The oldest, waiting for one at most so many seconds."""

    def give_back(self, messages: Iterable[QueuedFrame]) -> None:
        """Put back, before all others, what was taken and could not be sent."""

    def done(self, message: QueuedFrame) -> None:
        """What was taken need not be kept any more."""

    def clear(self, reason: str) -> None:
        """Drop what need not survive."""

    def release(self) -> None:
        """`take` waits no more."""

    def close(self) -> None:
        """Nobody takes any more; within a moment."""


class FrameQueue:
    """Bounded by frames, bytes and age; the oldest goes first. Putting never waits."""

    def __init__(self, max_frames: int, max_bytes: int, max_age: float | None) -> None:
        self.counts = FrameCounts()
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._max_age = max_age
        self._messages: deque[QueuedFrame] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._closed = False

    problem: str | None = None

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def age(self) -> float:
        """Seconds that the oldest has been waiting; 0 where none waits."""
        with self._changed:
            return time.monotonic() - self._messages[0].since if self._messages else 0.0

    def put(self, message: QueuedFrame) -> None:
        """Add the newest."""
        with self._changed:
            self._messages.append(message)
            self._bytes += len(message.jpeg)
            self._trim()
            self._changed.notify()

    def give_back(self, messages: Iterable[QueuedFrame]) -> None:
        """Put back, before all others, what was taken and could not be sent."""
        with self._changed:
            for message in sorted(messages, key=lambda message: message.since, reverse=True):
                self._messages.appendleft(message)
                self._bytes += len(message.jpeg)
            self._trim()

    def take(self, timeout: float) -> QueuedFrame | None:
        """The oldest, waiting for one at most so many seconds."""
        with self._changed:
            self._trim()
            if not self._messages and timeout > 0 and not self._closed:
                self._changed.wait(timeout)
                self._trim()
            if not self._messages:
                return None
            message = self._messages.popleft()
            self._bytes -= len(message.jpeg)
            return message

    def done(self, message: QueuedFrame) -> None:
        """Nothing: what was taken is gone from here."""

    def clear(self, reason: str) -> None:
        """Drop all."""
        with self._changed:
            self.counts.add_dropped(reason, len(self._messages))
            self._messages.clear()
            self._bytes = 0

    def release(self) -> None:
        """`take` waits no more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def close(self) -> None:
        """Drop what is left."""
        self.clear("off")

    def _trim(self) -> None:
        oldest_allowed = -1.0 if self._max_age is None else time.monotonic() - self._max_age
        messages = self._messages
        while messages and messages[0].since < oldest_allowed:
            self._drop("age")
        while len(messages) > self._max_frames or (self._bytes > self._max_bytes and len(messages) > 1):
            self._drop("overflow")

    def _drop(self, reason: str) -> None:
        self._bytes -= len(self._messages.popleft().jpeg)
        self.counts.add_dropped(reason)
