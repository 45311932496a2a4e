"""What these tests share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mqttcam.camera.frame import CaptureSession, Picture, PictureSpec
from mqttcam.camera.hub import Hub
from mqttcam.gateway.connect_image import ConnectImage
from mqttcam.gateway.image_stream import ImageStream
from mqttcam.gateway.snapshots import ACK_TIMEOUT, SnapshotPublisher
from mqttcam.mqtt.connection import Connection
from mqttcam.mqtt.topics import CameraTopics, Topics
from mqttcam.schedule import Schedule
from mqttcam.settings import MqttSettings
from tests.support.broker import Broker, Endpoint, Mosquitto
from tests.support.client import Message
from tests.support.waiting import until

TOPICS = Topics("mqttcam", "yard")
FRONT = TOPICS.camera("front")


async def subscribed(connection: Connection) -> None:
    """Wait until the broker has acknowledged all subscriptions: what is published before may not arrive."""
    await until(
        lambda: connection.network is not None and not connection.network.awaits_answers, "all SUBACKs"
    )


def login_settings(to: Endpoint, **options: Any) -> MqttSettings:
    """The settings with which a daemon would reach `to`."""
    fields: dict[str, Any] = {
        "host": to.host,
        "port": to.port,
        "username": to.username,
        "password": to.password,
    }
    if to.certificates is not None:
        fields["tls"] = {"ca_file": to.certificates.ca}
    if to.client_certificate_required and to.certificates is not None:
        fields["tls"] |= {"cert_file": to.certificates.client_cert, "key_file": to.certificates.client_key}
    return MqttSettings.model_validate(
        {key: value for key, value in (fields | options).items() if value is not None}
    )


def as_sent(broker: Broker, message: Message, qos: int, retain: bool) -> bool:
    """Whether a message has these flags, where the broker reports them."""
    return not isinstance(broker, Mosquitto) or (message.qos, message.retain) == (qos, retain)


async def in_thread(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Wait for something that blocks, while the connections of the loop go on."""
    return await asyncio.to_thread(function, *args, **options)


@dataclass
class HandCamera:
    """Gives the picture that a test has put in."""

    picture: Picture | None = None
    asked: list[tuple[PictureSpec, int | None]] = field(default_factory=list)

    async def take_snapshot(self, spec: PictureSpec, _timeout: float, max_bytes: int | None) -> Picture:
        self.asked.append((spec, max_bytes))
        if self.picture is None:
            raise RuntimeError("no camera")
        return self.picture


@dataclass
class HandClock:
    """A monotonic clock that a test moves."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


class Rig:
    """What publishes the pictures of one camera, and a test in the place of the camera."""

    def __init__(self, connection: Connection, rate: float, topics: CameraTopics, ack_timeout: float) -> None:
        self.connection = connection
        self.topics = topics
        self.camera = HandCamera()
        self.clock = HandClock()
        self.hub = Hub("camera front")
        self.images = ImageStream(connection, topics, self.hub, clock=self.clock)
        self.connect_image = ConnectImage(connection, self.images, self.camera.take_snapshot)
        self.snapshots = SnapshotPublisher(connection, topics, ack_timeout=ack_timeout)
        self.feed = self.images._feed
        self.configure(rate)

    @classmethod
    def make(
        cls,
        connection: Connection,
        *,
        rate: float = 10,
        topics: CameraTopics = FRONT,
        ack_timeout: float = ACK_TIMEOUT,
    ) -> Rig:
        return cls(connection, rate, topics, ack_timeout)

    def configure(
        self,
        rate: float,
        spec: PictureSpec = PictureSpec(),  # noqa: B008 - frozen
        *,
        retain: bool = False,
        schedule: Schedule | None = None,
    ) -> None:
        self.images.configure(spec, rate, frame_rate=25, retain=retain, schedule=schedule)

    def offer(self, picture: Picture) -> bool:
        """Hand over a picture, as the camera's feed does; whether the feed was ready for it."""
        ready = self.feed.ready
        self.feed._pass_on(picture, CaptureSession())
        return ready

    async def send(self, picture: Picture) -> None:
        """Offer a picture as soon as the feed is ready."""
        await until(lambda: self.feed.ready, "the feed is ready")
        assert self.offer(picture)


def picture(size: int = 5000, seq: int = 1, *, quality: int = 85, ts_ns: int | None = None) -> Picture:
    """So many bytes that begin and end as a JPEG does."""
    body = bytes(size - 4)
    return Picture(
        b"\xff\xd8" + body + b"\xff\xd9", seq, time.time_ns() if ts_ns is None else ts_ns, 640, 480, quality
    )
