"""Video streams: each camera has one muxer per format, and all its clients get the same bytes."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from mqttcam.camera.latest_group import LatestGroup
from mqttcam.camera.status import WITHOUT_FRAMES
from mqttcam.devices.camera import CameraDevice
from mqttcam.video.camera_video import CameraVideo
from mqttcam.video.unit import CLOCK, Unit
from mqttcam.web.errors import RETRY_AFTER, ApiError
from mqttcam.web.timing import Timing

_MAX_BUFFERED = 2_000_000
"""Bytes that may wait for a client: ten seconds of a usual stream."""


class Muxer(Protocol):
    """Muxes a camera's units.

    Attributes:
        header: what a client needs before its first chunk.
    """

    header: bytes

    def fits(self, keyframe: Unit) -> bool:
        """Return whether the header still applies from this keyframe on; otherwise a new muxer is needed."""

    def mux(self, unit: Unit) -> bytes:
        """Return a unit as a chunk. That of a keyframe can be the first that a client gets."""

    def close(self) -> None:
        """Free the muxer's memory."""


_NO_KEYFRAME = (
    "the camera sends keyframes too rarely: set its I-frame interval to a second or two, or use libx264"
)


class VideoClient:
    """One client of a stream. It loses what does not fit into its buffer or would come too late, up to a keyframe.

    Args:
        max_delay: seconds after which what has not been sent is too late.

    Attributes:
        ended: set when the stream is over.
        problem: why it is over, in words.
        sent: chunks of one frame each that were sent.
        dropped: chunks that it lost.
    """

    def __init__(self, max_delay: float = math.inf) -> None:
        self._first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self.problem: str | None = None
        self.sent = 0
        self.dropped = 0
        self._transport: asyncio.Transport | None = None
        self._early: list[bytes] = []
        self._max_delay = max_delay
        self._limit = _MAX_BUFFERED
        self._written = 0
        self._unsent: deque[tuple[int, float]] = (
            deque()
        )  # the end of each chunk in all bytes, and when it was written
        self._joined = False
        self._header = b""
        self._received = (
            -1,
            math.inf,
        )  # bytes that the client has taken, and when it was last seen to take some

    async def wait_first(self, timing: Timing, video: CameraVideo) -> None:
        """Return when there is a first chunk of `video`.

        Raises:
            ApiError: no chunk comes; the message says why.
        """
        try:
            async with asyncio.timeout(timing.snapshot):
                await self._first
        except TimeoutError:
            problem = _NO_KEYFRAME if video.encoder == "copy" else "the camera delivers no frames"
            raise unavailable(problem) from None

    def attach(self, transport: asyncio.Transport) -> None:
        """Send to `transport`, beginning with what has been kept since the last keyframe."""
        self._transport = transport
        for chunk in self._early:
            self._send(chunk)
        self._early.clear()

    def offer(self, chunk: bytes, header: bytes, *, is_keyframe: bool) -> None:
        """Send a chunk, before it the header if that is new to the client; or drop it."""
        held = self._buffered
        is_late = self._delay > self._max_delay
        if held and (is_late or held + len(chunk) > self._limit):
            self._joined = False
        if not self._joined and not (is_keyframe and not is_late and held <= _MAX_BUFFERED // 2):
            self.dropped += 1
            return
        self._joined = True
        if self._transport is not None:
            if header is not self._header:
                self._header = header
                self._send(header)
            self._send(chunk)
            self.sent += 1
            return
        if is_keyframe:
            self._early = [header]
            self._header = header
        self._early.append(chunk)
        if not self._first.done():
            self._first.set_result(None)

    def begin(self, chunks: Sequence[bytes], header: bytes) -> None:
        """Send what has come since the last keyframe, instead of waiting for the next one."""
        self._limit += sum(map(len, chunks))
        for chunk in chunks:
            self.offer(chunk, header, is_keyframe=chunk is chunks[0])

    def end(self, problem: str) -> None:
        """End the stream; a client without a first chunk gets `problem` as its error."""
        self.problem = problem
        if not self._first.done():
            self._first.set_exception(unavailable(problem))
        self.ended.set()

    async def wait_ended(self, timing: Timing) -> None:
        """Return when the stream is over, the client has disconnected, or it has read nothing for a while."""
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        while not self.ended.is_set() and not self._transport.is_closing():
            received = self._written - self._buffered
            if received != self._received[0] or not self._buffered:
                self._received = (received, loop.time())
            elif self.unread > timing.stalled:
                break
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timing.refresh):
                    await self.ended.wait()
        if self._buffered:
            self._transport.abort()

    @property
    def unread(self) -> float:
        """Seconds for which it has read nothing although there is something to read; 0 before the first chunk."""
        if self._transport is None or not self._buffered:
            return 0.0
        return max(0.0, asyncio.get_running_loop().time() - self._received[1])

    @property
    def bytes_sent(self) -> int:
        """Bytes sent so far, headers included."""
        return self._written

    @property
    def _buffered(self) -> int:
        if self._transport is None:
            return sum(map(len, self._early))
        return self._transport.get_write_buffer_size()

    @property
    def _delay(self) -> float:
        """Seconds since the oldest chunk was written of those that are not sent completely."""
        sent = self._written - self._buffered
        while self._unsent and self._unsent[0][0] <= sent:
            self._unsent.popleft()
        return asyncio.get_running_loop().time() - self._unsent[0][1] if self._unsent else 0.0

    def _send(self, chunk: bytes) -> None:
        assert self._transport is not None
        if not self._transport.is_closing():
            self._written += len(chunk)
            self._unsent.append((self._written, asyncio.get_running_loop().time()))
            self._transport.write(chunk)


