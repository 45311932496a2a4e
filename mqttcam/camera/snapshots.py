"""Pictures on demand, each of the next frame."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from mqttcam.camera.frame import CaptureSession, Frame, Picture, PictureSpec, SessionEnded, fit_picture
from mqttcam.camera.hub import Hub
from mqttcam.camera.status import CameraUnavailable
from mqttcam.imaging.rate_control import JpegRateControl

_TRIES = 5
"""Frames in a row that may be broken."""
_CLOCK_SLACK_NS = 200_000
"""The two clocks are not read at the very same moment."""


class SnapshotRequest:
    """Takes one frame that was captured after the request was made.

    Attributes:
        picture: resolves on the loop; fails with `CameraUnavailable`.
        problem: what was wrong with frames so far.
        refusal: why there is no picture, also where one had been made just before.
    """

    def __init__(self, spec: PictureSpec, max_bytes: int | None) -> None:
        self.problem: str | None = None
        self.refusal: str | None = None
        self._loop = asyncio.get_running_loop()
        self.picture: asyncio.Future[Picture] = self._loop.create_future()
        self._spec = spec
        self._max_bytes = max_bytes
        self._made_at = time.monotonic_ns()
        self._taken = False
        self._broken = 0

    def wants(self, frame: Frame) -> bool:
        """Whether the frame is new enough. The age is told by a clock that never jumps."""
        if self._taken:
            return False
        return frame.ts_ns + _CLOCK_SLACK_NS >= time.time_ns() - (time.monotonic_ns() - self._made_at)

    def deliver(self, frame: Frame) -> None:
        """Make the picture; of a broken frame there is none, and the next one is tried."""
        try:
            picture = fit_picture(frame, self._spec, self._max_bytes, JpegRateControl())
        except SessionEnded:
            raise
        except Exception as error:
            self.problem = f"no picture could be made: {error}"
            self._broken += 1
            if self._broken >= _TRIES:
                self._taken = True
                self._loop.call_soon_threadsafe(self.fail, self.problem)
            raise
        self._taken = True
        if picture is None:
            reason = f"no picture could be made: it does not fit into {self._max_bytes} bytes"
            self._loop.call_soon_threadsafe(self.fail, reason)
        else:
            self._loop.call_soon_threadsafe(self._fulfil, picture, frame.session)

    def fail(self, reason: str) -> None:
        """There will be no picture; on the loop."""
        self.refusal = reason
        if not self.picture.done():
            self.picture.set_exception(CameraUnavailable(reason))

    def _fulfil(self, picture: Picture, session: CaptureSession) -> None:
        if session.ended:
            self._taken = False  # the camera was restarted: one of its new frames will do
        elif not self.picture.done():
            self.picture.set_result(picture)


class SnapshotRequests:
    """The orders of one camera; on the loop."""

    def __init__(self, hub: Hub, why_not: Callable[[], str | None]) -> None:
        """`why_not` says why no frame comes, where that is known."""
        self._hub = hub
        self._why_not = why_not
        self._open: set[SnapshotRequest] = set()

    async def take(self, spec: PictureSpec, max_bytes: int | None, seconds: float) -> Picture:
        """A picture of a frame that was captured after this call.

        Raises:
            CameraUnavailable: none came within so many seconds, or they were refused.
        """
        request = SnapshotRequest(spec, max_bytes)
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
            # Privacy: it was there already, and the camera was switched off before whoever waits came to take it.
            raise CameraUnavailable(request.refusal)
        return picture

    def fail_all(self, reason: str) -> None:
        """There will be no picture for those that wait."""
        for request in self._open:
            request.fail(reason)
