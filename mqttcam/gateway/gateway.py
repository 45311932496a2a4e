"""The node and its cameras on MQTT, over two connections, and in Home Assistant."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from mqttcam.commands.registry import DeviceRegistry
from mqttcam.devices import hints
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.observer import NodeObserver
from mqttcam.gateway.camera import DETECTIONS, CameraGateway
from mqttcam.gateway.connect_image import ConnectImage
from mqttcam.gateway.image_check import ImageCheck
from mqttcam.gateway.image_stream import ImageStream
from mqttcam.gateway.inbox import last_level
from mqttcam.gateway.latest_pictures import LatestPictures
from mqttcam.gateway.node import NODE_TIMING, EarlierRun, NodeGateway, NodeTiming
from mqttcam.gateway.snapshots import SnapshotPublisher
from mqttcam.home_assistant import Announcer, camera_object_id, config_topic, node_object_id
from mqttcam.mqtt.connection import Connection, Message
from mqttcam.mqtt.pictures_connection import PicturesConnection
from mqttcam.mqtt.topics import OFFLINE, ONLINE, CameraTopics, Topics, camera_id_in
from mqttcam.settings import HomeAssistantSettings, MqttSettings

log = logging.getLogger(__name__)

_LAST_ACK_TIMEOUT = 1.0
"""Seconds that the broker has to acknowledge `offline`; with closing the cameras, a stop takes less than 2 s."""


class MqttGateway(NodeObserver):
    """The node and its cameras on MQTT."""

    def __init__(
        self,
        settings: MqttSettings,
        home_assistant: HomeAssistantSettings,
        registry: DeviceRegistry,
        client_id: str,
        *,
        timing: NodeTiming = NODE_TIMING,
    ) -> None:
        """Connect to nothing yet."""
        self._registry = registry
        self._topics = Topics(settings.base_topic, registry.node.id)
        will = (self._topics.status, OFFLINE)
        self._connection = Connection(settings, client_id=client_id, will=will)
        # With a connection of their own, pictures delay neither commands nor states nor pings.
        self._pictures = PicturesConnection(settings, self._connection, client_id=f"{client_id}-pictures")
        self._cameras: dict[str, CameraGateway] = {}
        self._retained_images: set[str] = set()
        self._motion_images: set[str] = set()
        self._named_images: dict[str, frozenset[str]] = {}
        self._node = NodeGateway(
            registry,
            self._connection,
            self._topics,
            self._cameras,
            max_packet_size=lambda: min(self._connection.max_packet_size, self._pictures.max_packet_size),
            discovery_prefix=home_assistant.discovery_prefix if home_assistant.enabled else None,
            on_earlier_run=self._clear_earlier_run,
            remove_discovery=self._remove_discovery,
            timing=timing,
        )
        self._announcer: Announcer | None = None
        if home_assistant.enabled:
            self._announcer = Announcer(
                self._connection.publish,
                asyncio.get_running_loop().call_later,
                self._topics,
                home_assistant.discovery_prefix,
                registry.node,
            )
        self._birth_topic = home_assistant.listen_topic
        self._birth: asyncio.TimerHandle | None = None
        registry.node.attach(self)
        for connection in (self._connection, self._pictures):
            registry.node.add_check(_problem_of(connection), "MQTT", hints.BROKER, retrying=connection)

    def start(self) -> None:
        """Connect, and stay connected."""
        self._node.start()
        self._subscribe_commands()
        if self._announcer is not None:
            self._connection.subscribe(self._birth_topic, self._received_birth)
            self._subscribe_discovery(node_object_id(self._registry.node.id))
        self._connection.on_connected(self._announce)
        self._pictures.on_connected(self._node.publish_info)  # its limits may have changed
        self._connection.start()
        self._pictures.start()

    async def stop(self) -> None:
        """Publish `offline` and disconnect, within 2 s, whatever is still queued."""
        if self._birth is not None:
            self._birth.cancel()
        self._node.close()
        for camera in self._cameras.values():
            camera.close(offline=True)
        await self._pictures.stop()
        await self._connection.stop(last=(self._topics.status, OFFLINE), within=_LAST_ACK_TIMEOUT)

    def add(self, device: CameraDevice) -> None:
        """Put a camera of the registry on MQTT."""
        topics = self._topics.camera(device.id)
        images = ImageStream(self._pictures, topics, device.camera.hub)
        camera = CameraGateway(
            device,
            self._registry.cameras[device.id].runner,
            self._connection,
            topics,
            self._announcer,
            on_new_capabilities=lambda: self._publish_new_capabilities(device),
            images=images,
            connect_image=ConnectImage(self._pictures, images, device.camera.take_snapshot),
            image_check=ImageCheck(self._pictures, topics, images.fit),
            snapshots=SnapshotPublisher(self._pictures, topics),
            motion_images=LatestPictures(self._pictures, topics, topics.motion_image),
            detection_images={
                label: LatestPictures(self._pictures, topics, topics.detection_image(label))
                for label in device.detection_keys
            },
            series_images={
                name: LatestPictures(self._pictures, topics, topics.series_image(name))
                for name in device.series.names
            },
        )
        self._cameras[device.id] = camera
        self._clear_unwanted_images(device)
        self._subscribe_discovery(camera_object_id(self._registry.node.id, device.id))
        if self._connection.connected:
            camera.announce()
            self._node.publish_info()

    def remove(self, camera_id: str, *, for_good: bool) -> None:
        """Take a camera off MQTT; with `for_good`, clear its discovery and then its topics too."""
        camera = self._cameras.pop(camera_id)
        camera.close(offline=not for_good)
        if self._announcer is not None:
            topic = self._announcer.config_topic(camera_object_id(self._registry.node.id, camera_id))
            self._connection.unsubscribe(topic)
        if for_good:
            self._clear_named_images(camera_id)
            self._node.clear(camera_id)
            self._node.publish_info()

    def _subscribe_commands(self) -> None:
        """Subscribe to the commands of all cameras, also of those that do not exist, which are answered too."""
        every = self._topics.camera("+")
        subscribe, receive = self._connection.subscribe, self._receive
        subscribe(every.set, lambda message: receive(message, "set"))
        subscribe(every.set_key("+"), lambda message: receive(message, "set", last_level(message)))
        subscribe(every.get, lambda message: receive(message, "get"))
        subscribe(every.command("+"), lambda message: receive(message, last_level(message)))
        subscribe(every.detections, self._receive_detections)

    def _receive(self, message: Message, command: str, key: str | None = None) -> asyncio.Future[None] | None:
        camera_id = camera_id_in(self._topics, message.topic)
        camera = self._cameras.get(camera_id)
        if camera is None:
            return self._node.refuse(message, camera_id, command, key)
        return camera.receive(message, command, key)

    def _receive_detections(self, message: Message) -> asyncio.Future[None] | None:
        camera_id = camera_id_in(self._topics, message.topic)
        camera = self._cameras.get(camera_id)
        if camera is None:
            return None if message.retain else self._node.refuse(message, camera_id, DETECTIONS, None)
        return camera.receive_detections(message)

    @property
    def reconnects(self) -> int:
        return self._connection.reconnects

    def changed(self) -> None:
        self._node.publish_health()

    def rediscover(self) -> None:
        """Announce everything again, including devices that were deleted in Home Assistant."""
        if self._announcer is not None:
            self._announcer.forget_deletions()
        self._announce()

    def _announce(self) -> None:
        """Publish everything.

        The node's device comes first, because those of its cameras refer to it, and `online` after their states: what
        an earlier process has left there, such as motion, is never shown as present.
        """
        if self._announcer is not None:
            self._announcer.announce_node()
        self._node.publish_health()
        for camera in self._cameras.values():
            camera.announce()
        self._node.publish_online()
        self._node.publish_info()
        if self._announcer is not None:
            log.info(
                "Home Assistant: announced the node and %d cameras below %s",
                len(self._cameras),
                self._announcer.prefix,
            )

    def _publish_new_capabilities(self, device: CameraDevice) -> None:
        if self._connection.connected:
            if self._announcer is not None:
                self._announcer.announce(device)
            self._node.publish_info()

    # Home Assistant

    def _subscribe_discovery(self, object_id: str) -> None:
        """Subscribe to a device's own discovery message, to notice that it was deleted in Home Assistant."""
        if (announcer := self._announcer) is not None:
            self._connection.subscribe(
                announcer.config_topic(object_id),
                lambda message: announcer.received(object_id, message.payload, live=not message.retain),
            )

    # what an earlier run or configuration has left on the broker

    def _clear_earlier_run(self, earlier: EarlierRun) -> None:
        self._retained_images |= earlier.retained_images
        self._motion_images |= earlier.motion_images
        for camera_id in earlier.cameras:
            topics = self._topics.camera(camera_id)
            labels, series = earlier.detection_images.get(camera_id), earlier.series_images.get(camera_id)
            kept = _named_images(topics, labels or (), series or ())
            self._named_images[camera_id] = self._named_images.get(camera_id, kept) | kept
        for camera in self._cameras.values():
            self._clear_unwanted_images(camera.device)
        for camera_id in earlier.cameras - set(self._cameras):
            log.info("camera %s: no longer configured, clearing its topics", camera_id)
            self._clear_named_images(camera_id)
            self._node.clear(camera_id)
        current = self._announcer.prefix if self._announcer is not None else None
        if (prefix := earlier.discovery_prefix) is not None and prefix != current:
            log.info("Home Assistant: clearing the discovery messages below %s", prefix)
            node = self._registry.node.id
            for object_id in (
                node_object_id(node),
                *(camera_object_id(node, one) for one in earlier.cameras),
            ):
                self._clear(config_topic(prefix, object_id))

    def _clear_unwanted_images(self, device: CameraDevice) -> None:
        """Clear the pictures that the broker keeps of what a camera no longer has: motion, a label, a series."""
        topics = self._topics.camera(device.id)
        for retained, wanted, topic in (
            (self._retained_images, device.image_retain, topics.image),
            (self._motion_images, device.motion is not None, topics.motion_image),
        ):
            if wanted:
                retained.add(device.id)
            elif device.id in retained:
                retained.discard(device.id)
                self._clear(topic)
        named = _named_images(topics, device.detection_keys, device.series.names)
        for topic in sorted(self._named_images.get(device.id, frozenset()) - named):
            self._clear(topic)
        self._named_images[device.id] = named

    def _clear_named_images(self, camera_id: str) -> None:
        for topic in sorted(self._named_images.pop(camera_id, frozenset())):
            self._clear(topic)

    def _clear(self, topic: str) -> None:
        self._connection.publish(topic, b"", qos=1, retain=True)

    def _remove_discovery(self, camera_id: str) -> None:
        if self._announcer is not None:
            self._announcer.remove(camera_id)

    def _received_birth(self, message: Message) -> None:
        if message.payload != ONLINE or self._announcer is None:
            return
        if self._birth is not None:
            self._birth.cancel()
        delay = self._announcer.birth_delay()
        self._birth = asyncio.get_running_loop().call_later(delay, self._announce)


def _named_images(topics: CameraTopics, labels: Iterable[str], series: Iterable[str]) -> frozenset[str]:
    """Return the topics of the pictures of a camera's labels and series, which the broker keeps."""
    return frozenset((*map(topics.detection_image, labels), *map(topics.series_image, series)))


def _problem_of(connection: Connection) -> Callable[[], str | None]:
    return lambda: connection.problem
