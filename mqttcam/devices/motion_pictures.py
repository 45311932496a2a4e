"""The pictures of motion: one at its beginning, and better ones while it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import CaptureSession, Frame, Picture, PictureSpec, SessionEnded
from mqttcam.camera.picture_encoder import PictureEncoder
from mqttcam.camera.source_calls import call_soon
from mqttcam.motion.detector import MotionDetector, Movement

BETTER_AFTER = 1.0
"""Seconds from one picture of an event to a better one, by the times of capture."""


class MotionPictures:
    """Makes a picture of the first frame with motion, then of those with more motion than any before, and a last one.

    Nothing is encoded while nothing moves, and never in the capture thread.
    """

    def __init__(
        self,
        camera: Camera,
        detector: MotionDetector,
        spec: Callable[[], PictureSpec],
        max_bytes: Callable[[], int | None],
        take_last_wanted: Callable[[], bool],
        on_picture: Callable[[Picture, Movement | None], None],
    ) -> None:
        """Subscribe to the frames of the camera, after the detector.

        Args:
            spec: returns how the pictures are made; called in the capture thread.
            max_bytes: returns the size in bytes of the largest JPEG that can be used; called in the encoder's thread.
            take_last_wanted: returns whether a last picture is wanted now, once for each; called in the capture thread.
            on_picture: called on the loop with each picture, and the motion in it, `None` for the last one.
        """
        self._hub = camera.hub
        self._thread = camera.encoder
        self._detector = detector
        self._spec = spec
        self._max_bytes = max_bytes
        self._take_last_wanted = take_last_wanted
        self._on_picture = on_picture
        self._loop = asyncio.get_running_loop()
        self._encoder = PictureEncoder(camera.hub.name)
        self._best: Movement | None = None
        self._wanted: Movement | None = None
        self._in_transit = False
        self._hub.subscribe(self, lambda: 0.0)  # of those that the detector wants

    def close(self) -> None:
        """Stop making pictures."""
        self._hub.unsubscribe(self)

    # in the capture thread

    def wants(self, frame: Frame) -> bool:
        """Return whether motion begins with the frame, it shows more of it than any before, or is to be the last."""
        analysis = self._detector.analysis_of(frame)
        if analysis is not None and (analysis.begins or analysis.ends):
            self._best = None
        if self._in_transit:
            return False
        self._wanted = None if analysis is None else analysis.movement
        if self._wanted is not None:
            return _is_better(self._wanted, self._best)
        return self._take_last_wanted()

    def deliver(self, frame: Frame) -> None:
        """Have the picture made."""
        movement = self._wanted
        self._best = movement or self._best
        self._in_transit = True
        spec = self._spec()
        self._thread.submit(frame, lambda copy: self._make(copy, spec, movement))

    # in the encoder's thread

    def _make(self, frame: Frame, spec: PictureSpec, movement: Movement | None) -> None:
        try:
            picture = self._encoder.encode(frame, spec, self._max_bytes())
        except SessionEnded:
            return
        except Exception as error:  # noqa: BLE001 - as in the hub: the failure of one picture stays its own
            self._hub.failed(self, error)
            return
        finally:
            self._in_transit = False
        if picture is not None:
            call_soon(self._loop, self._pass_on, picture, movement, frame.session)

    # on the loop

    def _pass_on(self, picture: Picture, movement: Movement | None, session: CaptureSession) -> None:
        if not session.ended:
            self._on_picture(picture, movement)


def _is_better(movement: Movement, best: Movement | None) -> bool:
    if best is None:
        return True
    # A clock that was set back must not stop them.
    waited = not 0 <= movement.ts_ns - best.ts_ns < BETTER_AFTER * 1e9
    return waited and movement.score > best.score
