"""One camera's way out: frames in by the capture thread, out to a writer by a thread of its own."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace

from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.selection import selection
from mqttcam.camera.sizing import Sizer
from mqttcam.outputs.contact import Contact
from mqttcam.outputs.output import STOP_TIMEOUT, CameraFeed
from mqttcam.outputs.queue import Message, Queue
from mqttcam.outputs.writer import Outcome, TooLarge, Writer, WriterFailed
from mqttcam.schedule import parse
from mqttcam.settings.outputs import OutputSettings

log = logging.getLogger(__name__)

FIRST_RETRY, LAST_RETRY = 0.25, 10.0
"""Seconds between two tries to connect, at random up to these."""
_IDLE, _POLL, _OFF = 0.5, 0.05, 5.0
_MARGIN = 0.9
"""Of a size that was refused though it is within what is said to be taken."""
_FLUSH, _PATIENCE, _END = 0.5, 0.6, 0.3
"""Parts of the time to stop: for sending, until a message that hangs is given up, and from then on."""


class Bridge:
    """Counts in `tally`; never raises, never ends before `stop`."""

    def __init__(
        self,
        name: str,
        feed: CameraFeed,
        settings: OutputSettings,
        queue: Queue,
        make_writer: Callable[[], Writer],
        *,
        fit: bool = True,
        sure: bool = True,
    ) -> None:
        """Does nothing before `start`.

        Args:
            fit: a picture that is too large is made smaller, not left out.
            sure: what failed is sent again (at least once), not left out (at most once).
        """
        self.name = f"{name} {feed.id}"
        self.tally = queue.tally
        self.queue = queue
        self.enabled = settings.enabled
        self.contact = Contact(self.name, feed.changed)
        self._feed = feed
        schedule = parse(settings.schedule) if settings.schedule else None
        self._selection = selection(settings.rate, schedule, feed.moving if settings.on_motion else None)
        self._quality = settings.quality
        self._make_writer = make_writer
        self._sizer = Sizer(self.name, fit=fit)
        self._sure = sure
        self._writer: Writer | None = None
        self._limit: int | None = None
        self._failures = 0
        self._stopping = False
        self._deadline = 0.0
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name=self.name.replace(" ", "-"), daemon=True)

    @property
    def problem(self) -> str | None:
        """What is wrong, in words; None while all is well or nothing is to be sent."""
        return self.contact.problem or self.queue.problem

    def report(self) -> Mapping[str, object]:
        """As it stands in `health`: `lag` in seconds of the oldest that waits, `dropped_by` by reason (`Tally`)."""
        tally = self.tally
        return {
            "enabled": self.enabled,
            "connected": self.contact.connected,
            "sent": tally.sent,
            "dropped": tally.all_dropped,
            "dropped_by": dict(tally.dropped),
            "errors": tally.errors,
            "waiting": len(self.queue),
            "lag": round(max(self.queue.age, self.contact.silence), 3),
            "problem": self.problem,
        }

    def set_enabled(self, enabled: bool) -> None:
        """Off: nothing is taken, the connection is closed, and what waits in memory is dropped."""
        self.enabled = enabled
        if not enabled:
            self.queue.clear("off")
        self._wake.set()

    def start(self) -> None:
        self._feed.hub.subscribe(self)
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Send what can be sent within `timeout` seconds, and end; a thread that hangs even then is left behind."""
        self._feed.hub.unsubscribe(self)
        dropped = self.tally.all_dropped
        self._deadline = time.monotonic() + timeout * _FLUSH
        self._stopping = True
        self._wake.set()
        self.queue.release()
        self._thread.join(timeout * _PATIENCE)
        if (writer := self._writer) is not None:
            writer.abort()
        self._thread.join(timeout * _END)
        self.queue.close()
        if lost := self.tally.all_dropped - dropped:
            log.warning("%s: ends with %d pictures that were not sent", self.name, lost)

    # the capture thread

    def wants(self, frame: Frame) -> bool:
        """Whether the frame is one to be sent."""
        chosen = self._selection
        return self.enabled and not self._stopping and chosen is not None and chosen.due(frame.ts_ns)

    def deliver(self, frame: Frame) -> None:
        """Make it a picture of a size that is taken, and queue it.

        Raises:
            ValueError: the frame is broken.
            Expired: the camera was closed meanwhile; the frame counts for nothing.
        """
        try:
            picture = self._sizer.picture(frame, self._spec, self._limit)
        except ValueError:
            self.tally.take()
            self.tally.drop("broken")
            raise
        self.tally.take()
        if picture is None:
            self.tally.drop("size")
        else:
            self.queue.put(Message(picture.jpeg, picture.seq, picture.ts_ns))

    @property
    def _spec(self) -> PictureSpec:
        spec = self._feed.spec()
        return spec if self._quality is None else replace(spec, quality=self._quality)

    # the bridge's own thread

    def _run(self) -> None:
        while not self._stopping:
            if not self.enabled:
                self.queue.clear("off")
                self.contact.ended()
                self._pause(_OFF)
                continue
            try:
                self._connect()
            except Exception:
                log.exception("%s: a writer could not be made or closed", self.name)
                self._pause(LAST_RETRY)
        self.queue.clear("off")
        self.contact.ended()

    def _connect(self) -> None:
        """One writer, from open to close, and the pause after a failure."""
        writer = self._writer = self._make_writer()
        failure: Exception | None = None
        try:
            writer.open(self.contact.hear)
            self._limit = writer.limit()
            self.contact.reached(str(writer))
            self._pump(writer)
        except Exception as error:  # noqa: BLE001 - whatever it is, a new writer comes
            failure = error
        self.contact.answered(more=False)
        self.queue.give_back(writer.close())
        self._writer = None
        if failure is not None and not self._stopping:
            self._failed(failure)
            self._pause(random.uniform(0.5, 1) * min(LAST_RETRY, FIRST_RETRY * 2**self._failures))

    def _pump(self, writer: Writer) -> None:
        """Send until switched off, told to stop, or the writer fails."""
        while self.enabled:
            idle = not writer.pending
            if self._stopping and ((idle and not len(self.queue)) or time.monotonic() > self._deadline):
                return
            message = self._next(_IDLE if idle else 0.0) if writer.room else None
            if message is not None:
                self.contact.sends()
                writer.send(message)
            more = message is not None and writer.room
            if outcomes := writer.outcomes(0.0 if more else _POLL):
                self.contact.answered(more=bool(writer.pending))
                self._settle(writer, outcomes)

    def _next(self, timeout: float) -> Message | None:
        """The oldest that waits, made smaller if less is taken than was known when it was queued."""
        message, limit = self.queue.take(timeout), self._limit
        if message is None or limit is None or len(message.jpeg) <= limit:
            return message
        try:
            jpeg, reason = self._sizer.again(message.jpeg, self._spec, limit), "size"
        except ValueError:
            jpeg, reason = None, "broken"
        if jpeg is not None:
            return replace(message, jpeg=jpeg)
        self.tally.drop(reason)
        self.queue.done(message)
        return None

    def _settle(self, writer: Writer, outcomes: list[Outcome]) -> None:
        """Count what came to its end; what has to be sent again goes back.

        Raises:
            _SendFailed: a new writer is needed.
        """
        again = []
        failure: Exception | None = None
        for outcome in outcomes:
            message, error = outcome.message, outcome.error
            if error is None:
                self._failures = 0
                self.contact.got_through()
                self.tally.sent += 1
                self.queue.done(message)
                continue
            self.tally.errors += 1
            if isinstance(error, TooLarge):
                self._shrink(writer, len(message.jpeg))
                again.append(message)
                continue
            failure = failure or error
            if self._sure:
                again.append(message)
            else:
                self.tally.drop("failed")
                self.queue.done(message)
        self.queue.give_back(again)
        if failure is not None:
            raise _SendFailed(str(failure))

    def _shrink(self, writer: Writer, refused: int) -> None:
        """Less is taken than was said."""
        if self._limit is None or refused <= self._limit:
            self._limit = min(writer.limit(), int(refused * _MARGIN))
            log.warning("%s: a picture of %d bytes was refused", self.name, refused)

    def _failed(self, failure: Exception) -> None:
        sending = isinstance(failure, _SendFailed)
        if not sending:
            self.tally.errors += 1
        self._failures = min(self._failures + 1, 20)
        words = str(failure) if isinstance(failure, WriterFailed) else f"{type(failure).__name__}: {failure}"
        self.contact.lost(words, sending=sending)

    def _pause(self, seconds: float) -> None:
        self._wake.wait(seconds)
        self._wake.clear()


