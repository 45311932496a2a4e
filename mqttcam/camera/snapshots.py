"""Snapshots: pictures on request, each of the next frame."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from mqttcam.camera.encoder_thread import EncoderThread
from mqttcam.camera.frame import CaptureSession, Frame, Picture, PictureSpec, SessionEnded, fit_picture
from mqttcam.camera.hub import Hub
from mqttcam.camera.source_calls import call_soon
from mqttcam.camera.status import CameraUnavailable
from mqttcam.imaging.rate_control import JpegRateControl

_MAX_BROKEN = 5
"""Broken frames in a row after which a request fails."""
_CLOCK_TOLERANCE_NS = 200_000
"""The two clocks are not read at exactly the same moment."""


class SnapshotRequest:
    """Takes one frame that was captured after the request was made.

    Attributes:
        picture: resolves on the loop; fails with `CameraUnavailable`.
        problem: what was wrong with the frames so far.
        refusal: why there is no picture, even if one had been made just before.
    """

    def __init__(self, spec: PictureSpec, max_bytes: int | None, hub: Hub, thread: EncoderThread) -> None:
        self.problem: str | None = None
        self.refusal: str | None = None
        self._loop = asyncio.get_running_loop()
        self.picture: asyncio.Future[Picture] = self._loop.create_future()
        self._spec = spec
        self._max_bytes = max_bytes
        self._hub = hub
        self._thread = thread
        self._made_at = time.monotonic_ns()
        self._taken = False
        self._broken = 0

    def wants(self, frame: Frame) -> bool:
        """Return whether the frame is new enough; its age is measured by a clock that never jumps."""
        if self._taken:
            return False
        return frame.ts_ns + _CLOCK_TOLERANCE_NS >= time.time_ns() - (time.monotonic_ns() - self._made_at)

    def deliver(self, frame: Frame) -> None:
        """Have the picture made; after a broken frame, the next one is tried."""
        self._taken = True
        if self._max_bytes is None and frame.is_ready(self._spec):
            self._make(frame)
        else:
            self._thread.submit(frame, self._make)

    def _make(self, frame: Frame) -> None:
        """Make the picture, in the encoder thread unless nothing is to be encoded."""
        try:
            picture = fit_picture(frame, self._spec, self._max_bytes, JpegRateControl())
        except SessionEnded:
            self._taken = False
            return
        except Exception as error:  # noqa: BLE001 - as in the hub: the failure of one picture stays its own
            self._hub.failed(self, error)
            self.problem = f"no picture could be made: {error}"
            self._broken += 1
            if self._broken >= _MAX_BROKEN:
                call_soon(self._loop, self.fail, self.problem)
            else:
                self._taken = False
            return
        if picture is None:
            reason = f"no picture could be made: it does not fit into {self._max_bytes} bytes"
            call_soon(self._loop, self.fail, reason)
        else:
            call_soon(self._loop, self._fulfil, picture, frame.session)

    def fail(self, reason: str) -> None:
        """Fail the request; on the loop."""
        self.refusal = reason
        if not self.picture.done():
            self.picture.set_exception(CameraUnavailable(reason))

    def _fulfil(self, picture: Picture, session: CaptureSession) -> None:
        if session.ended:
            self._taken = False  # the camera was restarted: wait for one of its new frames
        elif not self.picture.done():
            self.picture.set_result(picture)


class SnapshotRequests:
    """The pending snapshot requests of one camera; on the loop."""

    def __init__(self, hub: Hub, thread: EncoderThread, why_not: Callable[[], str | None]) -> None:
        """`why_not` says in words why no frame comes, if that is known."""
        self._hub = hub
        self._thread = thread
        self._why_not = why_not
        self._open: set[SnapshotRequest] = set()

    async def take(self, spec: PictureSpec, max_bytes: int | None, seconds: float) -> Picture:
        """Return a picture of a frame that was captured after this call.

        Raises:
            CameraUnavailable: none came within `seconds`, or `fail_all` was called.
        """
        request = SnapshotRequest(spec, max_bytes, self._hub, self._thread)
        self._open.add(request)
        self._hub.subscribe(request)
        try:
            async with asyncio.timeout(seconds):
                picture = await request.picture
        except TimeoutError:
            raise CameraUnavailable(request.problem or self._why_not() or "no frame came") from None
        finally:
            self._hub.unsubscribe(request)
            self._open.discard(request)
        if request.refusal is not None:
            # Privacy: the picture was made, and the camera was switched off before this coroutine could return it.
            raise CameraUnavailable(request.refusal)
        return picture

    def fail_all(self, reason: str) -> None:
        """Fail all pending requests."""
        for request in self._open:
            request.fail(reason)
