"""Pictures on demand, each of the next frame."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from mqttcam.camera.frame import Expired, Frame, Life, Picture, PictureSpec, fitted
from mqttcam.camera.hub import Hub
from mqttcam.camera.status import CameraUnavailable
from mqttcam.imaging.fit import Fitter

_TRIES = 5
"""Frames in a row that may be broken."""
_CLOCK_SLACK_NS = 200_000
"""The two clocks are not read at the very same moment."""


class Order:
    """Takes one frame that was captured after the order was made.

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
            picture = fitted(frame, self._spec, self._max_bytes, Fitter())
        except Expired:
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
            self._loop.call_soon_threadsafe(self._fulfil, picture, frame.life)

    def fail(self, reason: str) -> None:
        """There will be no picture; on the loop."""
        self.refusal = reason
        if not self.picture.done():
            self.picture.set_exception(CameraUnavailable(reason))

    def _fulfil(self, picture: Picture, life: Life) -> None:
        if life.over:
            self._taken = False  # the camera was restarted: one of its new frames will do
        elif not self.picture.done():
            self.picture.set_result(picture)


class Orders:
    """The orders of one camera; on the loop."""

    def __init__(self, hub: Hub, why_not: Callable[[], str | None]) -> None:
        """`why_not` says why no frame comes, where that is known."""
        self._hub = hub
        self._why_not = why_not
        self._open: set[Order] = set()

    async def picture(self, spec: PictureSpec, max_bytes: int | None, seconds: float) -> Picture:
        """A picture of a frame that was captured after this call.

        Raises:
            CameraUnavailable: none came within so many seconds, or they were refused.
        """
        order = Order(spec, max_bytes)
        self._open.add(order)
        self._hub.subscribe(order)
        try:
            async with asyncio.timeout(seconds):
                picture = await order.picture
        except TimeoutError:
            raise CameraUnavailable(order.problem or self._why_not() or "no frame came") from None
        finally:
            self._hub.unsubscribe(order)
            self._open.discard(order)
        if order.refusal is not None:
            # Privacy: it was there already, and the camera was switched off before whoever waits came to take it.
            raise CameraUnavailable(order.refusal)
        return picture

    def refuse(self, reason: str) -> None:
        """There will be no picture for those that wait."""
        for order in self._open:
            order.fail(reason)
