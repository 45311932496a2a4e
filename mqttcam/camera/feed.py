"""Pictures for whoever lives on the event loop: the latest one, at a rate, and only when it can be taken."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from mqttcam.camera.frame import Frame, Picture, PictureSpec, fitted
from mqttcam.camera.hub import Hub
from mqttcam.imaging.fit import Fitter


class PictureFeed:
    """Hands pictures of one camera to a callback on the loop, one call a picture.

    The gate is before the encoder: a frame that is not due, or that nobody can take, is never made a picture.

    Attributes:
        ready: set it to True when the next picture can be taken; handing one over clears it.
        spec: what the pictures are to be; may be changed at any time.
        fps: pictures a second; 0 is none, infinity every frame; may be changed at any time.
        max_bytes: the largest JPEG that can be taken, or `None`; pictures are fitted to it.
        dropped: frames that were due while `ready` was False, or that could not be made to fit.
    """

    def __init__(
        self,
        hub: Hub,
        loop: asyncio.AbstractEventLoop,
        on_picture: Callable[[Picture], None],
        spec: PictureSpec,
        fps: float,
    ) -> None:
        self.ready = True
        self.spec = spec
        self.fps = fps
        self.max_bytes: int | None = None
        self.dropped = 0
        self._hub = hub
        self._loop = loop
        self._on_picture = on_picture
        self._fitter = Fitter()
        self._due_ns = 0
        self._last_ns = 0
        self._owed = False
        self._closed = False
        hub.subscribe(self)

    def close(self) -> None:
        """No picture is handed over after this."""
        self._closed = True
        self._hub.unsubscribe(self)

    def wants(self, frame: Frame) -> bool:
        """Whether a picture is due and can be taken."""
        fps = self.fps
        if fps == 0:
            return False
        if fps != math.inf and not self._is_due(frame.ts_ns, fps):
            return False
        if self.ready:
            self._owed = False
            return True
        self.dropped += 1
        return False

    def _is_due(self, now: int, fps: float) -> bool:
        """Paced by capture times; half a frame early is on time, so that the rate does not beat against the camera's.

        A picture that could not be taken when it was due is owed: it goes out as soon as it can be taken.
        """
        early = (now - self._last_ns) // 2
        self._last_ns = now
        period = int(1e9 / fps)
        if now + min(early, period // 2) < self._due_ns <= now + 2 * period:
            return self._owed and self.ready
        on_time = 0 <= now + period - self._due_ns <= 2 * period
        self._due_ns = self._due_ns + period if on_time else now + period
        self._owed = not self.ready
        return True

    def deliver(self, frame: Frame) -> None:
        """Make the picture and hand it over."""
        picture = fitted(frame, self.spec, self.max_bytes, self._fitter)
        if picture is None:
            self.dropped += 1
            return
        self.ready = False
        self._loop.call_soon_threadsafe(self._hand_over, picture)

    def _hand_over(self, picture: Picture) -> None:
        if not self._closed:
            self._on_picture(picture)
