"""A camera's counters."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from mqttcam.camera.capture import Capture
from mqttcam.camera.hub import Hub
from mqttcam.camera.supervisor import Supervisor

_WINDOW = 5.0
"""Seconds that the frame rate is measured over; two frames if those are further apart."""


class CameraStats:
    """Counters of a camera, over all sessions of its source.

    Attributes:
        restarts: how often the source was opened again after a failure or a request; switching the camera off and on
            does not count, nor do failed attempts.
        width, height: of its pictures in pixels, 0 while unknown.
    """

    def __init__(self, hub: Hub, supervisor: Supervisor, clock: Callable[[], float] = time.monotonic) -> None:
        self.restarts = 0
        self.width = 0
        self.height = 0
        self._hub = hub
        self._supervisor = supervisor
        self._clock = clock
        self._measured: Capture | None = None
        self._samples: deque[tuple[float, int]] = deque()
        self._asked: tuple[Capture | None, int, float] = None, 0, 0.0

    @property
    def frames(self) -> int:
        """Number of frames captured so far."""
        return self._supervisor.frames

    @property
    def dropped(self) -> int:
        """Number of frames that a subscriber failed on."""
        return self._hub.failures

    @property
    def skipped(self) -> int:
        """Number of pictures or messages so far that the source could not use."""
        return self._supervisor.skipped

    @property
    def frame_age(self) -> float | None:
        """Seconds since the newest frame; `None` before the first one, and while no frames are expected."""
        capture = self._live
        return None if capture is None else max(self._clock() - capture.last_frame, 0.0)

    @property
    def fps(self) -> float:
        """Frames per second over the last seconds; falls while no frames come."""
        if self._live is not self._measured or len(self._samples) < 2:
            return 0.0
        (began, first), (ended, last) = self._samples[0], self._samples[-1]
        took, frames = ended - began, last - first
        if took <= 0:
            return 0.0
        overdue = max(self._clock() - ended - 2 * max(took / frames, 1.0), 0.0)
        return frames / (took + overdue)

    def update(self) -> None:
        """Take a sample of the frame count; call this each second, and at the first frame."""
        capture = self._live
        if capture is not self._measured:
            self._measured = capture
            self._samples.clear()
        if capture is None:
            return
        newest = capture.last_frame, capture.frames
        if self._samples and newest[1] == self._samples[-1][1]:
            return
        self._samples.append(newest)
        while len(self._samples) > 2 and newest[0] - self._samples[1][0] >= _WINDOW:
            self._samples.popleft()

    def missed(self) -> float:
        """Return the share of the frames due since the last call that have not come, beside one that may be on its way.

        0.0 if that is not known: the camera has no fixed rate, or was opened or paused meanwhile.
        """
        capture, now = self._live, self._clock()
        last, frames, since = self._asked
        self._asked = capture, 0 if capture is None else capture.frames, now
        if capture is None or capture is not last or not capture.interval or capture.paused_until > since:
            return 0.0
        due = (now - since) / capture.interval
        return max(1 - (capture.frames - frames + 1) / due, 0.0)

    @property
    def _live(self) -> Capture | None:
        """The current capture if it gives frames."""
        capture = self._supervisor.capture
        return capture if capture is not None and capture.last_frame and not capture.awaits_restart else None
