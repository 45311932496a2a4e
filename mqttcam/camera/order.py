"""One picture on demand, of the next frame."""

from __future__ import annotations

import asyncio
import time

from mqttcam.camera.frame import Expired, Frame, Life, Picture, PictureSpec, fitted
from mqttcam.imaging.fit import Fitter

_TRIES = 5
"""Frames in a row that may be broken."""
_CLOCK_SLACK_NS = 200_000
"""The two clocks are not read at the very same moment."""


class CameraUnavailable(Exception):
    """The camera gives no pictures and takes no values now; the message says why."""


class Order:
    """Takes one frame that was captured after the order was made.

    Attributes:
        picture: resolves on the loop; fails with `CameraUnavailable`.
        problem: what was wrong with frames so far.
    """

    def __init__(self, spec: PictureSpec, max_bytes: int | None) -> None:
        self.problem: str | None = None
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
        if not self.picture.done():
            self.picture.set_exception(CameraUnavailable(reason))

    def _fulfil(self, picture: Picture, life: Life) -> None:
        if not self.picture.done() and not life.over:
            self.picture.set_result(picture)
