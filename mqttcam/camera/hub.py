"""Where a camera's frames go: to everyone who wants the next one, in the capture thread."""

from __future__ import annotations

import logging
import threading
from typing import Protocol

from mqttcam.camera.frame import Frame, SessionEnded

log = logging.getLogger(__name__)


class Subscriber(Protocol):
    """Somebody who looks at frames. Both methods are called in the capture thread and must not block."""

    def wants(self, frame: Frame) -> bool:
        """Whether to hand over this frame; asked for every frame, so it must cost next to nothing."""

    def deliver(self, frame: Frame) -> None:
        """Take a frame that was wanted; its pixels are gone once this returns."""


class Hub:
    """Hands each frame to its subscribers.

    Subscribing and unsubscribing are safe from any thread: the tuple is replaced, never changed.

    Attributes:
        name: whose frames they are, for messages.
        failures: frames that a subscriber failed on.
    """

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.failures = 0
        self._subscribers: tuple[Subscriber, ...] = ()
        self._changing = threading.Lock()
        self._complained: set[int] = set()

    def subscribe(self, subscriber: Subscriber) -> None:
        """Offer it every frame from the next one on."""
        with self._changing:
            self._subscribers = (*self._subscribers, subscriber)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Offer it no frame after this one."""
        with self._changing:
            self._subscribers = tuple(one for one in self._subscribers if one is not subscriber)
            self._complained.discard(id(subscriber))

    def publish(self, frame: Frame) -> bool:
        """Offer a frame to everyone; whether anybody took it. One that fails stops neither others nor the camera."""
        taken = False
        for subscriber in self._subscribers:
            try:
                if subscriber.wants(frame):
                    taken = True
                    subscriber.deliver(frame)
            except SessionEnded:
                break
            except Exception as error:  # noqa: BLE001 - it is the subscriber's own
                self._complain(subscriber, error)
        return taken

    def _complain(self, subscriber: Subscriber, error: Exception) -> None:
        """Count a failure; the first of each subscriber is said. Pictures that are broken are no fault of the code."""
        self.failures += 1
        if id(subscriber) not in self._complained:
            self._complained.add(id(subscriber))
            trace = None if isinstance(error, ValueError) else error
            log.warning("%s: a frame could not be used: %s", self.name or "camera", error, exc_info=trace)