class _CameraStream:
    """The muxer of one camera, and its clients; a `VideoReader`."""

    def __init__(self, device: CameraDevice, make_muxer: Callable[[Unit], Muxer]) -> None:
        self.clients: set[VideoClient] = set()
        self._device = device
        self._make_muxer = make_muxer
        self._muxer: Muxer | None = None
        self._group: LatestGroup[bytes] = LatestGroup()
        self._reading = contextlib.ExitStack()

    def add(self, client: VideoClient) -> None:
        """Send the video to one more client, from the next keyframe on, or from the last one if none comes soon."""
        self.clients.add(client)
        if len(self.clients) == 1:
            self._reading.enter_context(self._device.video.read(self))
        else:
            self._device.video.request_keyframe()
            # A network camera makes no keyframe on request.
            chunks = self._group.to_begin_with() if self._device.video.encoder == "copy" else []
            if chunks and self._muxer is not None:
                client.begin(chunks, self._muxer.header)

    def remove(self, client: VideoClient) -> bool:
        """Return whether that was the last client; then nothing reads the video any more."""
        self.clients.discard(client)
        if not self.clients:
            self._reading.close()
            self._close_muxer()
        return not self.clients

    def deliver(self, unit: Unit) -> None:
        try:
            self._mux(unit)
        except (OSError, ValueError) as error:  # PyAV's errors are both
            self._close_muxer()
            self.fail(f"the video cannot be muxed: {error}")

    def _mux(self, unit: Unit) -> None:
        if unit.is_keyframe and self._muxer is not None and not self._muxer.fits(unit):
            self._close_muxer()
        if self._muxer is None:
            if not unit.is_keyframe:
                return
            self._muxer = self._make_muxer(unit)
        chunk = self._muxer.mux(unit)
        self._group.add(chunk, len(chunk), unit.pts / CLOCK, is_keyframe=unit.is_keyframe)
        for client in self.clients:
            client.offer(chunk, self._muxer.header, is_keyframe=unit.is_keyframe)

    def fail(self, problem: str) -> None:
        for client in self.clients:
            client.end(problem)

    def _close_muxer(self) -> None:
        if self._muxer is not None:
            self._muxer.close()
            self._muxer = None
            self._group.clear()


class VideoStreams:
    """The streams in one format of all cameras that have a client.

    Args:
        make_muxer: begins with a keyframe, which is still to be muxed.
    """

    def __init__(self, make_muxer: Callable[[Unit], Muxer]) -> None:
        self._make_muxer = make_muxer
        self._streams: dict[CameraDevice, _CameraStream] = {}

    def count(self, device: CameraDevice) -> int:
        """Return the number of clients of a camera."""
        stream = self._streams.get(device)
        return len(stream.clients) if stream is not None else 0

    @contextlib.contextmanager
    def subscribe(self, device: CameraDevice, client: VideoClient) -> Iterator[None]:
        """Send a camera's video to a client until the block ends."""
        stream = self._streams.get(device)
        if stream is None:
            stream = self._streams[device] = _CameraStream(device, self._make_muxer)
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
