"""Pictures for whoever lives on the event loop: the latest one, at a rate, and only when it can be taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mqttcam.camera.frame import CaptureSession, Frame, Picture, PictureSpec
from mqttcam.camera.hub import Hub
from mqttcam.camera.picture_encoder import PictureEncoder
from mqttcam.camera.selection import selection
from mqttcam.schedule import Schedule


class PictureFeed:
    """Hands pictures of one camera to a callback on the loop, one call a picture.

    The gate is before the encoder: a frame that is not due, or that nobody can take, is never made a picture, and while
    one is on its way to the loop there is no other. A picture that was due and could not be taken is owed: it is made
    of the first frame that can be.

    Attributes:
        ready: set it to True when the next picture can be taken; handing one over clears it.
        spec: what the pictures are to be; may be changed at any time.
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
        self._fps = fps
        self._schedule: Schedule | None = None
        self._selection = selection(fps)
        self.max_bytes: int | None = None
        self.dropped = 0
        self._hub = hub
        self._loop = loop
        self._on_picture = on_picture
        self._encoder = PictureEncoder(hub.name)
        self._owed = False
        self._on_its_way = False
        self._closed = False
        hub.subscribe(self)

    @property
    def fps(self) -> float:
        """Pictures a second; 0 is none, infinity every frame; may be changed at any time."""
        return self._fps

    @fps.setter
    def fps(self, fps: float) -> None:
        self._select(fps, self._schedule)

    @property
    def schedule(self) -> Schedule | None:
        """When pictures are due, instead of `fps`; may be changed at any time."""
        return self._schedule

    @schedule.setter
    def schedule(self, schedule: Schedule | None) -> None:
        self._select(self._fps, schedule)

    def _select(self, fps: float, schedule: Schedule | None) -> None:
        if (fps, schedule) != (self._fps, self._schedule):
            self._fps, self._schedule = fps, schedule
            self._selection = selection(fps, schedule)

    def close(self) -> None:
        """No picture is handed over after this."""
        self._closed = True
        self._hub.unsubscribe(self)

    # in the capture thread

    def wants(self, frame: Frame) -> bool:
        """Whether a picture is due or owed, and can be taken."""
        chosen = self._selection
        if chosen is None:
            self._owed = False
            return False
        if chosen.due(frame.ts_ns):
            if self._owed:
                self.dropped += 1
            self._owed = True
        return self._owed and self.ready and not self._on_its_way

    def deliver(self, frame: Frame) -> None:
        """Make the picture and send it to the loop.

        Raises:
            ValueError: the source's JPEG is broken; the next frame is tried.
        """
        picture = self._encoder.picture(frame, self.spec, self.max_bytes)
        self._owed = False
        if picture is None:
            self.dropped += 1
            return
        self._on_its_way = True
        self._loop.call_soon_threadsafe(self._hand_over, picture, frame.session)

    # on the loop

    def _hand_over(self, picture: Picture, session: CaptureSession) -> None:
        self._on_its_way = False
        if self._closed or session.ended:
            return
        if not self.ready:
            self.dropped += 1
            return
        self.ready = False
        self._on_picture(picture)
