"""What these tests share."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.gateway.pictures import PicturePublisher
from mqttcam.mqtt.connection import Connection
from mqttcam.mqtt.topics import CameraTopics, Topics
from mqttcam.schedule import Schedule
from mqttcam.settings import MqttSettings
from tests.support.broker import Broker, Endpoint, Mosquitto
from tests.support.client import Message
from tests.support.waiting import until

TOPICS = Topics("mqttcam", "yard")
FRONT = TOPICS.camera("front")


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


class HandFeed:
    """A feed that gives pictures when a test says so, as a camera's does: only through an open gate."""

    def __init__(self, on_picture: Callable[[Picture], None]) -> None:
        self._on_picture = on_picture
        self.ready = False
        self.max_bytes: int | None = None
        self.spec = PictureSpec()
        self.fps = 0.0
        self.schedule: Schedule | None = None
        self.dropped = 0
        self.closed = False

    def close(self) -> None:
        self.closed = True

    def offer(self, picture: Picture) -> bool:
        """Whether the gate was open, so that the picture went through."""
        if not self.ready:
            self.dropped += 1
            return False
        self.ready = False
        self._on_picture(picture)
        return True


@dataclass
class HandCamera:
    """Gives the picture that a test has put in."""

    picture: Picture | None = None
    asked: list[tuple[PictureSpec, int | None]] = field(default_factory=list)

    async def take(self, spec: PictureSpec, timeout: float, max_bytes: int | None) -> Picture:
        self.asked.append((spec, max_bytes))
        if self.picture is None:
            raise RuntimeError("no camera")
        return self.picture


@dataclass
class Rig:
    """A publisher and what feeds it."""

    connection: Connection
    feed: HandFeed
    camera: HandCamera
    publisher: PicturePublisher
    topics: CameraTopics

    @classmethod
    def make(cls, connection: Connection, *, rate: float = 10, topics: CameraTopics = FRONT) -> Rig:
        feeds: list[HandFeed] = []
        camera = HandCamera()

        def open_feed(on_picture: Callable[[Picture], None]) -> HandFeed:
            feeds.append(HandFeed(on_picture))
            return feeds[0]

        publisher = PicturePublisher(connection, topics, camera, open_feed)
        publisher.configure(PictureSpec(), rate, retain=False)
        return cls(connection, feeds[0], camera, publisher, topics)

    async def send(self, picture: Picture) -> None:
        """Offer a picture as soon as the gate is open."""
        await until(lambda: self.feed.ready, "the gate opens", 30)
        assert self.feed.offer(picture)


def picture(size: int = 5000, seq: int = 1, *, quality: int = 85, ts_ns: int | None = None) -> Picture:
    """So many bytes that begin and end as a JPEG does."""
    body = bytes(size - 4)
    return Picture(
        b"\xff\xd8" + body + b"\xff\xd9", seq, time.time_ns() if ts_ns is None else ts_ns, 640, 480, quality
    )
