"""Pictures of motion, detections and series: published at QoS 1 and retained; the latest wins."""

from __future__ import annotations

import logging
from collections.abc import Callable

from mqttcam.camera.frame import Picture
from mqttcam.gateway.picture_packets import image_head, largest_jpeg
from mqttcam.mqtt.connection import Connection
from mqttcam.mqtt.packets import PUBLISH, QOS_1, RETAIN, prefixed
from mqttcam.mqtt.reasons import FIRST_FAILURE, reason_text
from mqttcam.mqtt.topics import CameraTopics

log = logging.getLogger(__name__)


class LatestPictures:
    """Publishes the pictures of one topic of a camera, one at a time.

    While one is in flight or there is no connection, the latest one waits: the broker keeps it for new subscribers, so
    it is worth sending late.
    """

    def __init__(self, connection: Connection, topics: CameraTopics, topic: str) -> None:
        self._connection = connection
        self._topics = topics
        self._name = topic
        self._topic = prefixed(topic.encode())
        self._waiting: Picture | None = None
        self._in_flight: Picture | None = None
        self._on_idle: Callable[[], None] | None = None
        connection.on_connected(self._send)
        connection.on_disconnected(self._interrupted)

    def publish(self, picture: Picture) -> None:
        """Publish a picture as soon as possible."""
        self._waiting = picture
        self._send()

    def discard(self, on_idle: Callable[[], None]) -> None:
        """Drop the picture that waits, because the camera was switched off.

        Args:
            on_idle: called once the picture in flight has reached the broker or never will; not called if there is
                no such picture.
        """
        self._waiting = None
        self._on_idle = on_idle if self._in_flight is not None else None

    def close(self) -> None:
        """Publish nothing any more."""
        self._waiting = None
        self._connection.remove_hooks(self._send, self._interrupted)

    def _send(self) -> None:
        network = self._connection.network
        if network is None or self._in_flight is not None or self._waiting is None:
            return
        picture, self._waiting = self._waiting, None
        if len(picture.jpeg) > largest_jpeg(self._connection, self._topics):
            log.debug("%s: a picture of %d bytes no longer fits", self._name, len(picture.jpeg))
            return
        self._in_flight = picture
        mid = network.next_mid()
        head = image_head(network, PUBLISH | QOS_1 | RETAIN, self._topic, mid, picture)
        network.write((head, picture.jpeg), len(head) + len(picture.jpeg), mid, self._acknowledged)

    def _acknowledged(self, reason: int, _seconds: float) -> None:
        topic = self._name
        if reason >= FIRST_FAILURE:
            self._connection.refusals.add(
                topic, f"the broker refuses messages to {topic}: {reason_text(reason)}"
            )
        else:
            self._connection.refusals.accepted(topic)
        self._set_idle()
        self._send()

    def _interrupted(self) -> None:
        if self._on_idle is None and self._waiting is None:
            self._waiting = self._in_flight
        self._set_idle()

    def _set_idle(self) -> None:
        self._in_flight = None
        on_idle, self._on_idle = self._on_idle, None
        if on_idle is not None:
            on_idle()
