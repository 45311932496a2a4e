"""Whether the broker passes images on: those that it drops are noticed."""

from __future__ import annotations

from collections.abc import Callable

import orjson

from mqttcam.mqtt.connection import Message
from mqttcam.mqtt.pictures_connection import PicturesConnection
from mqttcam.mqtt.topics import CameraTopics

_METAS_WITHOUT_IMAGE = 3
"""Metas in a row that come back without their image, before it counts as dropped."""
_FAILURES = 2
"""Short connections in a row, after which nothing is checked: some brokers disconnect a client for a subscription."""


class ImageCheck:
    """Receives our own images and metas back after each connect, until the first image has come.

    A broker may drop an image without a word, because it is published at QoS 0: Mosquitto's `message_size_limit` and
    access lists do. If metas come back and images do not, the limit on packets is lowered, until an image passes. If
    neither comes back, this client may not read its own topics, which is no problem.
    """

    def __init__(
        self, connection: PicturesConnection, topics: CameraTopics, on_new_limit: Callable[[], None]
    ) -> None:
        """Check at each connect; `on_new_limit` is called when the limit on packets is lower."""
        self._connection = connection
        self._topics = topics
        self._on_new_limit = on_new_limit
        self._metas = 0
        connection.on_connected(self._start)
        connection.on_disconnected(self._stop)
        if connection.connected:
            self._start()

    def close(self) -> None:
        """Stop checking."""
        self._stop()
        self._connection.remove_hooks(self._start, self._stop)

    def _start(self) -> None:
        self._metas = 0
        if self._connection.failures < _FAILURES:
            self._connection.subscribe(self._topics.image, self._received_image, no_local=False)
            self._connection.subscribe(self._topics.image_meta, self._received_meta, no_local=False)

    def _stop(self) -> None:
        self._connection.unsubscribe(self._topics.image)
        self._connection.unsubscribe(self._topics.image_meta)

    def _received_image(self, message: Message) -> None:
        if message.payload and not message.retain:
            self._connection.refusals.accepted(self._topics.image)
            self._stop()

    def _received_meta(self, message: Message) -> None:
        if message.retain:
            return
        self._metas += 1
        if self._metas < _METAS_WITHOUT_IMAGE:
            return
        self._metas = 0
        size = _bytes(message.payload)
        if size:
            self._connection.refusals.add(
                self._topics.image,
                f"the broker drops images on {self._topics.image} (its limit on messages, as Mosquitto's "
                "message_size_limit, or its ACL?); they are made smaller until one passes",
            )
            self._connection.size_limit.refused(size)
            self._on_new_limit()


def _bytes(meta: bytes) -> int:
    try:
        size = orjson.loads(meta)["bytes"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return 0
    return size if isinstance(size, int) else 0
