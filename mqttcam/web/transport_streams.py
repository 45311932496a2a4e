"""MPEG-TS streams: each camera has one muxer, and all its clients get the same bytes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from mqttcam.camera.status import WITHOUT_FRAMES
from mqttcam.devices.camera import CameraDevice
from mqttcam.video.transport_stream import TransportStream
from mqttcam.video.unit import Unit
from mqttcam.web.errors import RETRY_AFTER, ApiError
from mqttcam.web.timing import Timing

_MAX_BUFFERED = 2_000_000
"""Bytes that may wait for a client: ten seconds of a usual stream."""


class TransportClient:
    """One client of a stream. It loses what does not fit into its buffer, up to a keyframe.

    Attributes:
        first: done with the first chunk, or with the exception why there is none.
        ended: set when the stream is over.
        dropped: chunks that it lost.
    """

    def __init__(self) -> None:
        self.first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.dropped = 0
        self._transport: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._written = 0
        self._joined = False

    def attach(self, transport: asyncio.Transport) -> None:
        """Send to `transport`, beginning with what has been kept since the last keyframe."""
        self._transport = transport
        for chunk in self._early:
            self._send(chunk)
        self._early.clear()

    def offer(self, chunk: bytes, *, is_keyframe: bool) -> None:
        """Send a chunk, or drop it."""
        held = self._buffered
        if held and held + len(chunk) > _MAX_BUFFERED:
            self._joined = False
        if not self._joined and not (is_keyframe and held <= _MAX_BUFFERED // 2):
            self.dropped += 1
            return
        self._joined = True
        if self._transport is not None:
            self._send(chunk)
            return
        if is_keyframe:
            self._early.clear()
        self._early.append(chunk)
        if not self.first.done():
            self.first.set_result(None)

    def end(self, problem: str) -> None:
        """End the stream; a client without a first chunk gets `problem` as its error."""
        if not self.first.done():
            self.first.set_exception(unavailable(problem))
        self.ended.set()

    async def wait_ended(self, timing: Timing) -> None:
        """Return when the stream is over, the client has disconnected, or it has read nothing for a while."""
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        progress, since = -1, loop.time()
        while not self.ended.is_set() and not self._transport.is_closing():
            received = self._written - self._buffered
            if received != progress or not self._buffered:
                progress, since = received, loop.time()
            elif loop.time() - since > timing.stalled:
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timing.refresh):
                    await self.ended.wait()
        if self._buffered:
            self._transport.abort()

    @property
    def _buffered(self) -> int:
        if self._transport is None:
            return sum(map(len, self._early))
        return self._transport.get_write_buffer_size()

    def _send(self, chunk: bytes) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._written += len(chunk)
            self._transport.write(chunk)


class _CameraStream:
    """The muxer of one camera, and its clients; a `VideoReader`."""

    def __init__(self, device: CameraDevice) -> None:
        self.clients: set[TransportClient] = set()
        self._device = device
        self._muxer: TransportStream | None = None
        self._reading = contextlib.ExitStack()

    def add(self, client: TransportClient) -> None:
        """Send the video to one more client, from the next keyframe on, which comes soon."""
        self.clients.add(client)
        if len(self.clients) == 1:
            self._reading.enter_context(self._device.video.read(self))
        else:
            self._device.video.request_keyframe()

    def remove(self, client: TransportClient) -> bool:
        """Return whether that was the last client; then nothing reads the video any more."""
        self.clients.discard(client)
        if not self.clients:
            self._reading.close()
            if self._muxer is not None:
                self._muxer.close()
                self._muxer = None
        return not self.clients

    def deliver(self, unit: Unit) -> None:
        if self._muxer is None:
            if not unit.is_keyframe:
                return
            self._muxer = TransportStream(unit)
        chunk = self._muxer.mux(unit)
        for client in self.clients:
            client.offer(chunk, is_keyframe=unit.is_keyframe)

    def fail(self, problem: str) -> None:
        for client in self.clients:
            client.end(problem)


class TransportStreams:
    """The streams of all cameras that have a client."""

    def __init__(self) -> None:
        self._streams: dict[CameraDevice, _CameraStream] = {}

    def count(self, device: CameraDevice) -> int:
        """Return the number of clients of a camera."""
        stream = self._streams.get(device)
        return len(stream.clients) if stream is not None else 0

    @contextlib.contextmanager
    def subscribe(self, device: CameraDevice, client: TransportClient) -> Iterator[None]:
        """Send a camera's video to a client until the block ends."""
        stream = self._streams.get(device)
        if stream is None:
            stream = self._streams[device] = _CameraStream(device)
        stream.add(client)
        try:
            yield
        finally:
            if stream.remove(client) and self._streams.get(device) is stream:
                del self._streams[device]

    def changed(self, device: CameraDevice) -> None:
        """End the streams of a camera that delivers no frames."""
        if device.camera.status in WITHOUT_FRAMES:
            self.close(device)

    def close(self, device: CameraDevice | None = None) -> None:
        """End every stream, or every stream of one device."""
        for key, stream in tuple(self._streams.items()):
            if device is None or key is device:
                # New clients do not join what ends.
                del self._streams[key]
                stream.fail(f"the camera is {key.camera.status.value}")


def unavailable(problem: str) -> ApiError:
    """Return the error of a stream that cannot begin now."""
    return ApiError(503, "unavailable", problem, headers={"Retry-After": RETRY_AFTER})
