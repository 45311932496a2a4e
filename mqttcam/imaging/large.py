"""The memory of huge pictures: a few are worked on at a time, whatever number of cameras and viewers has them."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import AbstractContextManager, nullcontext

_LARGE = 1 << 24
"""Pixels from which a picture counts as huge; 4K has half as many."""
_AT_A_TIME = 2
"""Each takes up to 400 MB for 33 million pixels, as `limits.MAX_PIXELS` explains, and there are a few cores at most."""


class Places:
    """A number of places for threads. Those that wait get one in the order in which they came.

    With a lock of Python's own, a thread that works on one picture after the other would leave none to the others. A
    thread with a place may enter again.

    Attributes:
        waiting: how many threads wait.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._lock = threading.Lock()
        self._queue: deque[threading.Lock] = deque()
        self._entered = threading.local()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def __enter__(self) -> None:
        depth = getattr(self._entered, "depth", 0)
        if not depth:
            self._take()
        self._entered.depth = depth + 1

    def __exit__(self, *_: object) -> None:
        self._entered.depth -= 1
        if not self._entered.depth:
            self._give()

    def _take(self) -> None:
        with self._lock:
            if self._free:
                self._free -= 1
                return
            turn = threading.Lock()
            turn.acquire()
            self._queue.append(turn)
        turn.acquire()

    def _give(self) -> None:
        with self._lock:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._free += 1


_places = Places(_AT_A_TIME)
_NO_LIMIT = nullcontext()


def memory_for(pixels: int) -> AbstractContextManager[object]:
    """Return a context manager to hold while a picture of that many pixels is decoded, changed or encoded.

    A thread that holds one may enter another.
    """
    return _places if pixels > _LARGE else _NO_LIMIT
