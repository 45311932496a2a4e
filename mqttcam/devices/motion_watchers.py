"""Clients that watch the analysis of a camera's motion detection in detail, such as the web page's test view."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mqttcam.motion.detector import MotionDetector
from mqttcam.motion.observation import Observation


class MotionWatchers:
    """Passes each analysis of a detector to its watchers. Without watchers, nothing is computed for this."""

    def __init__(self, detector: MotionDetector, loop: asyncio.AbstractEventLoop) -> None:
        self._detector = detector
        self._loop = loop
        self._watchers: list[Callable[[Observation], None]] = []

    def __len__(self) -> int:
        """Return the number of watchers."""
        return len(self._watchers)

    @contextmanager
    def watch(self, watcher: Callable[[Observation], None]) -> Iterator[None]:
        """Call `watcher` on the loop with each analysis until the block ends; it must not block or fail."""
        self._watchers.append(watcher)
        self._detector.observer = self._observe
        try:
            yield
        finally:
            self._watchers.remove(watcher)
            if not self._watchers:
                self._detector.observer = None

    def _observe(self, observation: Observation) -> None:
        self._loop.call_soon_threadsafe(self._pass_on, observation)

    def _pass_on(self, observation: Observation) -> None:
        for watcher in tuple(self._watchers):
            watcher(observation)
