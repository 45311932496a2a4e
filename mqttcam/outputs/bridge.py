"""One camera's way out: frames in by the capture thread, out to a writer by a thread of its own."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from mqttcam.camera.frame import Frame, Picture, PictureSpec, fitted
from mqttcam.imaging.fit import Fitter
from mqttcam.outputs.message import Message, Queue, Tally
from mqttcam.outputs.selection import Selection
from mqttcam.outputs.writer import Outcome, TooLarge, Writer, WriterFailed

log = logging.getLogger(__name__)

FIRST_RETRY, LAST_RETRY = 0.25, 10.0
"""Seconds between two tries to connect, at random up to these."""
_IDLE, _POLL, _OFF = 0.5, 0.05, 5.0
_MARGIN = 0.9
"""Of a size that was refused without a word on what would be taken."""
_FLUSH, _JOIN = 0.5, 0.8
"""Parts of the time to stop: for sending, and for the thread to end."""


class Bridge:
    """Counts in `tally`; never raises, never ends before `stop`.

    Attributes:
        connected: there is a writer that has reached the other end.
        problem: what is wrong, in words; None while all is well or nothing is to be sent.
    """

    def __init__(
        self,
        name: str,
        queue: Queue,
        tally: Tally,
        selection: Selection,
        spec: Callable[[], PictureSpec],
        make_writer: Callable[[], Writer],
        *,
        fit: bool = True,
        sure: bool = True,
        enabled: bool = True,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Does nothing before `start`.

        Args:
            fit: a picture that is too large is made smaller, not left out.
            sure: what failed is sent again (at least once), not left out (at most once).
            changed: called from the bridge's thread when `connected` or `problem` has changed.
        """
        self.name = name
        self.tally = tally
        self.connected = False
        self.problem: str | None = None
        self._queue = queue
        self._selection = selection
        self._spec = spec
        self._make_writer = make_writer
        self._fit = fit
        self._sure = sure
        self._enabled = enabled
        self._changed = changed
        self._fitter = Fitter()
        self._limit: int | None = None
        self._size_said = False
        self._failures = 0
        self._stopping = False
        self._deadline = 0.0
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name.replace(" ", "-"), daemon=True)

    @property
    def waiting(self) -> int:
        """Frames that wait."""
        return len(self._queue)

    @property
    def lag(self) -> float:
        """Seconds that the oldest of them has waited."""
        return self._queue.age

    @property
    def enabled(self) -> bool:
        return self._enabled

    def set_enabled(self, enabled: bool) -> None:
        """Off: nothing is taken, the connection is closed, and what waits in memory is dropped."""
        self._enabled = enabled
        if not enabled:
            self._queue.clear("off")
        self._wake.set()

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Send what can be sent within `timeout` seconds, and end; a thread that hangs is left behind."""
        self._deadline = time.monotonic() + timeout * _FLUSH
        self._stopping = True
        self._wake.set()
        self._queue.release()
        self._thread.join(timeout * _JOIN)
        self._queue.close()

    # the capture thread

    def wants(self, frame: Frame) -> bool:
        """Whether the frame is one to be sent."""
        return self._enabled and not self._stopping and self._selection.due(frame.ts_ns)

    def deliver(self, frame: Frame) -> None:
        """Make it a picture of a size that is taken, and queue it.

        Raises:
            ValueError: the frame is broken.
            Expired: the camera was closed meanwhile; the frame counts for nothing.
        """
        try:
            picture = self._picture(frame)
        except ValueError:
            self.tally.take()
            self.tally.drop("broken")
            raise
        self.tally.take()
        if picture is None:
            self.tally.drop("size")
        else:
            self._queue.put(Message(picture.jpeg, picture.seq, picture.ts_ns))

    def _picture(self, frame: Frame) -> Picture | None:
        spec, limit = self._spec(), self._limit
        if not self._fit and limit is not None:
            picture = frame.picture(spec)
            size = len(picture.jpeg)
            if size <= limit:
                return picture
            self._say("%s: pictures of %d bytes are not sent, at most %d", size, limit)
            return None
        made = fitted(frame, spec, limit, self._fitter)
        if made is None:
            self._say("%s: pictures cannot be made as small as %d bytes", limit)
        elif self._fitter.step:
            words = "%s: pictures are larger than %d bytes: they are sent as %dx%d at quality %d"
            self._say(words, limit, made.width, made.height, made.quality)
        return made

    def _say(self, words: str, *values: object) -> None:
        """Something of sizes, the first time."""
        if not self._size_said:
            self._size_said = True
            log.warning(words, self.name, *values)

    # the bridge's own thread

    def _run(self) -> None:
        while not self._stopping:
            if self._enabled:
                self._connect()
            else:
                self._show(connected=False, problem=None)
                self._pause(_OFF)
        self._queue.clear("off")
        self._show(connected=False, problem=self.problem)

    def _connect(self) -> None:
        """One writer, from open to close, and the pause after a failure."""
        writer = self._make_writer()
        failure: Exception | None = None
        try:
            self._limit = writer.open()
            self._reached()
            self._pump(writer)
        except Exception as error:  # noqa: BLE001 - whatever it is, a new writer comes
            failure = error
        self._queue.give_back(writer.close())
        if failure is not None:
            self._failed(failure)
            self._pause(random.uniform(0.5, 1) * min(LAST_RETRY, FIRST_RETRY * 2**self._failures))

    def _pump(self, writer: Writer) -> None:
        """Send until switched off, told to stop, or the writer fails."""
        while self._enabled:
            idle = not writer.pending
            if self._stopping and ((idle and not len(self._queue)) or time.monotonic() > self._deadline):
                return
            if writer.room:
                message = self._queue.take(_IDLE if idle else 0.0)
                if message is not None:
                    writer.send(message)
            more = writer.room and len(self._queue)
            self._settle(writer.outcomes(0.0 if more else _POLL))

    def _settle(self, outcomes: list[Outcome]) -> None:
        """Count what came to its end; what has to be sent again goes back.

        Raises:
            Exception: the first failure, where a new writer is needed.
        """
        failed = []
        failure: Exception | None = None
        for outcome in outcomes:
            message, error = outcome.message, outcome.error
            if error is None:
                self.tally.sent += 1
                self._failures = 0
            else:
                self.tally.errors += 1
                if isinstance(error, TooLarge):
                    self._shrink(len(message.jpeg))
                    self.tally.drop("size")
                else:
                    failure = failure or error
                    if self._sure:
                        failed.append(message)
                        continue
                    self.tally.drop("failed")
            self._queue.done(message)
        self._queue.give_back(failed)
        if failure is not None:
            raise _SendFailed(str(failure))

    def _shrink(self, refused: int) -> None:
        """Less is taken than was said."""
        self._limit = min(self._limit or refused, int(refused * _MARGIN))
        log.warning("%s: a picture of %d bytes was refused", self.name, refused)

    def _reached(self) -> None:
        if self.problem is not None:
            log.info("%s: connected again", self.name)
        self._show(connected=True, problem=None)

    def _failed(self, failure: Exception) -> None:
        if not isinstance(failure, _SendFailed):
            self.tally.errors += 1
        words = str(failure) if isinstance(failure, WriterFailed) else f"{type(failure).__name__}: {failure}"
        log.log(logging.DEBUG if self.problem else logging.WARNING, "%s: %s; trying again", self.name, words)
        self._failures = min(self._failures + 1, 20)
        self._show(connected=False, problem=words)

    def _show(self, *, connected: bool, problem: str | None) -> None:
        if (connected, problem) != (self.connected, self.problem):
            self.connected, self.problem = connected, problem
            self._changed()

    def _pause(self, seconds: float) -> None:
        self._wake.wait(seconds)
        self._wake.clear()


class _SendFailed(WriterFailed):
    """Its messages are counted already."""
