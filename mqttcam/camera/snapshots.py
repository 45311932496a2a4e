"""Snapshots: pictures on request, each of the next frame."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from mqttcam.camera.encoder_thread import EncoderThread
from mqttcam.camera.frame import CaptureSession, Frame, Picture, PictureSpec, SessionEnded, fit_picture
from mqttcam.camera.hub import Hub
from mqttcam.camera.source_calls import call_soon
from mqttcam.camera.status import CameraUnavailable
from mqttcam.imaging.rate_control import JpegRateControl

T = TypeVar("T")

_MAX_BROKEN = 5
"""Broken frames in a row after which a request fails."""
_CLOCK_TOLERANCE_NS = 200_000
"""The two clocks are not read at exactly the same moment."""


Accept = Callable[[Mapping[str, object]], bool]
"""Returns whether to take a frame with this metadata."""


class SnapshotRequest(Generic[T]):
    """Takes one frame that was captured after the request was made.

    Attributes:
        made: what was made of it; resolves on the loop, or fails with `CameraUnavailable`.
        problem: what was wrong with the frames so far.
        refusal: why there is nothing, even if it had been made just before.
    """

    def __init__(
        self,
        make: Callable[[Frame], T],
        is_ready: Callable[[Frame], bool],
        hub: Hub,
        thread: EncoderThread,
        accept: Accept | None = None,
    ) -> None:
        """Wait for the next frame.

        Args:
            make: called with a frame in the encoder thread. After a `ValueError` it gets the next one.
            is_ready: whether `make` has so little to do for a frame that it can be called in the capture thread.
            accept: by default, every frame is accepted; called in the capture thread.
        """
        self.problem: str | None = None
        self.refusal: str | None = None
        self._loop = asyncio.get_running_loop()
        self.made: asyncio.Future[T] = self._loop.create_future()
        self._make = make
        self._is_ready = is_ready
        self._hub = hub
        self._thread = thread
        self._accept = accept
        self._made_at = time.monotonic_ns()
        self._taken = False
        self._broken = 0

    def wants(self, frame: Frame) -> bool:
        """Return whether the frame is new enough, by a clock that never jumps, and accepted."""
        if self._taken or (self._accept is not None and not self._accept(frame.metadata)):
            return False
        return frame.ts_ns + _CLOCK_TOLERANCE_NS >= time.time_ns() - (time.monotonic_ns() - self._made_at)

    def deliver(self, frame: Frame) -> None:
        """Have the picture made; after a broken frame, the next one is tried."""
        self._taken = True
        if self._is_ready(frame):
            self._use(frame)
        else:
            self._thread.submit(frame, self._use)

    def _use(self, frame: Frame) -> None:
        try:
            made = self._make(frame)
        except SessionEnded:
            self._taken = False
        except CameraUnavailable as error:
            call_soon(self._loop, self.fail, str(error))
        except Exception as error:  # noqa: BLE001 - as in the hub: the failure of one picture stays its own
            self._hub.failed(self, error)
            self.problem = f"no picture could be made: {error}"
            self._broken += 1
            if self._broken >= _MAX_BROKEN:
                call_soon(self._loop, self.fail, self.problem)
            else:
                self._taken = False
        else:
            call_soon(self._loop, self._fulfil, made, frame.session)

    def fail(self, reason: str) -> None:
        """Fail the request; on the loop."""
        self.refusal = reason
        if not self.made.done():
            self.made.set_exception(CameraUnavailable(reason))

    def _fulfil(self, made: T, session: CaptureSession) -> None:
        if session.ended:
            self._taken = False  # the camera was restarted: wait for one of its new frames
        elif not self.made.done():
            self.made.set_result(made)


class SnapshotRequests:
    """The pending snapshot requests of one camera; on the loop."""

    def __init__(self, hub: Hub, thread: EncoderThread, why_not: Callable[[], str | None]) -> None:
        """`why_not` says in words why no frame comes, if that is known."""
        self._hub = hub
        self._thread = thread
        self._why_not = why_not
        self._open: set[SnapshotRequest[Any]] = set()

    async def take(
        self, spec: PictureSpec, max_bytes: int | None, seconds: float, accept: Accept | None = None
    ) -> Picture:
        """Return a picture of a frame that was captured after this call, and that `accept` takes, if it is given.

        Raises:
            CameraUnavailable: none came within `seconds`, it does not fit, or `fail_all` was called.
        """

        def fit(frame: Frame) -> Picture:
            picture = fit_picture(frame, spec, max_bytes, JpegRateControl())
            if picture is None:
                raise CameraUnavailable(f"no picture could be made: it does not fit into {max_bytes} bytes")
            return picture

        def is_ready(frame: Frame) -> bool:
            return max_bytes is None and frame.is_ready(spec)

        return await self._take(SnapshotRequest(fit, is_ready, self._hub, self._thread, accept), seconds)

    async def take_frame(self, make: Callable[[Frame], T], seconds: float, accept: Accept | None = None) -> T:
        """Return what `make`, called in the encoder thread, returns of a frame that was captured after this call.

        Raises:
            CameraUnavailable: as for `take`.
        """
        request = SnapshotRequest(make, lambda _frame: False, self._hub, self._thread, accept)
        return await self._take(request, seconds)

    async def _take(self, request: SnapshotRequest[T], seconds: float) -> T:
        self._open.add(request)
        self._hub.subscribe(request)
        try:
            async with asyncio.timeout(seconds):
                made = await request.made
        except TimeoutError:
            raise CameraUnavailable(request.problem or self._why_not() or "no frame came") from None
        finally:
            self._hub.unsubscribe(request)
            self._open.discard(request)
        if request.refusal is not None:
            # Privacy: the picture was made, and the camera was switched off before this coroutine could return it.
            raise CameraUnavailable(request.refusal)
        return made

    def fail_all(self, reason: str) -> None:
        """Fail all pending requests."""
        for request in self._open:
            request.fail(reason)
