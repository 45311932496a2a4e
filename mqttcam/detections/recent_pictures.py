"""The pictures of the last seconds, so that boxes which arrive later can be drawn into them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from mqttcam.camera.camera import Camera
from mqttcam.camera.frame import CaptureSession, Frame, Picture, PictureSpec, SessionEnded
from mqttcam.camera.selection import Rate
from mqttcam.camera.source_calls import call_soon

_FPS = 5.0
"""Pictures per second that are kept."""
_SECONDS, _BYTES = 15.0, 16_000_000
"""Limits of what is kept: analytics jobs respond within seconds."""
_TOLERANCE_NS = 1_000_000_000
"""Maximum difference between the time of a picture and that of the detections."""


class RecentPictures:
    """Keeps pictures while detections are expected; nothing is made or kept otherwise.

    Attributes:
        expected: whether pictures are kept from now on.
    """

    def __init__(self, camera: Camera, spec: Callable[[], PictureSpec]) -> None:
        """Subscribe to the camera's frames.

        Args:
            spec: returns how the pictures are made, as those that are sent; called in the capture thread.
        """
        self.expected = False
        self._hub = camera.hub
        self._thread = camera.encoder
        self._spec = spec
        self._loop = asyncio.get_running_loop()
        self._rate = Rate(_FPS)
        self._in_transit = False
        self._kept: deque[Picture] = deque()
        self._bytes = 0
        self._hub.subscribe(self, lambda: _FPS if self.expected else 0.0)

    def close(self) -> None:
        """Stop making pictures, and discard all."""
        self._hub.unsubscribe(self)
        self.clear()

    def clear(self) -> None:
        """Discard all pictures, because the camera was switched off."""
        self.expected = False
        self._kept.clear()
        self._bytes = 0

    def nearest(self, ts_ns: int | None, seq: int | None) -> Picture | None:
        """Return the picture of a frame, or the nearest one in time, or None if none is close enough.

        Args:
            ts_ns: when the frame was captured, Unix nanoseconds; None if unknown.
            seq: the number of the frame; None if unknown. Without both, the latest picture is returned.
        """
        if ts_ns is None:
            same = (one for one in reversed(self._kept) if one.seq == seq)
            return next(same, None) if seq is not None else (self._kept[-1] if self._kept else None)
        best = min(self._kept, key=lambda one: abs(one.ts_ns - ts_ns), default=None)
        return best if best is not None and abs(best.ts_ns - ts_ns) <= _TOLERANCE_NS else None

    # in the capture thread

    def wants(self, frame: Frame) -> bool:
        """Return whether the frame is due."""
        return self.expected and not self._in_transit and self._rate.due(frame.ts_ns)

    def deliver(self, frame: Frame) -> None:
        """Have the picture made."""
        self._in_transit = True
        spec = self._spec()
        self._thread.submit(frame, lambda copy: self._make(copy, spec))

    # in the encoder's thread

    def _make(self, frame: Frame, spec: PictureSpec) -> None:
        try:
            picture = frame.picture(spec)
        except SessionEnded:
            return
        except Exception as error:  # noqa: BLE001 - as in the hub: the failure of one picture stays its own
            self._hub.failed(self, error)
            return
        finally:
            self._in_transit = False
        call_soon(self._loop, self._add, picture, frame.session)

    # on the loop

    def _add(self, picture: Picture, session: CaptureSession) -> None:
        if session.ended or not self.expected:
            return
        self._kept.append(picture)
        self._bytes += len(picture.jpeg)
        oldest = picture.ts_ns - int(_SECONDS * 1e9)
        while len(self._kept) > 1 and (
            self._bytes > _BYTES or not oldest <= self._kept[0].ts_ns <= picture.ts_ns
        ):
            self._bytes -= len(self._kept.popleft().jpeg)
