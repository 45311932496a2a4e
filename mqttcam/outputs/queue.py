"""A queued message, the queue, and the counts of what became of the frames."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Protocol

from msgspec import Struct, field


class QueuedMessage(Struct):
    """The picture of a frame, or an event.

    Attributes:
        payload: the JPEG; of an event, its JSON.
        seq: the number of the frame; 0 for an event.
        ts_ns: the time of capture, or of the event, in Unix nanoseconds.
        event: the id of the event of motion that it belongs to, if any.
        since: the time of queuing, in seconds of the monotonic clock.
        row: its number on disk, if it is spooled.
    """

    payload: bytes
    seq: int
    ts_ns: int
    event: str | None = None
    since: float = field(default_factory=time.monotonic)
    row: int | None = None


class FrameCounts:
    """The counts of one camera's bridge.

    The frames of the camera are the sum of `taken` and `left_out`; `taken` is the sum of sent, dropped, queued and
    in-flight frames.

    Attributes:
        taken: frames that were due, and those that an earlier run has left on disk.
        left_out: frames that were not due, by rate, schedule or motion, or that came while sending was switched off;
            less those from before motion that were taken after all.
        sent: frames that the destination has acknowledged, or that were sent if it does not acknowledge.
        dropped: by reason: `overflow`, `age`, `size`, `broken`, `failed`, `off`, `disk`.
        errors: failed attempts to connect or to send.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.taken = 0
        self.left_out = 0
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
    """The frames to be sent, oldest first. `put` is for the capture thread, the rest for the bridge's."""

    @property
    def counts(self) -> FrameCounts:
        """What became of all frames."""

    def __len__(self) -> int:
        """The number of queued frames."""

    @property
    def age(self) -> float:
        """Seconds since the oldest frame was queued; 0 if there is none."""

    @property
    def problem(self) -> str | None:
        """The problem of the queue in words; None if there is none."""

    def put(self, frame: QueuedMessage) -> None:
        """Add the newest frame; never block."""

    def take(self, timeout: float) -> QueuedMessage | None:
        """Remove and return the oldest frame; wait at most `timeout` seconds for one, else return None."""

    def give_back(self, frames: Iterable[QueuedMessage]) -> None:
        """Put frames that were taken and could not be sent back, before all others."""

    def done(self, frame: QueuedMessage) -> None:
        """Forget a frame that was taken."""

    def clear(self, reason: str) -> None:
        """Drop all frames in memory, counted under `reason`."""

    def release(self) -> None:
        """Let `take` no longer wait."""

    def close(self) -> None:
        """Close the queue, within half a second; no frame is taken after it."""


class FrameQueue:
    """A queue in memory, bounded by frames, bytes and age: the oldest is dropped first."""

    def __init__(self, max_frames: int, max_bytes: int, max_age: float | None) -> None:
        self.counts = FrameCounts()
        self._max_frames = max_frames
        self._max_bytes = max_bytes
        self._max_age = max_age
        self._frames: deque[QueuedMessage] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._closed = False

    problem: str | None = None

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def age(self) -> float:
        """Seconds since the oldest frame was queued; 0 if there is none."""
        with self._changed:
            return time.monotonic() - self._frames[0].since if self._frames else 0.0

    def put(self, frame: QueuedMessage) -> None:
        """Add the newest frame; never block."""
        with self._changed:
            self._frames.append(frame)
            self._bytes += len(frame.payload)
            self._trim()
            self._changed.notify()

    def give_back(self, frames: Iterable[QueuedMessage]) -> None:
        """Put frames that were taken and could not be sent back, before all others."""
        with self._changed:
            for frame in sorted(frames, key=lambda frame: frame.since, reverse=True):
                self._frames.appendleft(frame)
                self._bytes += len(frame.payload)
            self._trim()

    def take(self, timeout: float) -> QueuedMessage | None:
        """Remove and return the oldest frame; wait at most `timeout` seconds for one, else return None."""
        with self._changed:
            self._trim()
            if not self._frames and timeout > 0 and not self._closed:
                self._changed.wait(timeout)
                self._trim()
            if not self._frames:
                return None
            frame = self._frames.popleft()
            self._bytes -= len(frame.payload)
            return frame

    def done(self, frame: QueuedMessage) -> None:
        """Do nothing: a frame that was taken is no longer here."""

    def clear(self, reason: str) -> None:
        """Drop all frames, counted under `reason`."""
        with self._changed:
            self.counts.add_dropped(reason, len(self._frames))
            self._frames.clear()
            self._bytes = 0

    def release(self) -> None:
        """Let `take` no longer wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def close(self) -> None:
        """Drop the frames that are left."""
        self.clear("off")

    def _trim(self) -> None:
        oldest_allowed = -1.0 if self._max_age is None else time.monotonic() - self._max_age
        frames = self._frames
        while frames and frames[0].since < oldest_allowed:
            self._drop("age")
        while len(frames) > self._max_frames or (self._bytes > self._max_bytes and len(frames) > 1):
            self._drop("overflow")

    def _drop(self, reason: str) -> None:
        self._bytes -= len(self._frames.popleft().payload)
        self.counts.add_dropped(reason)
