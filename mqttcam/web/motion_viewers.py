"""Clients that watch the analysis of motion detection."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from mqttcam.devices.camera import CameraDevice
from mqttcam.motion.observation import Observation


class MotionViewer:
    """One client. An analysis that was not sent yet is replaced by the next one.

    Attributes:
        news: set when there is something to send, or the view has ended.
        sent, bytes_sent: messages, and their bytes.
        unread: always 0: what was not sent yet is replaced.
        ended: whether the view has ended, because the camera was removed or the server stops.
    """

    def __init__(self, device: CameraDevice) -> None:
        self.device = device
        self.news = asyncio.Event()
        self.ended = False
        self.sent = self.bytes_sent = 0
        self.unread = 0.0
        self._newest: Observation | None = None

    def observe(self, observation: Observation) -> None:
        """Send this analysis next."""
        self._newest = observation
        self.news.set()

    def take(self) -> Observation | None:
        """Return the newest analysis once; `None` if there was none since the last call."""
        newest, self._newest = self._newest, None
        return newest

    def end(self) -> None:
        """End the view."""
        self.ended = True
        self.news.set()


class MotionViewers:
    """The clients of all cameras."""

    def __init__(self) -> None:
        self._viewers: set[MotionViewer] = set()

    @contextmanager
    def view(self, device: CameraDevice) -> Iterator[MotionViewer]:
        """Add a client of a camera until the block ends."""
        viewer = MotionViewer(device)
        self._viewers.add(viewer)
        try:
            yield viewer
        finally:
            self._viewers.discard(viewer)

    def changed(self, device: CameraDevice) -> None:
        """Let the clients of a camera check its state again."""
        for viewer in self._viewers:
            if viewer.device is device:
                viewer.news.set()

    def close(self, device: CameraDevice | None = None) -> None:
        """End every view, or every view of one camera."""
        for viewer in self._viewers:
            if device is None or viewer.device is device:
                viewer.end()
