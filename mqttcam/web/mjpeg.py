"""MJPEG streams: each picture is encoded and framed once per camera and encoding, and sent to every client."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Iterator

from mqttcam.camera.feed import PictureFeed
from mqttcam.camera.frame import Picture
from mqttcam.camera.selection import Rate
from mqttcam.camera.status import WITHOUT_FRAMES
from mqttcam.devices.camera import CameraDevice
from mqttcam.sockets import keep_unsent_small
from mqttcam.web.encodings import Encoding, EncodingLimit
from mqttcam.web.placeholder import placeholder

BOUNDARY = "frame"
FIRST_BOUNDARY = f"--{BOUNDARY}\r\n".encode()
_PART = (
    b"Content-Type: image/jpeg\r\nContent-Length: %d\r\nX-Timestamp: %.6f\r\nX-Sequence: %d\r\n\r\n"
    b"%b\r\n--" + BOUNDARY.encode() + b"\r\n"
)


def part_of(jpeg: bytes, ts_ns: int, seq: int) -> bytes:
    """Return one picture as a part of a multipart stream (RFC 2046, 5.1).

    It ends with the boundary of the next part: browsers show a picture once they have seen that.
    """
    return _PART % (len(jpeg), ts_ns / 1e9, seq, jpeg)


Framing = Callable[[bytes, int, int], bytes]
"""Makes what is sent of a JPEG, its capture time in Unix nanoseconds, and its sequence number."""


class MjpegClient:
    """One client of a stream. At most one picture is buffered for it: the one being sent.

    Attributes:
        fps: maximum frames per second; infinity for every frame.
        framing: how a picture is sent.
        sent: pictures sent.
        bytes_sent: of those, and of repeated ones.
        dropped: pictures skipped because the one before was still being sent.
        ended: whether the stream is over.
        congested: set while a picture is being sent, and when the stream has ended.
    """

    def __init__(
        self, transport: asyncio.Transport, fps: float = math.inf, framing: Framing = part_of
    ) -> None:
        self.fps = fps
        self.framing = framing
        self.sent = 0
        self.bytes_sent = 0
        self.dropped = 0
        self.ended = False
        self.congested = asyncio.Event()
        self._congested_since = 0.0
        self._transport = transport
        self._rate = Rate(fps)
        self._pending: bytes | None = None
        self._last: bytes | None = None
        self._repeats = False
        # asyncio pauses the protocol, and `drain` waits, until the kernel has taken the last byte.
        transport.set_write_buffer_limits(high=0)
        keep_unsent_small(transport.get_extra_info("socket"))

    @property
    def ready(self) -> bool:
        """Whether it can take a picture now."""
        return not self.congested.is_set() and not self._transport.is_closing()

    @property
    def unread(self) -> float:
        """Seconds for which a picture has been sent and is not read completely yet."""
        if not self.congested.is_set() or self.ended:
            return 0.0
        return asyncio.get_running_loop().time() - self._congested_since

    def is_due(self, ts_ns: int) -> bool:
        """Return whether a picture captured at `ts_ns` (Unix nanoseconds) is due; it then counts as taken."""
        return self._rate.due(ts_ns)

    def offer(self, part: bytes) -> None:
        """Send a picture, or drop it if the client is not ready."""
        self._pending = None
        if self.ready:
            self.sent += 1
            self._send(part)
        else:
            self.dropped += 1

    def send_reliably(self, part: bytes) -> None:
        """Send a picture as soon as the client is ready, unless a newer one is offered before."""
        if self.ready:
            self._send(part)
        else:
            self._pending = part

    def repeat(self) -> None:
        """Send the last picture again, unless another one was sent since the last call."""
        if self._repeats and self._last is not None and self.ready:
            self._send(self._last)
        self._repeats = True

    def drained(self) -> None:
        """Continue after the kernel has taken the last byte."""
        self.congested.clear()
        if self._pending is not None and self.ready:
            part, self._pending = self._pending, None
            self._send(part)

    def end(self) -> None:
        """Close the stream. A picture that is being sent is cut off."""
        self.ended = True
        if self._transport.get_write_buffer_size():
            self._transport.abort()
        self.congested.set()

    def _send(self, part: bytes) -> None:
        self._last, self._repeats = part, False
        self.bytes_sent += len(part)
        self._transport.write(part)
        if self._transport.get_write_buffer_size():
            self._congested_since = asyncio.get_running_loop().time()
            self.congested.set()


class MjpegStream:
    """The pictures of one camera in one encoding, and their clients."""

    def __init__(self, device: CameraDevice, encoding: Encoding) -> None:
        self.clients: set[MjpegClient] = set()
        self._device = device
        self._encoding = encoding
        self._feed = PictureFeed(
            device.camera.hub,
            asyncio.get_running_loop(),
            self._on_picture,
            encoding.spec(device),
            0.0,
            device.camera.encoder,
        )

    @property
    def dropped(self) -> int:
        """Frames that were not encoded because no client was ready."""
        return self._feed.dropped

    def update(self) -> None:
        """Adapt to a change of the clients, of the readiness of one, or of the device."""
        self._feed.spec = self._encoding.spec(self._device)
        self._feed.fps = max((client.fps for client in self.clients), default=0.0)
        self._feed.ready = any(client.ready for client in self.clients)

    def show_placeholder(self) -> None:
        """Replace the last picture, so that it does not look live while the camera delivers none."""
        for client in self.clients:
            client.send_reliably(client.framing(placeholder(), 0, 0))

    def close(self) -> None:
        """Disconnect every client."""
        for client in self.clients:
            client.end()
        self._feed.close()

    def _on_picture(self, picture: Picture) -> None:
        parts: dict[Framing, bytes] = {}
        # A picture that was being encoded while the camera was switched off must not be shown any more.
        for client in self.clients if self._device.camera.status not in WITHOUT_FRAMES else ():
            # The feed already runs at the rate of the fastest. `is_due` counts its pictures, too: the rate holds when
            # a faster client joins.
            if client.is_due(picture.ts_ns) or client.fps >= self._feed.fps:
                framing = client.framing
                if framing not in parts:
                    parts[framing] = framing(picture.jpeg, picture.ts_ns, picture.seq)
                client.offer(parts[framing])
        self._feed.ready = any(client.ready for client in self.clients)


class MjpegStreams:
    """Every stream of every camera. `len()` is the number of clients."""

    def __init__(self) -> None:
        self._streams: dict[tuple[CameraDevice, Encoding], MjpegStream] = {}
        self._encodings = EncodingLimit()
        self._finished = {"sent": 0, "dropped": 0}
        self._interrupted: set[CameraDevice] = set()

    def __len__(self) -> int:
        return sum(len(stream.clients) for stream in self._streams.values())

    def count(self, device: CameraDevice) -> int:
        """Return the number of clients of a camera."""
        return sum(len(stream.clients) for key, stream in self._streams.items() if key[0] is device)

    @property
    def sent(self) -> int:
        """Pictures sent to all clients since the start."""
        return self._finished["sent"] + sum(client.sent for client in self._clients())

    @property
    def dropped(self) -> int:
        """Pictures dropped because clients were too slow, since the start."""
        not_encoded = sum(stream.dropped for stream in self._streams.values())
        return self._finished["dropped"] + not_encoded + sum(client.dropped for client in self._clients())

    @contextlib.contextmanager
    def subscribe(self, device: CameraDevice, client: MjpegClient, wanted: Encoding) -> Iterator[MjpegStream]:
        """Send a camera's pictures to a client until the block ends, as wanted or in the nearest encoding."""
        with self._encodings.use(device, wanted) as encoding, self._join(device, client, encoding) as stream:
            yield stream

    @contextlib.contextmanager
    def _join(self, device: CameraDevice, client: MjpegClient, encoding: Encoding) -> Iterator[MjpegStream]:
        key = (device, encoding)
        stream = self._streams.get(key)
        if stream is None:
            stream = self._streams[key] = MjpegStream(*key)
        stream.clients.add(client)
        stream.update()
        try:
            yield stream
        finally:
            self._finished["sent"] += client.sent
            self._finished["dropped"] += client.dropped
            stream.clients.discard(client)
            stream.update()
            if not stream.clients:
                self._finished["dropped"] += stream.dropped
                stream.close()
                self._streams.pop(key, None)

    def changed(self, device: CameraDevice) -> None:
        """Adapt to a change of a device: its quality, or whether it delivers pictures."""
        stopped = device.camera.status in WITHOUT_FRAMES
        interrupted = stopped and device not in self._interrupted
        for key, stream in self._streams.items():
            if key[0] is device:
                stream.update()
                if interrupted:
                    stream.show_placeholder()
        (self._interrupted.add if stopped else self._interrupted.discard)(device)

    def close(self, device: CameraDevice | None = None) -> None:
        """End every stream, or every stream of one device."""
        for key, stream in tuple(self._streams.items()):
            if device is None or key[0] is device:
                stream.close()
        if device is not None:
            self._interrupted.discard(device)

    def _clients(self) -> Iterator[MjpegClient]:
        for stream in self._streams.values():
            yield from stream.clients
