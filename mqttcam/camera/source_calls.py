"""What is asked of an open source: done in its capture thread, between two frames."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mqttcam.camera.source import Source
from mqttcam.camera.wakeup import Wakeup

Result = TypeVar("Result")


@dataclass(eq=False, slots=True)
class SourceCall(Generic[Result]):
    """One thing to do.

    Attributes:
        work: does it, in the capture thread.
        result: resolves on the loop with what that gave; fails with what it raised.
    """

    work: Callable[[Source], Result]
    result: asyncio.Future[Result]

    def do(self, source: Source) -> None:
        """Do it now, in the capture thread."""
        loop = self.result.get_loop()
        try:
            result = self.work(source)
        except Exception as error:  # noqa: BLE001 - it is the caller's
            tell(loop, _fail, self.result, error)
        else:
            tell(loop, resolve, self.result, result)


class CallQueue:
    """Those of one capture; they are given and withdrawn on the loop.

    Attributes:
        waiting: the next one first; for the capture thread to take.
    """

    def __init__(self, wake: Wakeup) -> None:
        """Belongs to the running loop; `wake` is the capture thread's."""
        self.waiting: deque[SourceCall[Any]] = deque()
        self._wake = wake
        self._loop = asyncio.get_running_loop()

    def submit(self, work: Callable[[Source], Result], *, at_once: bool = True) -> SourceCall[Result]:
        """Have it done; `at_once`: the wait for the next frame ends for it."""
        call = SourceCall(work, self._loop.create_future())
        self.waiting.append(call)
        if at_once:
            self._wake.set()
        return call

    def cancel(self, call: SourceCall[Any]) -> bool:
        """Take back what was not begun; whether it was not."""
        with contextlib.suppress(ValueError, IndexError):  # it is gone from the queue: it was begun
            self.waiting.remove(call)
            return True
        return False


def tell(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *arguments: object) -> None:
    """Call back on a loop, from any thread."""
    with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to be told
        loop.call_soon_threadsafe(callback, *arguments)


def resolve(future: asyncio.Future[Any], result: object) -> None:
    """Give a future its result, unless nobody waits for it any more."""
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
