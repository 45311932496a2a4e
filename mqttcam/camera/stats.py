"""What a camera counts."""

from __future__ import annotations

import time
from collections import deque

from mqttcam.camera.capture import Capture
from mqttcam.camera.hub import Hub

_WINDOW = 5.0
"""Seconds that the frame rate is measured over; two frames, where those are further apart."""


class CameraStats:
    """Counters of a camera, over all lives of its source.

    Attributes:
        restarts: times that the source was open again after a failure or at a request; being switched off and on is
            none, and neither is a try that failed.
        width, height: of its pictures, 0 while unknown.
    """

    def __init__(self, hub: Hub) -> None:
        self.restarts = 0
        self.width = 0
        self.height = 0
        self._hub = hub
        self._capture: Capture | None = None
        self._frames = 0
        self._samples: deque[tuple[float, int]] = deque()

    @property
    def frames(self) -> int:
        """Captured so far."""
        return self._capture.frames if self._capture is not None else self._frames

    @property
    def dropped(self) -> int:
        """Frames that somebody failed on."""
        return self._hub.failures

    @property
    def frame_age(self) -> float | None:
        """Seconds since the newest frame; `None` before the first one and while there is to be none."""
        newest = self._capture.last_frame if self._capture is not None else 0.0
        return max(time.monotonic() - newest, 0.0) if newest else None

    @property
    def fps(self) -> float:
        """Frames a second over the last seconds; falls while none come."""
        if len(self._samples) < 2:
            return 0.0
        (began, first), (ended, last) = self._samples[0], self._samples[-1]
        took, frames = ended - began, last - first
        if took <= 0:
            return 0.0
        overdue = max(time.monotonic() - ended - 2 * max(took / frames, 1.0), 0.0)
        return frames / (took + overdue)

    def follow(self, capture: Capture | None) -> None:
        """Count what this one captures from now on; `None`: there is none."""
        self._frames = self.frames
        self._capture = capture
        self._samples.clear()

    def update(self) -> None:
        """Note how far it is; to be called each second, and at the first frame."""
        capture = self._capture
        if capture is None or not capture.last_frame:
            return
        newest = capture.last_frame, capture.frames
        if self._samples and newest[1] == self._samples[-1][1]:
            return
        self._samples.append(newest)
        while len(self._samples) > 2 and newest[0] - self._samples[1][0] >= _WINDOW:
            self._samples.popleft()
