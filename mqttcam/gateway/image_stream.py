"""The images of one camera at its image rate, each followed by its meta."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from mqttcam.camera.feed import PictureFeed
from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.camera.hub import Hub
from mqttcam.gateway.picture_packets import (
    image_head,
    largest_jpeg,
    meta_packet,
    picture_meta,
)
from mqttcam.mqtt.connection import Connection
from mqttcam.mqtt.network_connection import NetworkConnection
from mqttcam.mqtt.packets import PUBLISH, RETAIN, prefixed
from mqttcam.mqtt.reasons import FIRST_FAILURE, reason_text
from mqttcam.mqtt.topics import CameraTopics
from mqttcam.schedule import Schedule

log = logging.getLogger(__name__)

INTERVAL, CONNECT = "interval", "connect"
"""The `trigger` of an image: due by the image rate or schedule, published after a connect."""

STALE_AFTER = 1.0
"""Seconds after which a picture that is still waiting is dropped."""
_SOON = 1.0
"""Seconds; at this image interval, or a shorter one, the next image is due soon."""


class ImageStream:
    """Publishes the images of one camera; the latest wins.

    Frames are selected before they are encoded: the feed is `ready` only while a picture can be sent soon. One picture
    is in flight at a time: its image at QoS 0 and, right behind it, its meta at QoS 1, until the meta is acknowledged.
    So no backlog builds up here, in the kernel or in the broker. While acknowledgements arrive within half a frame
    period, the next picture is encoded meanwhile and waits; a later one replaces it.

    Attributes:
        name: of the camera, for log lines.
        dropped: images that were due and were not published.
    """

    def __init__(
        self,
        connection: Connection,
        topics: CameraTopics,
        hub: Hub,
        *,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Subscribe to the frames of `hub`; no image is due until `configure`.

        Args:
            clock: monotonic, in seconds; by default that of the event loop.
        """
        loop = asyncio.get_running_loop()
        self.name = hub.name
        self._connection = connection
        self._topics = topics
        self._image_topic = prefixed(topics.image.encode())
        self._meta_name = topics.image_meta
        self._meta_topic = prefixed(self._meta_name.encode())
        self._clock = clock or loop.time
        self._retain = 0
        self._period = 0.0
        self._trigger = INTERVAL
        self._in_flight = False
        self._waiting: tuple[Picture, str, float] | None = None
        self._on_idle: Callable[[], None] | None = None
        self._dropped = 0
        self._limits = _Limits(self.name)
        self._feed = PictureFeed(hub, loop, self._take, PictureSpec(), 0)
        self._feed.ready = False
        connection.on_connected(self._resume)
        connection.on_disconnected(self._pause)
        if connection.connected:
            self._resume()

    @property
    def dropped(self) -> int:
        return self._feed.dropped + self._dropped

    @property
    def max_bytes(self) -> int:
        """The size in bytes of the largest JPEG that can be published now."""
        return largest_jpeg(self._connection, self._topics)

    @property
    def spec(self) -> PictureSpec:
        return self._feed.spec

    @property
    def due_soon(self) -> bool:
        """Whether the next image is due within a second."""
        return self._feed.schedule is None and self._feed.fps * _SOON >= 1

    def configure(
        self,
        spec: PictureSpec,
        rate: float,
        *,
        frame_rate: float,
        retain: bool,
        schedule: Schedule | None = None,
    ) -> None:
        """Set how and when images are published from now on.

        Args:
            rate: images per second; 0 is none, infinity every frame.
            frame_rate: frames per second of the camera.
            retain: have the broker keep the last image.
            schedule: when images are due, instead of `rate`.
        """
        self._feed.spec = spec
        self._feed.fps = rate
        self._feed.schedule = schedule
        self._retain = RETAIN if retain else 0
        self._period = 1 / min(rate or frame_rate, frame_rate)

    def trigger_next(self, trigger: str) -> None:
        """Name another `trigger` in the meta of the next image that is due."""
        self._trigger = trigger

    def publish(self, picture: Picture, trigger: str) -> None:
        """Publish a picture as an image, or have it wait while another one is in flight."""
        network = self._connection.network
        if network is None:
            self._dropped += 1
        elif self._in_flight:
            self._dropped += self._waiting is not None
            self._waiting = (picture, trigger, self._clock())
        else:
            self._send(network, picture, trigger)

    def discard(self, on_idle: Callable[[], None]) -> None:
        """Drop the picture that waits, because the camera was switched off.

        Args:
            on_idle: called once the picture in flight has reached the broker or never will; not called if there is
                no such picture.
        """
        self._drop_waiting()
        self._on_idle = on_idle if self._in_flight else None

    def close(self) -> None:
        """Stop publishing."""
        self._pause()
        self._feed.close()
        self._connection.remove_hooks(self._resume, self._pause)

    # the connection

    def _resume(self) -> None:
        self._in_flight = False
        self._waiting = None
        self.fit()
        self._feed.ready = True

    def _pause(self) -> None:
        self._feed.ready = False
        self._drop_waiting()
        self._set_idle()

    def _set_idle(self) -> None:
        self._in_flight = False
        on_idle, self._on_idle = self._on_idle, None
        if on_idle is not None:
            on_idle()

    def _drop_waiting(self) -> None:
        self._dropped += self._waiting is not None
        self._waiting = None

    def fit(self) -> None:
        """Make images as small as the limit on packets demands from now on."""
        self._limits.packet = self._connection.max_packet_size
        self._feed.max_bytes = self._limits.jpeg = self.max_bytes

    # pictures

    def _take(self, picture: Picture) -> None:
        """Publish a picture of the feed, which is no longer `ready`."""
        trigger, self._trigger = self._trigger, INTERVAL
        self.publish(picture, trigger)

    def _send(self, network: NetworkConnection, picture: Picture, trigger: str) -> None:
        jpeg = picture.jpeg
        if len(jpeg) > self._limits.jpeg:
            self._dropped += 1
            self._feed.ready = True
            self._limits.log_dropped(picture)
            return
        head = image_head(network, PUBLISH | self._retain, self._image_topic, None, picture)
        mid = network.next_mid()
        meta = meta_packet(network, self._meta_topic, mid, picture_meta(picture, trigger))
        self._in_flight = True
        if network.write((head, jpeg, meta), len(head) + len(jpeg) + len(meta), mid, self._acknowledged):
            self._feed.ready = self._feed.ahead
        if picture.quality < self._feed.spec.quality and len(jpeg) * 2 > self._limits.jpeg:
            self._limits.log_reduced()

    def _acknowledged(self, reason: int, seconds: float) -> None:
        self._set_idle()
        self._feed.ahead = seconds * 2 < self._period
        if self._connection.max_packet_size != self._limits.packet:
            self.fit()
        if reason >= FIRST_FAILURE:
            self._dropped += 1
            refusal = f"the broker refuses messages to {self._meta_name}: {reason_text(reason)}"
            self._connection.refusals.add(self._meta_name, refusal)
        else:
            self._connection.refusals.accepted(self._meta_name)
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            self._feed.ready = True
            return
        picture, trigger, since = waiting
        network = self._connection.network
        if network is None or self._clock() - since > STALE_AFTER:
            self._dropped += 1
            self._feed.ready = True
        else:
            self._send(network, picture, trigger)


class _Limits:
    """What the broker accepts; each limit that pictures run into is logged once.

    Attributes:
        packet: bytes of the largest packet.
        jpeg: bytes of the largest JPEG in such a packet.
    """

    def __init__(self, name: str) -> None:
        self.packet = self.jpeg = 0
        self._name = name
        self._logged_packet = 0

    def log_reduced(self) -> None:
        if self.packet != self._logged_packet:
            self._logged_packet = self.packet
            log.warning(
                "%s: images are made smaller to fit into a packet of %d bytes", self._name, self.packet
            )

    def log_dropped(self, picture: Picture) -> None:
        if self.packet != self._logged_packet:
            self._logged_packet = self.packet
            size = len(picture.jpeg)
            log.warning(
                "%s: an image of %d bytes is dropped; allowed: %d bytes in a packet",
                self._name,
                size,
                self.packet,
            )