class _SendFailed(WriterFailed):
    """Its messages are counted already."""


class BridgedOutput(ABC):
    """The `Output` of subclasses, which make the bridges."""

    name: str
    title: str

    def __init__(self) -> None:
        self.bridges: dict[str, Bridge] = {}

    @abstractmethod
    def make(self, feed: CameraFeed) -> Bridge:
        """A camera's bridge, not started."""

    def attach(self, feed: CameraFeed) -> None:
        """Send a camera's frames from now on."""
        bridge = self.bridges[feed.id] = self.make(feed)
        bridge.start()

    async def detach(self, camera_id: str) -> None:
        """Let go of a camera; what waits has a moment to go out."""
        if (bridge := self.bridges.pop(camera_id, None)) is not None:
            await asyncio.to_thread(bridge.stop, STOP_TIMEOUT)

    async def stop(self) -> None:
        """Let go of all."""
        await asyncio.gather(*(self.detach(camera_id) for camera_id in tuple(self.bridges)))

    def is_enabled(self, camera_id: str) -> bool | None:
        bridge = self.bridges.get(camera_id)
        return None if bridge is None else bridge.enabled

    def set_enabled(self, camera_id: str, enabled: bool) -> None:
        if (bridge := self.bridges.get(camera_id)) is not None:
            bridge.set_enabled(enabled)

    def report(self, camera_id: str) -> Mapping[str, object] | None:
        bridge = self.bridges.get(camera_id)
        return None if bridge is None else bridge.report()

    def problems(self) -> Mapping[str, list[str]]:
        cameras: dict[str, list[str]] = {}
        for camera_id, bridge in self.bridges.items():
            if bridge.enabled and (problem := bridge.problem):
                cameras.setdefault(problem, []).append(camera_id)
        return cameras
