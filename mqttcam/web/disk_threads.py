"""Threads that read files for the web server, from a disk that may be slow or not answer.

They are not those of `asyncio.to_thread`, which the state of the daemon and logins need.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
import stat
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TypeVar

from mqttcam.files import open_beneath
from mqttcam.recordings.worker import WorkerThread
from mqttcam.web.errors import RETRY_AFTER, ApiError

T = TypeVar("T")

_THREADS = 4
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP})


class OpenFile:
    """A file that is read in one of the threads.

    Attributes:
        stat: of the file.
    """

    def __init__(self, descriptor: int, thread: WorkerThread, timeout: float) -> None:
        self.stat = os.fstat(descriptor)
        self._descriptor = descriptor
        self._thread = thread
        self._timeout = timeout

    async def read(self, offset: int, count: int) -> bytes:
        """Return bytes of the file, fewer at its end.

        Raises:
            ApiError: the disk does not answer.
            OSError: the disk has failed.
        """
        return await _answer(
            self._thread.call(partial(os.pread, self._descriptor, count, offset)), self._timeout
        )

    def close(self) -> None:
        """Close the file after the reads that were begun."""
        self._thread.call(partial(os.close, self._descriptor))


class DiskThreads:
    """Opens files. A file that hangs delays a part of the others at most."""

    def __init__(self, timeout: float) -> None:
        """`timeout`: seconds after which a disk counts as one that does not answer."""
        self._threads = [WorkerThread(f"files {number}") for number in range(_THREADS)]
        self._next = itertools.cycle(self._threads)
        self._timeout = timeout

    async def open(self, folder: Path, path: Path) -> OpenFile | None:
        """Open a regular file beneath a folder; return None if it is not there, or behind a symbolic link.

        Raises:
            ApiError: the disk does not answer.
            OSError: the disk has failed.
        """
        thread = next(self._next)
        if thread.is_overloaded:
            raise _no_answer()
        future = thread.call(partial(_open, folder, path))
        try:
            descriptor = await _answer(future, self._timeout)
        except (ApiError, asyncio.CancelledError):
            future.add_done_callback(_close_late)
            raise
        return None if descriptor is None else OpenFile(descriptor, thread, self._timeout)

    def stop(self) -> None:
        """End the threads, without waiting for a disk."""
        for thread in self._threads:
            thread.stop(0)


async def _answer(future: Future[T], seconds: float) -> T:
    try:
        async with asyncio.timeout(seconds):
            return await asyncio.wrap_future(future)
    except TimeoutError:
        raise _no_answer() from None


def _no_answer() -> ApiError:
    message = "the disk of the recordings does not answer"
    return ApiError(503, "unavailable", message, headers={"Retry-After": RETRY_AFTER})


def _open(folder: Path, path: Path) -> int | None:
    try:
        descriptor = open_beneath(folder, path)
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def _close_late(future: Future[int | None]) -> None:
    if not future.cancelled() and future.exception() is None and (descriptor := future.result()) is not None:
        os.close(descriptor)
