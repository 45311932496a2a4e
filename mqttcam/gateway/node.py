"""The node and its cameras on MQTT: commands in, results, state and pictures out."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

import orjson

from mqttcam import __version__
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.commands.request import MAX_PAYLOAD
from mqttcam.devices.camera import CameraDevice
from mqttcam.gateway.camera import CameraGateway
from mqttcam.gateway.connect_image import ConnectImage
from mqttcam.gateway.image_stream import ImageStream
from mqttcam.gateway.inbox import CommandInbox, last_level
from mqttcam.gateway.snapshots import SnapshotPublisher
from mqttcam.home_assistant import Announcer, camera_object_id, node_object_id
from mqttcam.mqtt.connection import Connection, Message
from mqttcam.mqtt.topics import OFFLINE, ONLINE, Topics
from mqttcam.settings import HomeAssistantSettings, MqttSettings
from mqttcam.text import is_id

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HealthTiming:
    """When `health` is published, together with the states of the cameras, whose diagnostics drift.

    Attributes:
        first: seconds from the start to the first message.
        interval: seconds between two messages.
    """

    first: float = 5.0
    interval: float = 60.0


_GOODBYE = 1.0
"""Seconds for the broker to acknowledge `offline`; with closing the cameras, a stop takes less than 2 s."""


class MqttGateway:
    """Everything of this node on MQTT: the node's own topics, and an endpoint a camera."""

    def __init__(
        self,
        settings: MqttSettings,
        home_assistant: HomeAssistantSettings,
        registry: DeviceRegistry,
        client_id: str,
        *,
        health: HealthTiming = HealthTiming(),
    ) -> None:
        node = registry.node
        self._health_timing = health
        self._registry = registry
        self._topics = Topics(settings.base_topic, node.id)
        will = (self._topics.status, OFFLINE)
        self._connection = Connection(settings, client_id=client_id, will=will)
        # Pictures have a connection of their own: neither commands nor state nor pings wait behind one.
        self._pictures = Connection(settings, client_id=f"{client_id}-pictures", follows=self._connection)
        self._endpoints: dict[str, CameraGateway] = {}
        self._inbox = CommandInbox(self._connection, registry.node_runner, self._topics.result)
        self._announcer: Announcer | None = None
        if home_assistant.enabled:
            loop = asyncio.get_running_loop()
            prefix = home_assistant.discovery_prefix
            self._announcer = Announcer(self._connection.publish, loop.call_later, self._topics, prefix, node)
        self._pulse: asyncio.Task[None] | None = None
        self._birth: asyncio.TimerHandle | None = None
        node.add_listener(self._publish_health)
        node.reconnects = lambda: self._connection.reconnects
        registry.health.checks.append(lambda: self._connection.problem)
        registry.health.checks.append(lambda: self._pictures.problem)

    def start(self) -> None:
        """Connect, and stay connected."""
        self._connection.subscribe(
            self._topics.command("+"), lambda message: self._inbox.receive(message, last_level(message))
        )
        self._connection.subscribe(self._topics.info, self._see_info)
        if self._announcer is not None:
            self._connection.subscribe(self._announcer.birth_topic, self._see_birth)
            self._watch(node_object_id(self._registry.node.id))
        self._connection.on_connected(self._announce)
        self._pictures.on_connected(self._publish_info)  # what it has learned may have changed the limits
        self._connection.start()
        self._pictures.start()
        self._pulse = asyncio.create_task(self._publish_now_and_then(), name="mqtt-health")

    async def stop(self) -> None:
        """Say `offline` and disconnect; within 2 s, whatever is still queued."""
        if self._pulse is not None:
            self._pulse.cancel()
        if self._birth is not None:
            self._birth.cancel()
        self._inbox.close()
        for endpoint in self._endpoints.values():
            endpoint.close(for_good=False)
        await self._pictures.stop()
        await self._connection.stop(last=(self._topics.status, OFFLINE), within=_GOODBYE)

    def add(self, device: CameraDevice) -> None:
        """Put a camera on MQTT."""
        topics = self._topics.camera(device.id)
        images = ImageStream(self._pictures, topics, device.camera.hub)
        endpoint = CameraGateway(
            device,
            self._registry.cameras[device.id].runner,
            self._connection,
            topics,
            self._announcer,
            on_new_capabilities=lambda: self._publish_new_capabilities(device),
            images=images,
            connect_image=ConnectImage(self._pictures, images, device.camera.take_snapshot),
            snapshots=SnapshotPublisher(self._pictures, topics),
        )
        self._endpoints[device.id] = endpoint
        for topic, handler in endpoint.handlers():
            self._connection.subscribe(topic, handler)
        self._watch(camera_object_id(self._registry.node.id, device.id))
        if self._connection.connected:
            endpoint.announce()
            self._publish_info()

    def remove(self, camera_id: str, *, for_good: bool) -> None:
        """Take a camera off MQTT; `for_good`, out of Home Assistant too."""
        endpoint = self._endpoints.pop(camera_id)
        for topic, _handler in endpoint.handlers():
            self._connection.unsubscribe(topic)
        endpoint.close(for_good=for_good)
        if self._announcer is not None:
            topic = self._announcer.config_topic(camera_object_id(self._registry.node.id, camera_id))
            self._connection.unsubscribe(topic)
        if for_good:
            if self._announcer is not None:
                self._announcer.remove(camera_id)
            self._publish_info()

    def rediscover(self) -> None:
        """Announce everything again, also what was deleted in Home Assistant."""
        if self._announcer is not None:
            self._announcer.forget_deletions()
        self._announce()

    # out

    def _publish_new_capabilities(self, device: CameraDevice) -> None:
        """A camera was opened: its model, size or controls are others than before."""
        if self._connection.connected:
            if self._announcer is not None:
                self._announcer.announce(device)
            self._publish_info()

    def _announce(self) -> None:
        """Everything, the node first: its cameras' devices refer to it."""
        if self._announcer is not None:
            self._announcer.announce_node()
        self._connection.publish(self._topics.status, ONLINE, qos=1, retain=True)
        self._publish_health()
        for endpoint in self._endpoints.values():
            endpoint.announce()
        self._publish_info()

    def _publish_info(self) -> None:
        limit = min(self._connection.max_packet_size, self._pictures.max_packet_size)
        info = {
            "node": self._registry.node.id,
            "version": __version__,
            "limits": {"max_packet_size": limit, "max_command_size": MAX_PAYLOAD},
            "commands": sorted(command.name for command in self._registry.node_runner.listed),
            "cameras": {
                camera_id: self._registry.cameras[camera_id].describe().capabilities
                for camera_id in self._endpoints
            },
        }
        self._connection.publish(self._topics.info, orjson.dumps(info), qos=1, retain=True)

    def _publish_health(self) -> None:
        self._connection.publish(
            self._topics.health, orjson.dumps(self._registry.health.report()), qos=0, retain=True
        )

    async def _publish_now_and_then(self) -> None:
        await asyncio.sleep(self._health_timing.first)
        while True:
            try:
                self._publish_health()
                for endpoint in self._endpoints.values():
                    endpoint.publish()
            except Exception:
                log.exception("health cannot be published")
            await asyncio.sleep(self._health_timing.interval)

    # in

    def _watch(self, object_id: str) -> None:
        if (announcer := self._announcer) is not None:
            self._connection.subscribe(
                announcer.config_topic(object_id),
                lambda message: announcer.received(object_id, message.payload, live=not message.retain),
            )

    def _see_birth(self, message: Message) -> None:
        if message.payload != ONLINE or self._announcer is None:
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


def _camera_ids(info: bytes) -> set[str]:
    try:
        cameras = orjson.loads(info)["cameras"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return set()
    return {camera_id for camera_id in cameras if is_id(camera_id)} if isinstance(cameras, dict) else set()
