"""Calls into an open source, made by its capture thread between two frames."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct

from mqttcam.camera.open_source import OpenSource
from mqttcam.camera.wakeup import Wakeup

Result = TypeVar("Result")


class SourceCall(Struct, Generic[Result], eq=False):
    """One call.

    Attributes:
        function: is called in the capture thread.
        result: resolves on the loop with the function's result or exception.
    """

    function: Callable[[OpenSource], Result]
    result: asyncio.Future[Result]

    def run(self, source: OpenSource) -> None:
        """Make the call; in the capture thread."""
        loop = self.result.get_loop()
        try:
            result = self.function(source)
        except Exception as error:  # noqa: BLE001 - it is passed to the caller
            call_soon(loop, _set_exception, self.result, error)
        else:
            call_soon(loop, set_result, self.result, result)


class CallQueue:
    """The calls of one capture; submitted and cancelled on the loop.

    Attributes:
        waiting: calls that were not begun, the oldest first; the capture thread takes them from here.
    """

    def __init__(self, wakeup: Wakeup) -> None:
        """`wakeup` ends the capture thread's wait for the next frame."""
        self.waiting: deque[SourceCall[Any]] = deque()
        self._wakeup = wakeup
        self._loop = asyncio.get_running_loop()

    def submit(self, function: Callable[[OpenSource], Result], *, at_once: bool = True) -> SourceCall[Result]:
        """Have `function` called; `at_once` ends the wait for the next frame for it."""
        call = SourceCall(function, self._loop.create_future())
        self.waiting.append(call)
        if at_once:
            self._wakeup.set()
        return call

    def cancel(self, call: SourceCall[Any]) -> bool:
        """Remove a call unless it was begun; return whether it was removed."""
        with contextlib.suppress(ValueError, IndexError):  # it is not in the queue any more: it was begun
            self.waiting.remove(call)
            return True
        return False


def call_soon(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *arguments: object) -> None:
    """Schedule a callback on a loop from any thread; does nothing if the loop is closed."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(callback, *arguments)


def set_result(future: asyncio.Future[Any], result: object) -> None:
    """Resolve a future unless it is done or cancelled."""
    if not future.done():
        future.set_result(result)


def _set_exception(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
