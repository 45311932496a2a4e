"""A small file whose content must survive: written in two copies, and again until that succeeds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from mqttcam.backoff import Backoff
from mqttcam.files import write_atomically
from mqttcam.listeners import Listeners

log = logging.getLogger(__name__)


class WriteTiming(Struct, frozen=True):
    """All in seconds.

    Attributes:
        answer: the time limit for a write; one that takes longer counts as failed.
        first_retry: the delay before the first new attempt; doubled before each further one.
        last_retry: the longest delay between two attempts.
    """

    answer: float = 5.0
    first_retry: float = 1.0
    last_retry: float = 5.0


WRITE_TIMING = WriteTiming()


class DurableFile:
    """Writes the present content to the file, and then to the copy beside it.

    Attributes:
        problem: why the content is not on disk, in words; `None` while it is.
        listeners: called when `problem` has changed.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        content: Callable[[], bytes],
        *,
        lost: str,
        timing: WriteTiming = WRITE_TIMING,
        write: Callable[[Path, bytes], None] = write_atomically,
    ) -> None:
        """Write nothing yet.

        Args:
            paths: of the file and of its copies.
            content: returns the content to write.
            lost: the consequence of a restart while the content is not on disk, for the message.
        """
        self.problem: str | None = None
        self.listeners = Listeners(f"the file {paths[0]}")
        self._paths = paths
        self._content = content
        self._lost = lost
        self._timing = timing
        self._write = write
        self._backoff = Backoff(timing.first_retry, timing.last_retry, jitter=0)
        self._dirty = False
        self._writing: asyncio.Task[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._retrying: asyncio.Task[bool] | None = None

    def changed(self) -> None:
        """Note that the content has changed; `save` writes it."""
        self._dirty = True

    @property
    def next_try(self) -> float | None:
        """When the content is written again, in seconds of the event loop's clock; None if no attempt is pending."""
        return None if self._retry is None else self._retry.when()

    def try_again(self) -> None:
        """Write the content now if an attempt is pending."""
        if self._retry is not None:
            self._retry.cancel()
            self._write_again()

    async def save(self) -> bool:
        """Write the content if it has changed, and return whether it is on disk; concurrent calls share a write.

        A failure is logged once; the content is then written again, with growing pauses, until that succeeds.
        """
        self._dirty |= self.problem is not None and self._writing is None
        while self._dirty or self._writing is not None:
            if self._writing is None:
                self._dirty = False
                self._writing = asyncio.create_task(self._write_all(self._content()), name="write")
            writing = self._writing
            await asyncio.wait([writing], timeout=self._timing.answer)
            if not writing.done():
                self._set_problem("the disk does not answer")
                return False
        return self.problem is None

    async def _write_all(self, data: bytes) -> None:
        try:
            for path in self._paths:
                await asyncio.to_thread(self._write, path, data)
        except Exception as error:  # noqa: BLE001 - whatever it is, the content is not on disk
            self._set_problem(getattr(error, "strerror", None) or str(error))
            if self._retry is None:
                loop = asyncio.get_running_loop()
                self._retry = loop.call_later(self._backoff.next(), self._write_again)
        else:
            self._backoff.reset()
            self._set_problem(None)
        finally:
            self._writing = None

    def _write_again(self) -> None:
        self._retry = None
        self._retrying = asyncio.create_task(self.save(), name="write again")

    def _set_problem(self, reason: str | None) -> None:
        problem = reason and f"{self._paths[0]} cannot be written: {reason}; {self._lost}"
        if problem == self.problem:
            return
        if problem is None:
            log.info("%s: written again", self._paths[0])
        elif self.problem is None:
            log.error("%s; retrying until it succeeds", problem)
        self.problem = problem
        self.listeners.notify()
