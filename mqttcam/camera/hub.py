"""The hub of a camera: passes its frames to subscribers, in the capture thread."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from typing import Protocol

from mqttcam.camera.frame import Frame, SessionEnded

log = logging.getLogger(__name__)


class Subscriber(Protocol):
    """Receives frames. Both methods are called in the capture thread and must not block."""

    def wants(self, frame: Frame) -> bool:
        """Return whether to deliver this frame. This is called for every frame, so it must cost next to nothing."""

    def deliver(self, frame: Frame) -> None:
        """Use a frame that was wanted; its pixels are invalid once this returns."""


class Hub:
    """Passes each frame to its subscribers.

    Subscribing and unsubscribing are safe from any thread: the tuple is replaced, never changed.

    Attributes:
        name: of the camera, for log lines.
        failures: number of frames that a subscriber failed on.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.failures = 0
        self._subscribers: tuple[Subscriber, ...] = ()
        self._fps: dict[int, Callable[[], float]] = {}
        self._lock = threading.Lock()
        self._logged: set[int] = set()

    def subscribe(self, subscriber: Subscriber, fps: Callable[[], float] = lambda: math.inf) -> None:
        """Offer `subscriber` every frame from the next one on.

        Args:
            fps: returns how many frames per second it wants at most, as of now: 0 for none, infinity for every one. It
                is called in any thread. Sources that decode video need not decode more.
        """
        with self._lock:
            self._subscribers = (*self._subscribers, subscriber)
            self._fps = {**self._fps, id(subscriber): fps}

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Offer `subscriber` no more frames."""
        with self._lock:
            self._subscribers = tuple(one for one in self._subscribers if one is not subscriber)
            self._fps = {key: fps for key, fps in self._fps.items() if key != id(subscriber)}
            self._logged.discard(id(subscriber))

    def wanted_fps(self) -> float:
        """Return how many frames per second the subscriber that wants most of them wants now; for any thread."""
        return max((fps() for fps in self._fps.values()), default=0.0)

    def publish(self, frame: Frame) -> bool:
        """Offer a frame to all subscribers, and return whether any of them took it.

        A subscriber that fails affects neither the others nor the camera.
        """
        taken = False
        for subscriber in self._subscribers:
            try:
                if subscriber.wants(frame):
                    taken = True
                    subscriber.deliver(frame)
            except SessionEnded:
                break
            except Exception as error:  # noqa: BLE001 - a subscriber's failure stays its own
                self.failed(subscriber, error)
        return taken

    def failed(self, subscriber: Subscriber, error: Exception) -> None:
        """Count a failure, and log the first one of each subscriber; with a traceback unless the picture is broken.

        For any thread: a subscriber may use a frame's copy later, in a thread of its own.
        """
        with self._lock:
            self.failures += 1
            first = id(subscriber) not in self._logged
            self._logged.add(id(subscriber))
        if first:
            trace = None if isinstance(error, ValueError) else error
            log.warning("%s: a frame could not be used: %s", self.name or "camera", error, exc_info=trace)
