"""Pictures of one camera on MQTT: the image, its meta, and the next when the broker has acknowledged both."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Protocol

from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.gateway.snapshots import REFUSED, PublishError, image_head, meta_of, meta_packet, send_snapshot
from mqttcam.mqtt.connection import Connection
from mqttcam.mqtt.network_connection import NetworkConnection
from mqttcam.mqtt.packets import LONGEST_HEAD, PUBLISH, RETAIN, prefixed
from mqttcam.mqtt.topics import CameraTopics
from mqttcam.schedule import Schedule

__all__ = ["PicturePublisher", "PublishError"]

log = logging.getLogger(__name__)

INTERVAL, CONNECT, COMMAND = "interval", "connect", "command"
"""The `trigger` of a picture: due by the image rate, for who has just come, asked for by a command."""

MAX_SNAPSHOTS = 2
"""Snapshots that may wait for the broker at once."""

_UNPACED_PERIOD = 0.04
"""Seconds; what a frame period is taken for where every frame is wanted."""
_STALE = 1.0
"""Seconds after which a picture that waited is not worth sending any more."""
_SOON = 1.0
"""Seconds that who has just come waits for the next picture that is due anyway."""
_TAKE_TIMEOUT = 10.0
_PROPERTIES = 110
"""Bytes at most of a picture's MQTT 5 properties, packet identifier and topic length."""


class Feed(Protocol):
    """Where pictures come from: a frame is encoded only while `ready`, and that clears it."""

    ready: bool
    max_bytes: int | None
    spec: PictureSpec
    fps: float
    schedule: Schedule | None

    @property
    def dropped(self) -> int: ...

    def close(self) -> None: ...


class Camera(Protocol):
    """What gives a picture on demand."""

    def take(self, spec: PictureSpec, timeout: float, max_bytes: int | None) -> Awaitable[Picture]: ...


OpenFeed = Callable[[Callable[[Picture], None]], Feed]


