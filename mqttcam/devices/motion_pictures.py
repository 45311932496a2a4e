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
    """Makes a picture of the first frame with motion, and then of those with more motion than any before.

    Nothing is encoded while nothing moves, and never in the capture thread.
    """

    def __init__(
        self,
        camera: Camera,
        detector: MotionDetector,
        spec: Callable[[], PictureSpec],
        max_bytes: Callable[[], int | None],
        on_picture: Callable[[Picture], None],
    ) -> None:
        """Subscribe to the frames of the camera, after the detector.

        Args:
            spec: returns how the pictures are made; called in the capture thread.
            max_bytes: returns the size in bytes of the largest JPEG that can be used; called in the encoder's thread.
            on_picture: called on the loop with each picture.
        """
        self._hub = camera.hub
        self._thread = camera.encoder
        self._detector = detector
        self._spec = spec
        self._max_bytes = max_bytes
        self._on_picture = on_picture
        self._loop = asyncio.get_running_loop()
        self._encoder = PictureEncoder(camera.hub.name)
        self._best: Movement | None = None
        self._wanted: Movement | None = None
        self._in_transit = False
        self._hub.subscribe(self)

    def close(self) -> None:
        """Make no more pictures."""
        self._hub.unsubscribe(self)

    # in the capture thread

    def wants(self, frame: Frame) -> bool:
        """Return whether motion begins with the frame, or it shows more of it than the last picture."""
        analysis = self._detector.analysis_of(frame)
        if analysis is None or analysis.movement is None:
            return False
        if analysis.begins:
            self._best = None
        self._wanted = analysis.movement
        return not self._in_transit and _is_better(self._wanted, self._best)

    def deliver(self, frame: Frame) -> None:
        """Have the picture made."""
        self._best = self._wanted
        self._in_transit = True
        spec = self._spec()
        self._thread.submit(frame, lambda copy: self._make(copy, spec))

    # in the encoder's thread

    def _make(self, frame: Frame, spec: PictureSpec) -> None:
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
            call_soon(self._loop, self._pass_on, picture, frame.session)

    # on the loop

    def _pass_on(self, picture: Picture, session: CaptureSession) -> None:
        if not session.ended:
            self._on_picture(picture)


def _is_better(movement: Movement, best: Movement | None) -> bool:
    if best is None:
        return True
    # A clock that was set back must not stop them.
    waited = not 0 <= movement.ts_ns - best.ts_ns < BETTER_AFTER * 1e9
    return waited and movement.score > best.score
