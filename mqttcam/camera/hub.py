"""Where a camera's frames go: to everyone who wants the next one, in the capture thread."""

from __future__ import annotations

import logging
from typing import Protocol

from mqttcam.camera.frame import Frame

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
        failures: frames that a subscriber failed on.
    """

    def __init__(self) -> None:
        self._subscribers: tuple[Subscriber, ...] = ()
        self._complained: set[int] = set()
        self.failures = 0

    def subscribe(self, subscriber: Subscriber) -> None:
        self._subscribers = (*self._subscribers, subscriber)

    def unsubscribe(self, subscriber: Subscriber) -> None:
        self._subscribers = tuple(one for one in self._subscribers if one is not subscriber)
        self._complained.discard(id(subscriber))

    def publish(self, frame: Frame) -> bool:
        """Offer a frame to everyone; one that fails neither stops the others nor the camera. Whether anybody took it."""
        taken = False
        for subscriber in self._subscribers:
            try:
                if subscriber.wants(frame):
                    taken = True
                    subscriber.deliver(frame)
            except Exception as error:
                self.failures += 1
                if id(subscriber) not in self._complained:
                    self._complained.add(id(subscriber))
                    log.warning("a frame could not be used: %s", error, exc_info=not isinstance(error, ValueError))
        return taken