class PicturePublisher:
    """Publishes the pictures of one camera.

    The gate is before the encoder: the feed is `ready` only while a picture can leave soon. One picture is
    in flight at a time. It is through when its meta, sent right behind it at QoS 1, is acknowledged, so that
    no queue of old pictures builds up here, in the kernel or in the broker. While PUBACKs come back well
    within a frame period, the next picture is encoded meanwhile, and waits in a slot in which the latest
    wins.
    """

    def __init__(
        self, connection: Connection, topics: CameraTopics, camera: Camera, open_feed: OpenFeed
    ) -> None:
        self._connection = connection
        self._camera = camera
        self._image_topic = prefixed(topics.image.encode())
        self._image_meta_topic = prefixed(topics.image_meta.encode())
        self._topics = topics
        self._name = topics.root
        self._retain = 0
        self._period = _UNPACED_PERIOD
        self._trigger = INTERVAL
        self._in_flight = False
        self._quick = False
        self._slot: tuple[Picture, str, float] | None = None
        self._limit = self._max_bytes = 0
        self._fitted_to = 0
        self._dropped = 0
        self._refused = False
        self._snapshots = 0
        self._taking: asyncio.Task[None] | None = None
        self._requested = False
        self._then: Callable[[], None] | None = None
        self._loop = asyncio.get_running_loop()
        self._feed = open_feed(self._take)
        self._feed.ready = False
        connection.on_connected(self._resume)
        connection.on_disconnected(self._pause)
        if connection.connected:
            self._resume()

    @property
    def dropped(self) -> int:
        """Pictures that were due and did not go out."""
        return self._feed.dropped + self._dropped

    @property
    def max_bytes(self) -> int:
        """The largest JPEG that goes out now."""
        topic = max(len(self._topics.image), len(self._topics.snapshot))
        overhead = LONGEST_HEAD + topic + _PROPERTIES
        return self._connection.max_packet_size - overhead

    def configure(
        self, spec: PictureSpec, rate: float, *, retain: bool, schedule: Schedule | None = None
    ) -> None:
        """How pictures are from now on.

        Args:
            rate: pictures a second: 0 none, infinity every frame.
            schedule: when they are due, instead.
        """
        self._feed.spec = spec
        self._feed.fps = rate
        self._feed.schedule = schedule
        self._retain = RETAIN if retain else 0
        self._period = 1 / rate if 0 < rate < math.inf else _UNPACED_PERIOD

    def request(self) -> None:
        """One picture soon, whatever the rate, for somebody who has just come."""
        if self._feed.fps > 0 and self._period <= _SOON:
            self._trigger = CONNECT
            return
        self._requested = True
        if self._connection.connected and self._taking is None:
            self._taking = asyncio.create_task(self._take_requested(), name=f"picture of {self._name}")

    async def publish_snapshot(self, picture: Picture, request_id: str | None) -> None:
        """Publish a picture taken on demand and its meta; return when the broker has both.

        Raises:
            PublishError: it was not published, or not acknowledged.
        """
        network = self._connection.network
        if network is None:
            raise PublishError("unavailable", "there is no connection to the broker")
        if self._snapshots >= MAX_SNAPSHOTS:
            raise PublishError("busy", f"{self._snapshots} snapshots wait for the broker")
        if len(picture.jpeg) > self.max_bytes:
            raise PublishError("too_large", f"{len(picture.jpeg)} bytes; the most is {self.max_bytes}")
        self._snapshots += 1
        try:
            await send_snapshot(network, self._topics, picture, COMMAND, request_id)
        finally:
            self._snapshots -= 1

    def withdraw(self, then: Callable[[], None]) -> None:
        """Send no picture that waits; the camera was switched off.

        Args:
            then: called once the one that is under way can no longer come in at the broker, if there is one.
        """
        self._dropped += self._slot is not None
        self._slot = None
        self._then = then if self._in_flight else None

    def close(self) -> None:
        """Publish nothing any more."""
        self._pause()
        self._feed.close()
        self._connection.remove_hooks(self._resume, self._pause)

    # the connection

    def _resume(self) -> None:
        self._in_flight = False
        self._slot = None
        self._fit()
        self._feed.ready = True
        if self._requested:
            self.request()

    def _pause(self) -> None:
        self._feed.ready = False
        self._dropped += self._slot is not None
        self._slot = None
        if self._taking is not None:
            self._taking.cancel()
            self._taking = None
        self._arrived()

    def _arrived(self) -> None:
        """Nothing is under way any more."""
        self._in_flight = False
        then, self._then = self._then, None
        if then is not None:
            then()

    def _fit(self) -> None:
        self._limit = self._connection.max_packet_size
        self._feed.max_bytes = self._max_bytes = self.max_bytes

    # pictures

    def _take(self, picture: Picture) -> None:
        """A picture from the feed, which has closed its gate."""
        trigger, self._trigger = self._trigger, INTERVAL
        self._offer(picture, trigger)

    async def _take_requested(self) -> None:
        try:
            picture = await self._camera.take(self._feed.spec, _TAKE_TIMEOUT, self.max_bytes)
        except Exception as error:  # noqa: BLE001 - a camera that gives none now is not news for MQTT
            log.debug("%s: no picture for who has just come: %s", self._name, error)
        else:
            self._offer(picture, CONNECT)
        self._requested = False
        self._taking = None

    def _offer(self, picture: Picture, trigger: str) -> None:
        network = self._connection.network
        if network is None:
            self._dropped += 1
        elif self._in_flight:
            self._dropped += self._slot is not None
            self._slot = (picture, trigger, self._loop.time())
        else:
            self._send(network, picture, trigger)

    def _send(self, network: NetworkConnection, picture: Picture, trigger: str) -> None:
        jpeg = picture.jpeg
        if len(jpeg) > self._max_bytes:
            self._drop_too_large(picture)
            return
        head = image_head(network, PUBLISH | self._retain, self._image_topic, None, picture)
        mid = network.next_mid()
        meta = meta_packet(network, self._image_meta_topic, mid, meta_of(picture, trigger))
        self._in_flight = True
        if network.write((head, jpeg, meta), len(head) + len(jpeg) + len(meta), mid, self._acknowledged):
            self._feed.ready = self._quick
        if picture.quality < self._feed.spec.quality and len(jpeg) * 2 > self._max_bytes:
            self._say_fitted()

    def _acknowledged(self, reason: int, seconds: float) -> None:
        self._arrived()
        self._quick = seconds * 2 < self._period
        if self._connection.max_packet_size != self._limit:
            self._fit()
        if reason >= REFUSED:
            self._dropped += 1
            self._say_refused(reason)
        slot, self._slot = self._slot, None
        if slot is None:
            self._feed.ready = True
            return
        picture, trigger, since = slot
        network = self._connection.network
        if network is None or self._loop.time() - since > _STALE:
            self._dropped += 1
            self._feed.ready = True
        else:
            self._send(network, picture, trigger)

    def _say_fitted(self) -> None:
        if self._limit != self._fitted_to:
            self._fitted_to = self._limit
            log.warning(
                "%s: pictures are made smaller, as a packet has %d bytes at most", self._name, self._limit
            )

    def _drop_too_large(self, picture: Picture) -> None:
        self._dropped += 1
        self._feed.ready = True
        if self._limit != self._fitted_to:
            self._fitted_to = self._limit
            size = len(picture.jpeg)
            log.warning(
                "%s: a picture of %d bytes is dropped; a packet has %d at most", self._name, size, self._limit
            )

    def _say_refused(self, reason: int) -> None:
        if not self._refused:
            self._refused = True
            log.error("%s: the broker refuses our pictures (reason code %d)", self._name, reason)
