"""One camera's frames for one output: chosen and encoded in the capture thread, sent by a `WriterThread`."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping

from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.picture_encoder import PictureEncoder
from mqttcam.camera.selection import selection, wanted_fps
from mqttcam.outputs.output import STOP_TIMEOUT, CameraFeed
from mqttcam.outputs.pictures_before import PicturesBefore
from mqttcam.outputs.queue import Queue, QueuedMessage
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import Writer
from mqttcam.outputs.writer_thread import WriterThread
from mqttcam.schedule import parse
from mqttcam.settings.outputs import OutputSettings


class Bridge:
    """Queues the pictures of the frames that are due, and counts them in `counts`."""

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
        before: PicturesBefore | None = None,
        timing: OutputTiming | None = None,
    ) -> None:
        """Do nothing before `start`.

        Args:
            fit: make a picture that is too large smaller; otherwise drop it.
            at_least_once: send a failed frame again; otherwise drop it (at most once).
            before: with `on_motion`, keeps the pictures that are sent before those of an event.
        """
        self.name = f"{name} {feed.id}"
        self.counts = queue.counts
        self.queue = queue
        self._feed = feed
        schedule = parse(settings.schedule, feed.location) if settings.schedule else None
        self._before = before if settings.on_motion else None
        self._only_moving = settings.on_motion and self._before is None
        self._selection = selection(settings.rate, schedule, self._moving if self._only_moving else None)
        self._fps = wanted_fps(settings.rate, schedule)
        self._quality = settings.quality
        self._encoder = PictureEncoder(self.name, fit=fit)
        self._writer_thread = WriterThread(
            self.name,
            queue,
            make_writer,
            self._shrink_jpeg,
            lambda: self._encoder.limited,
            feed.changed,
            enabled=settings.enabled,
            at_least_once=at_least_once,
            timing=timing or OutputTiming(),
        )

    @property
    def enabled(self) -> bool:
        """Whether frames are sent."""
        return self._writer_thread.enabled

    @property
    def problem(self) -> str | None:
        """The problem in words; None if there is none, or nothing is to be sent."""
        return self._writer_thread.status.problem or self.queue.problem

    @property
    def next_try(self) -> float | None:
        """When the next attempt to connect begins, in seconds of `time.monotonic`; None if none is pending."""
        return self._writer_thread.next_try

    def try_again(self) -> None:
        """Connect now if an attempt is pending."""
        self._writer_thread.try_again()

    def report(self) -> Mapping[str, object]:
        """The object in `health`: `lag` is the age of the oldest queued frame in s; the counts see `FrameCounts`."""
        counts, status = self.counts, self._writer_thread.status
        return {
            "enabled": self.enabled,
            "connected": status.connected,
            "taken": counts.taken,
            "left_out": counts.left_out,
            "sent": counts.sent,
            "dropped": counts.total_dropped,
            "dropped_by": dict(counts.dropped),
            "errors": counts.errors,
            "waiting": len(self.queue),
            "lag": round(max(self.queue.age, status.silence), 3),
            "problem": self.problem,
        }

    def set_enabled(self, enabled: bool) -> None:
        """Switch sending on or off; off closes the connection and drops the frames in memory."""
        self._writer_thread.set_enabled(enabled)
        if not enabled:
            self.forget_pictures()

    def forget_pictures(self) -> None:
        """Forget the pictures that are kept in case that motion begins."""
        if self._before is not None:
            self._before.clear()

    def start(self) -> None:
        self._feed.hub.subscribe(self, self._wanted_fps)
        self._writer_thread.start()

    def send_event(self, event: Mapping[str, object]) -> None:
        """Send an event of the camera, if this destination takes events."""

    def stop(self, timeout: float) -> None:
        """Send what can be sent within `timeout` seconds, and end; a thread that still hangs then is abandoned."""
        self._feed.hub.unsubscribe(self)
        self._writer_thread.stop(timeout)

    def _wanted_fps(self) -> float:
        due = self.enabled and not (self._only_moving and not self._moving())
        return self._fps if due else 0.0

    # the capture thread

    def _moving(self) -> bool:
        return self._feed.event() is not None

    def wants(self, frame: Frame) -> bool:
        """Whether the frame is due."""
        thread, chosen = self._writer_thread, self._selection
        due = thread.enabled and not thread.stopping and chosen is not None and chosen.due(frame.ts_ns)
        if not due:
            self.counts.left_out += 1
        return due

    def deliver(self, frame: Frame) -> None:
        """Queue the picture of a frame, of a size that the destination accepts; or keep it in case that motion begins.

        Raises:
            ValueError: the frame is broken.
            SessionEnded: the camera was closed meanwhile; the frame counts for nothing.
        """
        event = self._feed.event()
        if self._before is not None and event is None:
            self._keep(frame, self._before)
            return
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
            if self._before is not None and event is not None:
                self._queue_earlier(self._before.take(event))
            self.queue.put(QueuedMessage(picture.jpeg, picture.seq, picture.ts_ns, event))

    def _keep(self, frame: Frame, before: PicturesBefore) -> None:
        picture = self._encoder.encode(frame, self._spec, self._writer_thread.limit)
        self.counts.left_out += 1
        if picture is not None:
            before.add(QueuedMessage(picture.jpeg, picture.seq, picture.ts_ns))
            if frame.session.ended:  # switched off meanwhile, when the others were forgotten
                before.clear()

    def _queue_earlier(self, pictures: Iterable[QueuedMessage]) -> None:
        for picture in pictures:
            self.counts.left_out -= 1
            self.counts.add_taken()
            self.queue.put(picture)

    @property
    def _spec(self) -> PictureSpec:
        spec = self._feed.spec()
        return spec if self._quality is None else spec._replace(quality=self._quality)

    def _shrink_jpeg(self, jpeg: bytes, limit: int) -> bytes | None:
        return self._encoder.encode_again(jpeg, self._spec, limit)


class BridgedOutput(ABC):
    """An `Output` with one bridge per camera; subclasses make the bridges."""

    name: str
    title: str

    def __init__(self) -> None:
        self.bridges: dict[str, Bridge] = {}

    @abstractmethod
    def make(self, feed: CameraFeed) -> Bridge:
        """Return the bridge of a camera, not started."""

    def attach(self, feed: CameraFeed) -> None:
        """Begin to send the frames of a camera."""
        bridge = self.bridges[feed.id] = self.make(feed)
        bridge.start()

    async def detach(self, camera_id: str) -> None:
        """Stop sending the frames of a camera; send what can be sent within `STOP_TIMEOUT`."""
        if (bridge := self.bridges.pop(camera_id, None)) is not None:
            await asyncio.to_thread(bridge.stop, STOP_TIMEOUT)

    def forget_pictures(self, camera_id: str) -> None:
        if (bridge := self.bridges.get(camera_id)) is not None:
            bridge.forget_pictures()

    def send_event(self, camera_id: str, event: Mapping[str, object]) -> None:
        if (bridge := self.bridges.get(camera_id)) is not None:
            bridge.send_event(event)

    async def stop(self) -> None:
        """Detach all cameras."""
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

    def next_try(self, camera_id: str) -> float | None:
        bridge = self.bridges.get(camera_id)
        return None if bridge is None else bridge.next_try

    def try_again(self, camera_id: str) -> None:
        if (bridge := self.bridges.get(camera_id)) is not None:
            bridge.try_again()

    def problems(self) -> Mapping[str, list[str]]:
        cameras: dict[str, list[str]] = {}
        for camera_id, bridge in self.bridges.items():
            if bridge.enabled and (problem := bridge.problem):
                cameras.setdefault(problem, []).append(camera_id)
        return cameras
