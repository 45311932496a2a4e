"""One camera's way out: which frames are sent and as what, in the capture thread; a `WriterThread` does the rest."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace

from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.picture_encoder import PictureEncoder
from mqttcam.camera.selection import selection
from mqttcam.outputs.output import STOP_TIMEOUT, CameraFeed
from mqttcam.outputs.queue import Queue, QueuedFrame
from mqttcam.outputs.writer import Writer
from mqttcam.outputs.writer_thread import WriterThread
from mqttcam.schedule import parse
from mqttcam.settings.outputs import OutputSettings


class Bridge:
    """Takes the frames that are due and queues their pictures. Counts in `counts`."""

    def __init__(
        self,
        name: str,
        feed: CameraFeed,
        settings: OutputSettings,
        queue: Queue,
        make_writer: Callable[[], Writer],
        *,
        fit: bool = True,
        at_least_once: bool = True,
    ) -> None:
        """Does nothing before `start`.

        Args:
            fit: a picture that is too large is made smaller, not left out.
            at_least_once: what failed is sent again (at least once), not left out (at most once).
        """
        self.name = f"{name} {feed.id}"
        self.counts = queue.counts
        self.queue = queue
        self._feed = feed
        schedule = parse(settings.schedule) if settings.schedule else None
        self._selection = selection(settings.rate, schedule, feed.moving if settings.on_motion else None)
        self._quality = settings.quality
        self._encoder = PictureEncoder(self.name, fit=fit)
        self._writer_thread = WriterThread(
            self.name,
            queue,
            make_writer,
            self._shrink_jpeg,
            feed.changed,
            enabled=settings.enabled,
            at_least_once=at_least_once,
        )

    @property
    def enabled(self) -> bool:
        """Frames are to be sent."""
        return self._writer_thread.enabled

    @property
    def problem(self) -> str | None:
        """What is wrong, in words; None while all is well or nothing is to be sent."""
        return self._writer_thread.status.problem or self.queue.problem

    def report(self) -> Mapping[str, object]:
        """The object in `health`: `lag` is the age of the oldest queued frame in s; `dropped_by` see `FrameCounts`."""
        counts, status = self.counts, self._writer_thread.status
        return {
            "enabled": self.enabled,
            "connected": status.connected,
            "sent": counts.sent,
            "dropped": counts.total_dropped,
            "dropped_by": dict(counts.dropped),
            "errors": counts.errors,
            "waiting": len(self.queue),
            "lag": round(max(self.queue.age, status.silence), 3),
            "problem": self.problem,
        }

    def set_enabled(self, enabled: bool) -> None:
        """Off: nothing is taken, the connection is closed, and what waits in memory is dropped."""
        self._writer_thread.set_enabled(enabled)

    def start(self) -> None:
        self._feed.hub.subscribe(self)
        self._writer_thread.start()

    def stop(self, timeout: float) -> None:
        """Send what can be sent within `timeout` seconds, and end; a thread that hangs even then is left behind."""
        self._feed.hub.unsubscribe(self)
        self._writer_thread.stop(timeout)

    # the capture thread

    def wants(self, frame: Frame) -> bool:
        """Whether the frame is one to be sent."""
        sender, chosen = self._writer_thread, self._selection
        return sender.enabled and not sender.stopping and chosen is not None and chosen.due(frame.ts_ns)

    def deliver(self, frame: Frame) -> None:
        """Make it a picture of a size that is taken, and queue it.

        Raises:
            ValueError: the frame is broken.
            SessionEnded: the camera was closed meanwhile; the frame counts for nothing.
        """
        try:
            picture = self._encoder.encode(frame, self._spec, self._writer_thread.limit)
        except ValueError:
            self.counts.add_taken()
            self.counts.add_dropped("broken")
            raise
        self.counts.add_taken()
        if picture is None:
            self.counts.add_dropped("size")
        else:
            self.queue.put(QueuedFrame(picture.jpeg, picture.seq, picture.ts_ns))

    @property
    def _spec(self) -> PictureSpec:
        spec = self._feed.spec()
        return spec if self._quality is None else replace(spec, quality=self._quality)

    def _shrink_jpeg(self, jpeg: bytes, limit: int) -> bytes | None:
        return self._encoder.encode_again(jpeg, self._spec, limit)


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
