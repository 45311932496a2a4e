"""Pictures for whoever lives on the event loop: the latest one, at a rate, and only when it can be taken."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Callable

from mqttcam.camera.frame import Frame, Life, Picture, PictureSpec, fitted
from mqttcam.camera.hub import Hub
from mqttcam.camera.pace import Pace
from mqttcam.imaging.fit import Fitter
from mqttcam.schedule import Schedule, Ticker

log = logging.getLogger(__name__)


class PictureFeed:
    """Hands pictures of one camera to a callback on the loop, one call a picture.

    The gate is before the encoder: a frame that is not due, or that nobody can take, is never made a picture, and while
    one is on its way to the loop there is no other. A picture that was due and could not be taken is owed: it is made
    of the first frame that can be.

    Attributes:
        ready: set it to True when the next picture can be taken; handing one over clears it.
        spec: what the pictures are to be; may be changed at any time.
        fps: pictures a second; 0 is none, infinity every frame; may be changed at any time.
        max_bytes: the largest JPEG that can be taken, or `None`; pictures are fitted to it.
        dropped: pictures that were due and never handed over, as the next one was due before they could be taken, or
            that could not be made to fit.
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
        self._schedule: Schedule | None = None
        self._ticker: Ticker | None = None
        self.max_bytes: int | None = None
        self.dropped = 0
        self._hub = hub
        self._loop = loop
        self._on_picture = on_picture
        self._fitter = Fitter()
        self._said: int | None = None
        self._pace = Pace()
        self._owed = False
        self._on_its_way = False
        self._closed = False
        hub.subscribe(self)

    @property
    def schedule(self) -> Schedule | None:
        """When pictures are due, instead of `fps`; may be changed at any time."""
        return self._schedule

    @schedule.setter
    def schedule(self, schedule: Schedule | None) -> None:
        self._schedule = schedule
        self._ticker = None if schedule is None else Ticker(schedule)

    def close(self) -> None:
        """No picture is handed over after this."""
        self._closed = True
        self._hub.unsubscribe(self)

    # in the capture thread

    def wants(self, frame: Frame) -> bool:
        """Whether a picture is due or owed, and can be taken."""
        fps, ticker = self.fps, self._ticker
        if fps == 0 and ticker is None:
            self._owed = False
            return False
        if ticker.due() if ticker is not None else fps == math.inf or self._pace.is_due(frame.ts_ns, fps):
            if self._owed:
                self.dropped += 1
            self._owed = True
        return self._owed and self.ready and not self._on_its_way

    def deliver(self, frame: Frame) -> None:
        """Make the picture and send it to the loop.

        Raises:
            ValueError: the source's JPEG is broken; the next frame is tried.
        """
        limit, fitter = self.max_bytes, self._fitter
        picture = fitted(frame, self.spec, limit, fitter)
        if limit is not None and fitter.step and self._said != limit:
            self._say(limit, picture)
        self._owed = False
        if picture is None:
            self.dropped += 1
            return
        self._on_its_way = True
        self._loop.call_soon_threadsafe(self._hand_over, picture, frame.life)

    def _say(self, limit: int, picture: Picture | None) -> None:
        self._said = limit
        how = (
            "not at all"
            if picture is None
            else f"{picture.width}x{picture.height} at quality {picture.quality}"
        )
        log.warning(
            "%s: pictures of at most %d bytes are taken; they are sent %s", self._hub.name, limit, how
        )

    # on the loop

    def _hand_over(self, picture: Picture, life: Life) -> None:
        self._on_its_way = False
        if self._closed or life.over:
            return
        if not self.ready:
            self.dropped += 1
            return
        self.ready = False
        self._on_picture(picture)
