"""The thread of a bridge: sends the frames of a queue through a writer, and makes a new writer after each failure."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from msgspec.structs import replace

from mqttcam.backoff import Backoff
from mqttcam.outputs.connection_status import ConnectionStatus
from mqttcam.outputs.queue import Queue, QueuedMessage
from mqttcam.outputs.size_limit import SizeLimit
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import DeliveryReport, SendAgain, TooLarge, Writer, WriterFailed

log = logging.getLogger(__name__)

_IDLE, _POLL, _OFF = 0.5, 0.05, 5.0
"""Seconds to wait for a frame, for a delivery report, and between two looks while switched off."""
_FLUSH, _JOIN, _ABORTED = 0.5, 0.6, 0.3
"""Parts of the time to stop: for sending, until a frame that hangs is aborted, and from then on."""


class WriterThread:
    """Never raises, and never ends before `stop`. Counts in `queue.counts`.

    Attributes:
        enabled: whether to send.
        stopping: whether `stop` was called.
        status: whether the destination is reached.
        next_try: when the next attempt to connect begins, in seconds of `time.monotonic`; None if none is pending.
    """

    def __init__(
        self,
        name: str,
        queue: Queue,
        make_writer: Callable[[], Writer],
        shrink_jpeg: Callable[[bytes, int], bytes | None],
        limited: Callable[[], bool],
        changed: Callable[[], None],
        *,
        enabled: bool,
        at_least_once: bool,
        timing: OutputTiming,
    ) -> None:
        """Do nothing before `start`.

        Args:
            shrink_jpeg: returns a JPEG of at most so many bytes, or None if it is not to be sent; raises ValueError if
                it is broken.
            limited: returns whether `limit` has an effect on the present pictures.
            changed: called when `status` has changed.
            at_least_once: send a failed frame again; otherwise drop it (at most once).
        """
        self.enabled = enabled
        self.stopping = False
        self.status = ConnectionStatus(name, changed, timing)
        self.next_try: float | None = None
        self._limit = SizeLimit(timing)
        self._name = name
        self._queue = queue
        self._counts = queue.counts
        self._make_writer = make_writer
        self._shrink_jpeg = shrink_jpeg
        self._limited = limited
        self._at_least_once = at_least_once
        self._writer: Writer | None = None
        self._backoff = Backoff(timing.first_retry, timing.last_retry, jitter=0.5)
        self._last_retry = timing.last_retry
        self._deadline = 0.0
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name.replace(" ", "-"), daemon=True)

    @property
    def limit(self) -> int | None:
        """Bytes that a picture may have; None while that is not known."""
        return self._limit.value

    def start(self) -> None:
        self._thread.start()

    def set_enabled(self, enabled: bool) -> None:
        """Switch sending on or off; off closes the connection and drops the frames in memory."""
        self.enabled = enabled
        if not enabled:
            self._queue.clear("off")
        self._wake.set()

    def try_again(self) -> None:
        """Connect now if an attempt is pending."""
        if self.next_try is not None:
            self._wake.set()

    def stop(self, timeout: float) -> None:
        """Send what can be sent within `timeout` seconds, and end; a thread that still hangs then is abandoned."""
        dropped = self._counts.total_dropped
        self._deadline = time.monotonic() + timeout * _FLUSH
        self.stopping = True
        self._wake.set()
        self._queue.release()
        self._thread.join(timeout * _JOIN)
        if (writer := self._writer) is not None:
            writer.abort()
        self._thread.join(timeout * _ABORTED)
        self._queue.close()
        if lost := self._counts.total_dropped - dropped:
            log.warning("%s: stopped, %d pictures were not sent", self._name, lost)

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
                log.exception("%s: making or closing a writer failed; trying again", self._name)
                self._pause_before_retry(self._last_retry)
        self._queue.clear("off")
        self.status.ended()

    def _connect(self) -> None:
        """Run one writer from open to close, and pause after a failure."""
        writer = self._writer = self._make_writer()
        failure: Exception | None = None
        try:
            writer.open(self.status.writer_problem)
            self._limit.announce(writer.limit())
            self.status.opened(str(writer))
            self._pump(writer)
        except Exception as error:  # noqa: BLE001 - whatever it is, a new writer comes
            failure = error
        self.status.answered(more=False)
        self._queue.give_back(writer.close())
        self._writer = None
        if failure is not None and not self.stopping:
            self._failed(failure)
            self._pause_before_retry(self._backoff.next())

    def _pump(self, writer: Writer) -> None:
        """Send until switched off or stopped.

        Raises:
            Exception: the writer has failed.
        """
        while self.enabled:
            idle = not writer.pending
            if self.stopping and ((idle and not len(self._queue)) or time.monotonic() > self._deadline):
                return
            if self._limit.due:
                self._ask_limit(writer)
            queued = self._next(_IDLE if idle else 0.0) if writer.room else None
            if queued is not None:
                self.status.sending()
                writer.send(queued)
            more = queued is not None and writer.room
            if delivery_reports := writer.delivery_reports(0.0 if more else _POLL):
                self.status.answered(more=bool(writer.pending))
                self._settle(writer, delivery_reports)

    def _next(self, timeout: float) -> QueuedMessage | None:
        """Return the oldest frame, made smaller if the limit has fallen since it was queued; None if there is none."""
        queued, limit = self._queue.take(timeout), self.limit
        if queued is None or limit is None or len(queued.payload) <= limit:
            return queued
        try:
            jpeg, reason = self._shrink_jpeg(queued.payload, limit), "size"
        except ValueError:
            jpeg, reason = None, "broken"
        if jpeg is not None:
            return replace(queued, payload=jpeg)
        self._counts.add_dropped(reason)
        self._queue.done(queued)
        return None

    def _settle(self, writer: Writer, delivery_reports: list[DeliveryReport]) -> None:
        """Count the delivery reports; put frames that are to be sent again back into the queue.

        Raises:
            _SendFailed: a new writer is needed.
        """
        again = []
        failure: Exception | None = None
        for delivery in delivery_reports:
            queued, error = delivery.frame, delivery.error
            if error is None:
                self._backoff.reset()
                self.status.delivered()
                self._counts.sent += 1
                self._queue.done(queued)
                continue
            self._counts.errors += 1
            if isinstance(error, TooLarge):
                self._shrink(writer, len(queued.payload))
                again.append(queued)
                continue
            if isinstance(error, SendAgain):
                again.append(queued)
                continue
            failure = failure or error
            if self._at_least_once:
                again.append(queued)
            else:
                self._counts.add_dropped("failed")
                self._queue.done(queued)
        if again:
            self._queue.give_back(again)
        if failure is not None:
            raise _SendFailed(str(failure))

    def _ask_limit(self, writer: Writer) -> None:
        """Ask for the limit again if it makes pictures smaller: it may have been raised."""
        if not self._limited():
            self._limit.postpone()
            return
        before = self.limit
        self.status.sending()
        self._limit.raise_again(writer.limit())
        self.status.answered(more=bool(writer.pending))
        if self.limit != before:
            log.info("%s: the limit is now %d bytes per picture", self._name, self.limit)

    def _shrink(self, writer: Writer, refused: int) -> None:
        """Lower the limit after a refused picture."""
        if self._limit.refuse(refused, writer.limit()):
            log.warning(
                "%s: a picture of %d bytes was refused; the limit is now %d bytes",
                self._name,
                refused,
                self.limit,
            )

    def _failed(self, failure: Exception) -> None:
        sending = isinstance(failure, _SendFailed)
        if not sending:
            self._counts.errors += 1
        text = str(failure) if isinstance(failure, WriterFailed) else f"{type(failure).__name__}: {failure}"
        self.status.failed(text, sending=sending)

    def _pause_before_retry(self, seconds: float) -> None:
        self.next_try = time.monotonic() + seconds
        self._pause(seconds)
        self.next_try = None

    def _pause(self, seconds: float) -> None:
        self._wake.wait(seconds)
        self._wake.clear()


class _SendFailed(WriterFailed):
    """Sending has failed; its frames are already counted."""
