"""Handlers of received messages, by topic filter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from paho.mqtt.client import topic_matches_sub

from mqttcam.mqtt.client import Message

log = logging.getLogger(__name__)

Handler = Callable[[Message], asyncio.Future[None] | None]
"""Takes a message; returns a future if handling it takes time."""


class Subscriptions:
    """One handler per topic filter; the filters do not overlap."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}

    @property
    def filters(self) -> list[str]:
        return list(self._handlers)

    def add(self, topic_filter: str, handler: Handler) -> None:
        self._handlers[topic_filter] = handler

    def remove(self, topic_filter: str) -> None:
        self._handlers.pop(topic_filter, None)

    def find(self, topic: str) -> Handler | None:
        """Return the handler of messages on `topic`."""
        handler = self._handlers.get(topic)
        if handler is not None:
            return handler
        matching = (handler for item, handler in self._handlers.items() if topic_matches_sub(item, topic))
        return next(matching, None)

    def deliver(self, message: Message) -> asyncio.Future[None] | None:
        """Call the handler of a message and return what it returns; log an exception that it raises."""
        handler = self.find(message.topic)
        if handler is None:
            return None
        try:
            return handler(message)
        except Exception:
            log.exception("MQTT: the handler of a message on %.200r failed", message.topic)
            return None
