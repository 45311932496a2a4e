"""Motion of one camera: looked for in the capture thread, told on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mqttcam.camera.frame import CaptureSession, Frame
from mqttcam.camera.hub import Hub
from mqttcam.camera.selection import Rate
from mqttcam.imaging.exif import is_sideways, mirrors, orientation
from mqttcam.imaging.raster import Plane, decode_luma
from mqttcam.motion.background import SETTLING, SMALL, Background, Box, shrunk

_LEAST_WIDTH = SMALL * 3 // 4
"""In pixels, that a JPEG is decoded to: three quarters of the usual width show as much and decode in half the time."""


@dataclass(frozen=True, slots=True)
class MotionStart:
    """Motion begins.

    Attributes:
        ts_ns: when the frame was captured that shows it, Unix nanoseconds.
        seq: the frame's number.
        score: how much of the picture moves, in percent.
        box: around all that moves.
    """

    ts_ns: int
    seq: int
    score: float
    box: Box


class MotionDetector:
    """Looks at some frames of a camera, a few times a second, and never makes a picture of one.

    All times are those of the frames. What was seen counts as long as the frames do that it was seen in: once the
    camera is switched off, restarted or has failed, nothing is known any more.

    Attributes:
        threshold: percent of the picture that has to move; may be changed at any time.
    """

    def __init__(
        self,
        hub: Hub,
        loop: asyncio.AbstractEventLoop,
        on_change: Callable[[MotionStart | None], None],
        *,
        fps: float,
        threshold: float,
        clear_after: float,
        settling: float = SETTLING,
    ) -> None:
        """Off, and subscribed.

        Args:
            on_change: called on the loop when `moving` has changed; with the start where motion has begun.
            fps: looks a second.
            clear_after: seconds without motion after which it is over.
            settling: seconds from the first frame on in which nothing counts as motion.
        """
        self.threshold = threshold
        self._loop = loop
        self._on_change = on_change
        self._clear_after_ns = int(clear_after * 1e9)
        self._settling = settling
        self._looks = Rate(fps)
        self._activation: object | None = None
        self._state = _SessionState(None, CaptureSession(), settling)
        hub.subscribe(self)

    @property
    def enabled(self) -> bool:
        """Whether it looks at all; to be set on the loop. Each time it is turned on it begins anew."""
        return self._activation is not None

    @enabled.setter
    def enabled(self, enabled: bool) -> None:
        if enabled is not self.enabled:
            self._activation = object() if enabled else None

    @property
    def moving(self) -> bool | None:
        """Whether there is motion now; `None` while that is not known. To be read in any thread."""
        state = self._state
        if state.activation is None or state.activation is not self._activation or state.session.ended:
            return None
        return state.moving

    @property
    def active(self) -> bool:
        """Whether there is motion now, for whoever takes frames: at the frame that begins it, this is true already."""
        return self.moving is True

    # in the capture thread

    def wants(self, frame: Frame) -> bool:
        """Whether to look at this one."""
        return self._activation is not None and self._looks.due(frame.ts_ns) and not frame.session.ended

    def deliver(self, frame: Frame) -> None:
        """Look.

        Raises:
            ValueError: the source's JPEG is broken.
        """
        activation, state = self._activation, self._state
        if state.activation is not activation or state.session is not frame.session:
            state = self._state = _SessionState(activation, frame.session, self._settling)
        before = state.moving
        start = state.look(frame, self.threshold, self._clear_after_ns)
        if state.moving is not before:
            self._loop.call_soon_threadsafe(self._tell, state, start)

    # on the loop

    def _tell(self, state: _SessionState, start: MotionStart | None) -> None:
        if state.activation is self._activation and not state.session.ended:
            self._on_change(start)


class _SessionState:
    """From one turning on, or opening of the source, to the next."""

    __slots__ = ("_background", "_looked_ns", "_seen_ns", "activation", "moving", "session")

    def __init__(self, activation: object | None, session: CaptureSession, settling: float) -> None:
        self.activation = activation
        self.session = session
        self.moving: bool | None = None
        self._background = Background(settling)
        self._looked_ns = 0
        self._seen_ns = 0

    def look(self, frame: Frame, threshold: float, clear_after_ns: int) -> MotionStart | None:
        """See whether a frame begins, continues or ends motion."""
        now = frame.ts_ns
        change = self._background.look(small_luma(frame), (now - self._looked_ns) / 1e9)
        self._looked_ns = now
        if change.box is not None and change.score >= threshold:
            begins, self.moving, self._seen_ns = not self.moving, True, now
            return MotionStart(now, frame.seq, change.score, change.box) if begins else None
        # A clock that was set back must not hold it for ever.
        over = not 0 <= now - self._seen_ns < clear_after_ns
        if over if self.moving else self._background.settled:
            self.moving = False
        return None


def small_luma(frame: Frame) -> Plane:
    """A frame's luma, small, as its pictures are to be seen; valid as long as its planes.

    Raises:
        ValueError: its JPEG is broken.
    """
    # Where the camera gives a small picture for analysis, nothing large is touched.
    planes = frame.lores or frame.planes
    if planes is not None:
        luma = shrunk(planes[0])
    else:
        jpeg = frame.jpeg or b""
        luma = _turned(shrunk(decode_luma(jpeg, _LEAST_WIDTH)), orientation(jpeg))
    adjustment = frame.adjustment
    if adjustment is None:
        return luma
    return _mirrored(luma, horizontal=adjustment.hflip, vertical=adjustment.vflip)


def _turned(luma: Plane, noted: int) -> Plane:
    horizontal, vertical = mirrors(noted)
    upright = np.rot90(luma, -1) if is_sideways(noted) else luma
    return _mirrored(upright, horizontal=horizontal, vertical=vertical)


def _mirrored(luma: Plane, *, horizontal: bool, vertical: bool) -> Plane:
    return luma[:: -1 if vertical else 1, :: -1 if horizontal else 1]
