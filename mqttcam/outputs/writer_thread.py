"""Sends what waits in a queue, in a thread of its own: through one writer after the other, whatever becomes of each."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from mqttcam.outputs.connection_status import ConnectionStatus
from mqttcam.outputs.queue import Queue, QueuedFrame
from mqttcam.outputs.writer import DeliveryReport, TooLarge, Writer, WriterFailed

log = logging.getLogger(__name__)

FIRST_RETRY, LAST_RETRY = 0.25, 10.0
"""Seconds between two tries to connect, at random up to these."""
_IDLE, _POLL, _OFF = 0.5, 0.05, 5.0
_MARGIN = 0.9
"""Of a size that was refused though it is within what is said to be taken."""
_FLUSH, _PATIENCE, _END = 0.5, 0.6, 0.3
"""Parts of the time to stop: for sending, until a message that hangs is given up, and from then on."""


class WriterThread:
    """Never raises, never ends before `stop`. Counts in the queue's counts.

    Attributes:
        enabled: it is to send.
        stopping: it was told to end.
        limit: bytes that a picture may have, as far as is known; `None`: as many as it likes.
        status: whether the other end is reached.
    """

    def __init__(
        self,
        name: str,
        queue: Queue,
        make_writer: Callable[[], Writer],
        shrink_jpeg: Callable[[bytes, int], bytes | None],
        changed: Callable[[], None],
        *,
        enabled: bool,
        at_least_once: bool,
    ) -> None:
        """Does nothing before `start`.

        Args:
            again: makes a JPEG that is too large one of at most so many bytes; `None`: it is not to be sent. Raises
                ValueError where it is broken.
            changed: called when `status` has changed.
            at_least_once: what failed is sent again (at least once), not left out (at most once).
        """
        self.enabled = enabled
        self.stopping = False
        self.limit: int | None = None
        self.status = ConnectionStatus(name, changed)
        self._name = name
        self._queue = queue
        self._counts = queue.counts
        self._make_writer = make_writer
        self._shrink_jpeg = shrink_jpeg
        self._at_least_once = at_least_once
        self._writer: Writer | None = None
        self._failures = 0
        self._deadline = 0.0
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name.replace(" ", "-"), daemon=True)

    def start(self) -> None:
        self._thread.start()

    def set_enabled(self, enabled: bool) -> None:
        """Off: the connection is closed, and what waits in memory is dropped."""
        self.enabled = enabled
        if not enabled:
            self._queue.clear("off")
        self._wake.set()

    def stop(self, timeout: float) -> None:
        """Send what can be sent within `timeout` seconds, and end; a thread that hangs even then is left behind."""
        dropped = self._counts.total_dropped
        self._deadline = time.monotonic() + timeout * _FLUSH
        self.stopping = True
        self._wake.set()
        self._queue.release()
        self._thread.join(timeout * _PATIENCE)
        if (writer := self._writer) is not None:
            writer.abort()
        self._thread.join(timeout * _END)
        self._queue.close()
        if lost := self._counts.total_dropped - dropped:
            log.warning("%s: ends with %d pictures that were not sent", self._name, lost)

    # the thread

    def _run(self) -> None:
        while not self.stopping:
            if not self.enabled:
                self._queue.clear("off")
                self.status.ended()
                self._pause(_OFF)
                continue
            try:
                self._connect()
            except Exception:
                log.exception("%s: a writer could not be made or closed", self._name)
                self._pause(LAST_RETRY)
        self._queue.clear("off")
        self.status.ended()

    def _connect(self) -> None:
        """One writer, from open to close, and the pause after a failure."""
        writer = self._writer = self._make_writer()
        failure: Exception | None = None
        try:
            writer.open(self.status.hear)
            self.limit = writer.limit()
            self.status.reached(str(writer))
            self._pump(writer)
        except Exception as error:  # noqa: BLE001 - whatever it is, a new writer comes
            failure = error
        self.status.answered(more=False)
        self._queue.give_back(writer.close())
        self._writer = None
        if failure is not None and not self.stopping:
            self._failed(failure)
            self._pause(random.uniform(0.5, 1) * min(LAST_RETRY, FIRST_RETRY * 2**self._failures))

    def _pump(self, writer: Writer) -> None:
        """Send until switched off, told to stop, or the writer fails."""
        while self.enabled:
            idle = not writer.pending
            if self.stopping and ((idle and not len(self._queue)) or time.monotonic() > self._deadline):
                return
            message = self._next(_IDLE if idle else 0.0) if writer.room else None
            if message is not None:
                self.status.sends()
                writer.send(message)
            more = message is not None and writer.room
            if delivery_reports := writer.delivery_reports(0.0 if more else _POLL):
                self.status.answered(more=bool(writer.pending))
                self._settle(writer, delivery_reports)

    def _next(self, timeout: float) -> QueuedFrame | None:
        """The oldest that waits, made smaller if less is taken than was known when it was queued."""
        message, limit = self._queue.take(timeout), self.limit
        if message is None or limit is None or len(message.jpeg) <= limit:
            return message
        try:
            jpeg, reason = self._shrink_jpeg(message.jpeg, limit), "size"
        except ValueError:
            jpeg, reason = None, "broken"
        if jpeg is not None:
            return replace(message, jpeg=jpeg)
        self._counts.add_dropped(reason)
        self._queue.done(message)
        return None

    def _settle(self, writer: Writer, delivery_reports: list[DeliveryReport]) -> None:
        """Count what came to its end; what has to be sent again goes back.

        Raises:
            _SendFailed: a new writer is needed.
        """
        again = []
        failure: Exception | None = None
        for delivery in delivery_reports:
            message, error = delivery.message, delivery.error
            if error is None:
                self._failures = 0
                self.status.got_through()
                self._counts.sent += 1
                self._queue.done(message)
                continue
            self._counts.errors += 1
            if isinstance(error, TooLarge):
                self._shrink(writer, len(message.jpeg))
                again.append(message)
                continue
            failure = failure or error
            if self._at_least_once:
                again.append(message)
            else:
                self._counts.add_dropped("failed")
                self._queue.done(message)
        self._queue.give_back(again)
        if failure is not None:
            raise _SendFailed(str(failure))

    def _shrink(self, writer: Writer, refused: int) -> None:
        """Less is taken than was said."""
        if self.limit is None or refused <= self.limit:
            self.limit = min(writer.limit(), int(refused * _MARGIN))
            log.warning("%s: a picture of %d bytes was refused", self._name, refused)

    def _failed(self, failure: Exception) -> None:
        sending = isinstance(failure, _SendFailed)
        if not sending:
            self._counts.errors += 1
        self._failures = min(self._failures + 1, 20)
        words = str(failure) if isinstance(failure, WriterFailed) else f"{type(failure).__name__}: {failure}"
        self.status.lost(words, sending=sending)

    def _pause(self, seconds: float) -> None:
        self._wake.wait(seconds)
        self._wake.clear()


class _SendFailed(WriterFailed):
    """Its messages are counted already."""
