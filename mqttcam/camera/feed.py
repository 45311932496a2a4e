"""Pictures for the event loop: always the latest one, at a rate or schedule, and only when it can be taken."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from mqttcam.camera.encoder_thread import EncoderThread
from mqttcam.camera.frame import CaptureSession, Frame, Picture, PictureSpec, SessionEnded
from mqttcam.camera.hub import Hub
from mqttcam.camera.picture_encoder import PictureEncoder
from mqttcam.camera.selection import selection, wanted_fps
from mqttcam.schedule import Schedule


class PictureFeed:
    """Passes pictures of one camera to a callback on the loop, one call per picture.

    A frame that is not due or cannot be taken is never encoded, and while one picture is on its way to the loop, no
    other is made, or one if it is made `ahead`. A picture that was due but could not be taken is pending: it is made of
    the first frame that can be taken.

    Attributes:
        ready: whether the next picture can be taken; set it to True after each picture, which clears it.
        ahead: whether the capture thread may make the next picture while one is on its way.
        spec: of the pictures; may be changed at any time.
        max_bytes: the largest JPEG that can be taken, `None` for any; larger pictures are made smaller.
        dropped: number of pictures that were due and never passed on, because the next one was due before they could
            be taken, or because they could not be made small enough.
    """

    def __init__(
        self,
        hub: Hub,
        loop: asyncio.AbstractEventLoop,
        on_picture: Callable[[Picture], None],
        spec: PictureSpec,
        fps: float,
        thread: EncoderThread | None = None,
    ) -> None:
        """Subscribe to the frames of `hub`.

        Args:
            thread: where to encode the pictures; the capture thread if None.
        """
        self.ready = True
        self.ahead = False
        self.spec = spec
        self._fps = fps
        self._schedule: Schedule | None = None
        self._selection = selection(fps)
        self.max_bytes: int | None = None
        self.dropped = 0
        self._hub = hub
        self._loop = loop
        self._on_picture = on_picture
        self._thread = thread
        self._encoder = PictureEncoder(hub.name)
        self._pending = False
        # Each is changed by one thread only: by the one that makes pictures, and by the loop.
        self._begun = self._passed_on = 0
        self._closed = False
        hub.subscribe(self, self._wanted_fps)

    @property
    def fps(self) -> float:
        """Pictures per second; 0 for none, infinity for every frame; may be changed at any time."""
        return self._fps

    @fps.setter
    def fps(self, fps: float) -> None:
        self._select(fps, self._schedule)

    @property
    def schedule(self) -> Schedule | None:
        """When pictures are due, in place of `fps`; may be changed at any time."""
        return self._schedule

    @schedule.setter
    def schedule(self, schedule: Schedule | None) -> None:
        self._select(self._fps, schedule)

    def _select(self, fps: float, schedule: Schedule | None) -> None:
        if (fps, schedule) != (self._fps, self._schedule):
            self._fps, self._schedule = fps, schedule
            self._selection = selection(fps, schedule)

    def close(self) -> None:
        """Pass on no more pictures."""
        self._closed = True
        self._hub.unsubscribe(self)

    def _wanted_fps(self) -> float:
        if not self.ready:
            return 0.0
        if self._pending:
            return math.inf
        return wanted_fps(self._fps, self._schedule)

    # in the capture thread

    def wants(self, frame: Frame) -> bool:
        """Return whether a picture is due or pending, and can be taken."""
        chosen = self._selection
        if chosen is None:
            self._pending = False
            return False
        if chosen.due(frame.ts_ns):
            if self._pending:
                self.dropped += 1
            self._pending = True
        return self._pending and self.ready and self._begun - self._passed_on <= self.ahead

    def deliver(self, frame: Frame) -> None:
        """Make the picture, or have it made, and pass it to the loop.

        Raises:
            ValueError: the source's JPEG is broken; the next frame will be tried.
        """
        self._begun += 1
        if self._thread is None or frame.is_ready(self.spec):
            self._make(frame)
        else:
            self._thread.submit(frame, self._make_in_thread)

    # in the capture thread or the encoder thread

    def _make_in_thread(self, frame: Frame) -> None:
        try:
            self._make(frame)
        except SessionEnded:
            pass  # the camera was closed before its last frame was encoded
        except Exception as error:  # noqa: BLE001 - as in the hub: the failure of one picture stays its own
            self._hub.failed(self, error)

    def _make(self, frame: Frame) -> None:
        picture = None
        try:
            picture = self._encoder.encode(frame, self.spec, self.max_bytes)
            self._pending = False
        finally:
            self._begun -= picture is None
        if picture is None:
            self.dropped += 1
            return
        self._loop.call_soon_threadsafe(self._pass_on, picture, frame.session)

    # on the loop

    def _pass_on(self, picture: Picture, session: CaptureSession) -> None:
        self._passed_on += 1
        if self._closed or session.ended:
            return
        if not self.ready:
            self.dropped += 1
            return
        self.ready = False
        self._on_picture(picture)
