"""A picture in which a square moves, offered to a hub frame by frame, at times that the test makes up."""

from __future__ import annotations

from mqttcam.camera.adjustment import Adjustment
from mqttcam.camera.frame import CaptureSession, Frame
from mqttcam.camera.hub import Hub
from mqttcam.imaging.raster import Planes
from mqttcam.motion.background import SETTLING
from tests.camera.broken import grey_planes

SECOND = 10**9
START = 1_700_000_000 * SECOND
WIDTH, HEIGHT = 160, 120
SIZE = 30
"""Of the square that moves, in pixels: 4.7 % of the picture."""


def planes(left: int | None = None, size: int = SIZE) -> Planes:
    """Grey stripes, and a white square before them from `left` on."""
    y, u, v = grey_planes(WIDTH, HEIGHT)
    y[:, ::20] = 60
    if left is not None:
        y[40 : 40 + size, left : left + size] = 220
    return y, u, v


class Scene:
    """Offers frames, each a fifth of a second after the last one.

    Attributes:
        now: the time of the last frame, Unix nanoseconds.
        seq: its number.
        session, adjustment: those of the frames.
    """

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.session = CaptureSession()
        self.adjustment: Adjustment | None = None
        self.now = START
        self.seq = 0

    def frame(
        self, left: int | None = None, size: int = SIZE, *, session: CaptureSession | None = None
    ) -> Frame:
        frame = Frame(self.now, WIDTH, HEIGHT, planes=planes(left, size))
        frame.seq, frame.session, frame.adjustment = self.seq, session or self.session, self.adjustment
        return frame

    def offer(
        self, left: int | None = None, size: int = SIZE, *, session: CaptureSession | None = None
    ) -> None:
        self.now += SECOND // 5
        self.seq += 1
        self.hub.publish(self.frame(left, size, session=session))

    def settle(self) -> None:
        """Offer still frames until motion can be detected."""
        for _ in range(round(SETTLING * 5) + 2):
            self.offer()
