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
        self._with_own: set[str] = set()

    def filters(self, *, no_local: bool) -> list[str]:
        """Return the filters of subscriptions without our own messages (`no_local`), or with them."""
        return [item for item in self._handlers if (item not in self._with_own) is no_local]

    def add(self, topic_filter: str, handler: Handler, *, no_local: bool = True) -> None:
        self._handlers[topic_filter] = handler
        (self._with_own.discard if no_local else self._with_own.add)(topic_filter)

    def remove(self, topic_filter: str) -> None:
        self._handlers.pop(topic_filter, None)

    def excludes_own(self, topic: str) -> bool:
        """Return whether our own message on `topic` would come to a handler that must not receive it."""
        topic_filter = self._find(topic)
        return topic_filter is not None and topic_filter not in self._with_own

    def deliver(self, message: Message) -> asyncio.Future[None] | None:
        """Call the handler of a message and return what it returns; log an exception that it raises."""
        topic_filter = self._find(message.topic)
        if topic_filter is None:
            return None
        try:
            return self._handlers[topic_filter](message)
        except Exception:
            log.exception("MQTT: the handler of a message on %.200r failed", message.topic)
            return None

    def _find(self, topic: str) -> str | None:
        if topic in self._handlers:
            return topic
        return next((item for item in self._handlers if topic_matches_sub(item, topic)), None)
