"""Pictures to many viewers: one feed a camera and width, made ready for sending once, then handed to each."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Iterator

from mqttcam.camera.feed import PictureFeed
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.status import WITHOUT_FRAMES
from mqttcam.devices.camera import CameraDevice
from mqttcam.web.placeholder import placeholder

BOUNDARY = "frame"
FIRST = f"--{BOUNDARY}\r\n".encode()
_PART = (
    b"Content-Type: image/jpeg\r\nContent-Length: %d\r\nX-Timestamp: %.6f\r\nX-Sequence: %d\r\n\r\n"
    b"%b\r\n--" + BOUNDARY.encode() + b"\r\n"
)


def part_of(jpeg: bytes, ts_ns: int, seq: int) -> bytes:
    """One picture as a part of a multipart stream (RFC 2046, 5.1).

    The next part's boundary comes at once: browsers show a picture when they have seen the end of it.
    """
    return _PART % (len(jpeg), ts_ns / 1e9, seq, jpeg)


class MjpegClient:
    """One client of a stream. It holds one picture at the most: the one that is on its way.

    Attributes:
        fps: pictures a second at the most; infinity for every frame.
        sent, dropped: pictures that went out, and that were due while the one before was still on its way.
    """

    def __init__(self, transport: asyncio.Transport, fps: float = math.inf) -> None:
        self.fps = fps
        self.sent = 0
        self.dropped = 0
        self.ended = False
        self.congested = asyncio.Event()
        """Set while a picture is on its way; also when the stream has ended."""
        self._transport = transport
        self._period_ns = 0.0 if math.isinf(fps) else 1e9 / fps
        self._due_ns = 0.0
        self._owed: bytes | None = None
        # The protocol counts as paused, and `drain` waits, until the last byte is with the kernel.
        transport.set_write_buffer_limits(high=0)

    @property
    def ready(self) -> bool:
        """Whether it can take a picture now."""
        return not self.congested.is_set() and not self._transport.is_closing()

    def is_due(self, ts_ns: int) -> bool:
        """Whether it is time for a picture of this capture time; a quarter of a period early is on time."""
        if ts_ns < self._due_ns - self._period_ns / 4:
            return False
        on_time = ts_ns - self._due_ns <= self._period_ns
        self._due_ns = (self._due_ns if on_time else ts_ns) + self._period_ns
        return True

    def offer(self, part: bytes) -> None:
        """Send a picture, if the one before has gone."""
        self._owed = None
        if self.ready:
            self.sent += 1
            self._send(part)
        else:
            self.dropped += 1

    def show(self, part: bytes) -> None:
        """Send a picture that must not be missed, unless a newer one comes before it can be taken."""
        if self.ready:
            self._send(part)
        else:
            self._owed = part

    def relieved(self) -> None:
        """The last byte has gone."""
        self.congested.clear()
        if self._owed is not None and self.ready:
            part, self._owed = self._owed, None
            self._send(part)

    def end(self) -> None:
        """Close the stream; pictures on their way are given up."""
        self.ended = True
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        self.congested.set()

    def _send(self, part: bytes) -> None:
        self._transport.write(part)
        if self._transport.get_write_buffer_size():
            self.congested.set()


class MjpegStream:
    """The viewers of one camera who want pictures of one width and quality."""

    def __init__(self, device: CameraDevice, max_width: int | None, quality: int | None) -> None:
        self.viewers: set[MjpegClient] = set()
        self._device = device
        self._max_width = max_width
        self._quality = quality
        loop = asyncio.get_running_loop()
        self._feed = PictureFeed(device.camera.hub, loop, self._on_picture, self._spec(), 0.0)

    @property
    def dropped(self) -> int:
        """Frames that nobody here could take, and that were never made a picture."""
        return self._feed.dropped

    def update(self) -> None:
        """After a change of the viewers, of one's readiness or of the device."""
        self._feed.spec = self._spec()
        self._feed.fps = max((viewer.fps for viewer in self.viewers), default=0.0)
        self._feed.ready = any(viewer.ready for viewer in self.viewers)

    def interrupt(self) -> None:
        """Show that no pictures come: the last one must not look as if it were now."""
        part = part_of(placeholder(), 0, 0)
        for viewer in self.viewers:
            viewer.show(part)

    def close(self) -> None:
        for viewer in self.viewers:
            viewer.end()
        self._feed.close()

    def _spec(self) -> PictureSpec:
        return PictureSpec(self._quality or self._device.image_quality, self._max_width)

    def _on_picture(self, picture: Picture) -> None:
        part = part_of(picture.jpeg, picture.ts_ns, picture.seq)
        # One that was on its way when the camera was switched off is not shown any more.
        for viewer in self.viewers if self._device.camera.status not in WITHOUT_FRAMES else ():
            # The feed itself keeps the pace of the fastest.
            if viewer.fps >= self._feed.fps or viewer.is_due(picture.ts_ns):
                viewer.offer(part)
        self._feed.ready = any(viewer.ready for viewer in self.viewers)


class MjpegStreams:
    """Every viewer of every camera."""

    def __init__(self) -> None:
        self._audiences: dict[tuple[CameraDevice, int | None, int | None], MjpegStream] = {}
        self._gone = {"sent": 0, "dropped": 0}
        self._interrupted: set[CameraDevice] = set()

    def __len__(self) -> int:
        return sum(len(audience.viewers) for audience in self._audiences.values())

    def count(self, device: CameraDevice) -> int:
        """How many watch a camera."""
        return sum(len(audience.viewers) for key, audience in self._audiences.items() if key[0] is device)

    @property
    def sent(self) -> int:
        """Pictures sent, to all viewers ever."""
        return self._gone["sent"] + sum(viewer.sent for viewer in self._all())

    @property
    def dropped(self) -> int:
        """Pictures that were due and that viewers could not take, of all viewers ever."""
        unmade = sum(audience.dropped for audience in self._audiences.values())
        return self._gone["dropped"] + unmade + sum(viewer.dropped for viewer in self._all())

    @contextlib.contextmanager
    def joined(
        self, device: CameraDevice, viewer: MjpegClient, max_width: int | None, quality: int | None
    ) -> Iterator[MjpegStream]:
        """Be among a camera's viewers for the block."""
        key = (device, max_width, quality)
        audience = self._audiences.get(key)
        if audience is None:
            audience = self._audiences[key] = MjpegStream(*key)
        audience.viewers.add(viewer)
        audience.update()
        try:
            yield audience
        finally:
            self._gone["sent"] += viewer.sent
            self._gone["dropped"] += viewer.dropped
            audience.viewers.discard(viewer)
            audience.update()
            if not audience.viewers:
                self._gone["dropped"] += audience.dropped
                audience.close()
                self._audiences.pop(key, None)

    def changed(self, device: CameraDevice) -> None:
        """A device has changed: its quality, or whether it gives pictures at all."""
        stopped = device.camera.status in WITHOUT_FRAMES
        interrupted = stopped and device not in self._interrupted
        for key, audience in self._audiences.items():
            if key[0] is device:
                audience.update()
                if interrupted:
                    audience.interrupt()
        (self._interrupted.add if stopped else self._interrupted.discard)(device)

    def close(self, device: CameraDevice | None = None) -> None:
        """End every stream, or every one of a device."""
        for key, audience in tuple(self._audiences.items()):
            if device is None or key[0] is device:
                audience.close()
        if device is not None:
            self._interrupted.discard(device)

    def _all(self) -> Iterator[MjpegClient]:
        for audience in self._audiences.values():
            yield from audience.viewers
