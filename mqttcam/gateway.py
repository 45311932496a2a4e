"""The node and its cameras on MQTT: commands in, results, state and pictures out."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Generic

import orjson

from mqttcam import __version__
from mqttcam.camera.camera import CameraStatus
from mqttcam.camera.feed import PictureFeed
from mqttcam.camera.frame import Picture
from mqttcam.commands import CAMERA_COMMANDS, MAX_PAYLOAD, NODE_COMMANDS, Commander, Request, Target
from mqttcam.devices import CameraDevice, SnapshotRefused
from mqttcam.entities.camera import camera_entities
from mqttcam.entities.entity import state_of
from mqttcam.health import Health
from mqttcam.home_assistant import Announcer, camera_object_id, node_object_id
from mqttcam.mqtt.connection import Connection, Message
from mqttcam.mqtt.pictures import PicturePublisher, PublishError
from mqttcam.mqtt.topics import CameraTopics, Topics
from mqttcam.node import Node
from mqttcam.settings import HomeAssistantSettings, MqttSettings

log = logging.getLogger(__name__)

HEALTH_INTERVAL = 60.0
"""Seconds between two `health` messages; the states, whose diagnostics drift, go with them."""
_FIRST_HEALTH = 5.0
_GOODBYE = 1.0
"""Seconds for the broker to acknowledge `offline`; with closing the cameras, a stop takes less than 2 s."""
_ONLINE, _OFFLINE = b"online", b"offline"
CAMERA_ID = re.compile(r"[a-z0-9_-]+")


class Inbox(Generic[Target]):
    """Commands of one device as they arrive: run, answered, and cleared where they were retained."""

    def __init__(self, connection: Connection, commander: Commander[Target], result_topic: str) -> None:
        self._connection = connection
        self._commander = commander
        self._result_topic = result_topic
        self._running: set[asyncio.Task[None]] = set()
        self._cleared: set[str] = set()

    def receive(self, message: Message, command: str, key: str | None = None) -> None:
        """Run a command; its result is published when it is there."""
        if self._connection.echoes and not message.payload and message.topic in self._cleared:
            self._cleared.discard(message.topic)  # our own clearing, come back
            return
        if message.retain and message.payload:
            self._cleared.add(message.topic)
            self._connection.publish(message.topic, b"", qos=1, retain=True)
        elif message.retain:
            return  # somebody else has cleared it
        task = asyncio.create_task(self._run(message, command, key))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _run(self, message: Message, command: str, key: str | None) -> None:
        request = Request(command, message.payload, key, message.retain)
        result = await self._commander.run(request)
        payload = orjson.dumps(result.as_json(), default=str)
        self._connection.publish(self._result_topic, payload, qos=1)
        if message.response_topic:
            self._connection.publish(
                message.response_topic, payload, qos=1, correlation_data=message.correlation_data
            )


class CameraEndpoint:
    """One camera on MQTT."""

    def __init__(
        self,
        device: CameraDevice,
        commander: Commander[CameraDevice],
        connection: Connection,
        pictures: PicturePublisher,
        topics: CameraTopics,
        announcer: Announcer | None,
        on_new_shape: Callable[[], None],
    ) -> None:
        self.device = device
        self.pictures = pictures
        self._connection = connection
        self._topics = topics
        self._announcer = announcer
        self._on_new_shape = on_new_shape
        self._inbox = Inbox(connection, commander, topics.result)
        self._shape: object = (None, ())
        self._publish_due: asyncio.Handle | None = None
        device.add_listener(self._changed)
        device.snapshot_sinks.append(self._publish_snapshot)
        device.drop_counters.append(lambda: pictures.dropped)
        device.picture_limits.append(lambda: pictures.max_bytes)
        self._follow()

    def handlers(self) -> Iterator[tuple[str, Callable[[Message], None]]]:
        """What to subscribe to, each with its handler."""
        inbox, topics = self._inbox, self._topics
        yield topics.set, lambda message: inbox.receive(message, "set")
        yield topics.set_key("+"), lambda message: inbox.receive(message, "set", _last_level(message))
        yield topics.get, lambda message: inbox.receive(message, "get")
        yield topics.command("+"), lambda message: inbox.receive(message, _last_level(message))

    def announce(self) -> None:
        """Everything that somebody who has just come must know."""
        if self._announcer is not None and self._known():
            self._announcer.announce(self.device)
        self.publish()
        self.pictures.request()

    def publish(self) -> None:
        """Availability and state, now."""
        self._publish_due = None
        status = self.device.camera.status
        available = _ONLINE if status in (CameraStatus.RUNNING, CameraStatus.OFF) else _OFFLINE
        self._connection.publish(self._topics.availability, available, qos=1, retain=True)
        if self._known():
            state = state_of(camera_entities(self.device), self.device)
            self._connection.publish(self._topics.state, orjson.dumps(state), qos=1, retain=True)

    def _known(self) -> bool:
        """Whether its controls are known, or cannot be by now: what is published earlier would lack their keys."""
        camera = self.device.camera
        return camera.info is not None or camera.status is not CameraStatus.STARTING

    def close(self, *, for_good: bool) -> None:
        """Stop publishing; with `for_good` nothing of it stays on the broker."""
        self.device.remove_listener(self._changed)
        self.pictures.close()
        if self._publish_due is not None:
            self._publish_due.cancel()
        for topic in self._topics.retained if for_good else ():
            self._connection.publish(topic, b"", qos=1, retain=True)
        if not for_good:
            self._connection.publish(self._topics.availability, _OFFLINE, qos=1, retain=True)

    async def _publish_snapshot(self, picture: Picture, request_id: str | None) -> None:
        try:
            await self.pictures.publish_snapshot(picture, request_id)
        except PublishError as error:
            raise SnapshotRefused(error.code, str(error)) from error

    def _changed(self) -> None:
        """Many changes in one turn of the loop are one message."""
        self._follow()
        if self._publish_due is None:
            self._publish_due = asyncio.get_running_loop().call_soon(self._publish_change)

    def _publish_change(self) -> None:
        shape = (self.device.camera.info, tuple(self.device.camera.controls.items()))
        if shape != self._shape:
            self._shape = shape
            self._on_new_shape()
        self.publish()

    def _follow(self) -> None:
        self.pictures.configure(
            self.device.picture_spec, self.device.picture_rate, retain=self.device.image_retain
        )


def _last_level(message: Message) -> str:
    return message.topic.rpartition("/")[2]


class Gateway:
    """Everything of this node on MQTT: the node's own topics, and an endpoint a camera."""

    def __init__(
        self,
        settings: MqttSettings,
        home_assistant: HomeAssistantSettings,
        node: Node,
        node_commander: Commander[Node],
        health: Health,
        client_id: str,
    ) -> None:
        self._node = node
        self._health = health
        self._topics = Topics(settings.base_topic, node.id)
        will = (self._topics.status, _OFFLINE)
        self._connection = Connection(settings, client_id=client_id, will=will)
        # Pictures have a connection of their own: neither commands nor state nor pings wait behind one.
        self._pictures = Connection(settings, client_id=f"{client_id}-pictures", follows=self._connection)
        self._endpoints: dict[str, CameraEndpoint] = {}
        self._inbox = Inbox(self._connection, node_commander, self._topics.result)
        self._announcer: Announcer | None = None
        if home_assistant.enabled:
            loop = asyncio.get_running_loop()
            prefix = home_assistant.discovery_prefix
            self._announcer = Announcer(self._connection.publish, loop.call_later, self._topics, prefix, node)
        self._pulse: asyncio.Task[None] | None = None
        self._birth: asyncio.TimerHandle | None = None
        node.add_listener(self._publish_health)
        node.reconnects = lambda: self._connection.reconnects
        health.connection_problems.append(lambda: self._connection.problem)

    def start(self) -> None:
        """Connect, and stay connected."""
        self._connection.subscribe(
            self._topics.command("+"), lambda message: self._inbox.receive(message, _last_level(message))
        )
        self._connection.subscribe(self._topics.info, self._see_info)
        if self._announcer is not None:
            self._connection.subscribe(self._announcer.birth_topic, self._see_birth)
            self._watch(node_object_id(self._node.id))
        self._connection.on_connected(self._announce)
        self._connection.start()
        self._pictures.start()
        self._pulse = asyncio.create_task(self._publish_now_and_then(), name="mqtt-health")

    async def stop(self) -> None:
        """Say `offline` and disconnect; within 2 s, whatever is still queued."""
        if self._pulse is not None:
            self._pulse.cancel()
        if self._birth is not None:
            self._birth.cancel()
        for endpoint in self._endpoints.values():
            endpoint.close(for_good=False)
        await self._pictures.stop()
        await self._connection.stop(last=(self._topics.status, _OFFLINE), within=_GOODBYE)

    def add(self, device: CameraDevice, commander: Commander[CameraDevice]) -> None:
        """Put a camera on MQTT."""
        topics = self._topics.camera(device.id)
        loop = asyncio.get_running_loop()

        def open_feed(on_picture: Callable[[Picture], None]) -> PictureFeed:
            return PictureFeed(device.camera.hub, loop, on_picture, device.picture_spec, device.picture_rate)

        pictures = PicturePublisher(self._pictures, topics, device.camera, open_feed)
        endpoint = CameraEndpoint(
            device,
            commander,
            self._connection,
            pictures,
            topics,
            self._announcer,
            on_new_shape=lambda: self._see_new_shape(device),
        )
        self._endpoints[device.id] = endpoint
        for topic, handler in endpoint.handlers():
            self._connection.subscribe(topic, handler)
        self._watch(camera_object_id(self._node.id, device.id))
        if self._connection.connected:
            endpoint.announce()
            self._publish_info()

    def remove(self, camera_id: str, *, for_good: bool) -> None:
        """Take a camera off MQTT; `for_good`, out of Home Assistant too."""
        endpoint = self._endpoints.pop(camera_id)
        for topic, _handler in endpoint.handlers():
            self._connection.unsubscribe(topic)
        endpoint.close(for_good=for_good)
        if for_good and self._announcer is not None:
            self._announcer.remove(camera_id)

    def rediscover(self) -> None:
        """Announce everything again, also what was deleted in Home Assistant."""
        if self._announcer is not None:
            self._announcer.forget_deletions()
        self._announce()

    # out

    def _see_new_shape(self, device: CameraDevice) -> None:
        """A camera was opened: its model, size or controls are others than before."""
        if self._connection.connected:
            if self._announcer is not None:
                self._announcer.announce(device)
            self._publish_info()

    def _announce(self) -> None:
        """Everything, the node first: its cameras' devices refer to it."""
        if self._announcer is not None:
            self._announcer.announce_node()
        self._connection.publish(self._topics.status, _ONLINE, qos=1, retain=True)
        self._publish_health()
        for endpoint in self._endpoints.values():
            endpoint.announce()
        self._publish_info()

    def _publish_info(self) -> None:
        info = {
            "node": self._node.id,
            "version": __version__,
            "limits": {"max_packet_size": self._pictures.max_packet_size, "max_command_size": MAX_PAYLOAD},
            "commands": sorted(NODE_COMMANDS),
            "cameras": {camera_id: _capabilities(end.device) for camera_id, end in self._endpoints.items()},
        }
        self._connection.publish(self._topics.info, orjson.dumps(info), qos=1, retain=True)

    def _publish_health(self) -> None:
        self._connection.publish(self._topics.health, orjson.dumps(self._health.report()), qos=0, retain=True)

    async def _publish_now_and_then(self) -> None:
        await asyncio.sleep(_FIRST_HEALTH)
        while True:
            self._publish_health()
            for endpoint in self._endpoints.values():
                endpoint.publish()
            await asyncio.sleep(HEALTH_INTERVAL)

    # in

    def _watch(self, object_id: str) -> None:
        if (announcer := self._announcer) is not None:
            self._connection.subscribe(
                announcer.config_topic(object_id),
                lambda message: announcer.received(object_id, message.payload),
            )

    def _see_birth(self, message: Message) -> None:
        if message.payload != _ONLINE or self._announcer is None:
            return
        if self._birth is not None:
            self._birth.cancel()
        delay = self._announcer.birth_delay()
        self._birth = asyncio.get_running_loop().call_later(delay, self._announce)

    def _see_info(self, message: Message) -> None:
        """Clear what is left of cameras that an earlier run had: the broker kept the list of them."""
        if not message.retain:
            return
        for camera_id in _camera_ids(message.payload) - set(self._endpoints):
            log.info("camera %s is gone from the configuration: its topics are emptied", camera_id)
            for topic in self._topics.camera(camera_id).retained:
                self._connection.publish(topic, b"", qos=1, retain=True)
            if self._announcer is not None:
                self._announcer.remove(camera_id)


def _capabilities(device: CameraDevice) -> Mapping[str, object]:
    info = device.camera.info
    return {
        "name": device.name,
        "source": device.settings.source.type,
        "model": info.model if info else None,
        "width": info.width if info else None,
        "height": info.height if info else None,
        "frame_rate": info.frame_rate if info else None,
        "commands": sorted(CAMERA_COMMANDS),
        "keys": {
            entity.key: entity.kind.describe() | {"settable": entity.settable}
            for entity in camera_entities(device)
            if entity.kind is not None
        },
    }


def _camera_ids(info: bytes) -> set[str]:
    try:
        cameras = orjson.loads(info)["cameras"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return set()
    return (
        {camera_id for camera_id in cameras if CAMERA_ID.fullmatch(camera_id)}
        if isinstance(cameras, dict)
        else set()
    )
