"""The node on MQTT: its commands in; its status, info, health and results out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from mqttcam import __version__
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.commands.request import MAX_PAYLOAD
from mqttcam.gateway.camera import CameraGateway
from mqttcam.gateway.inbox import CommandInbox, last_level
from mqttcam.mqtt.connection import Connection, Message
from mqttcam.mqtt.topics import ONLINE, Topics
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


HEALTH_TIMING = HealthTiming()


class NodeGateway:
    """The topics of the node itself."""

    def __init__(
        self,
        registry: DeviceRegistry,
        connection: Connection,
        topics: Topics,
        cameras: Mapping[str, CameraGateway],
        *,
        max_packet_size: Callable[[], int],
        on_camera_gone: Callable[[str], None],
        timing: HealthTiming,
    ) -> None:
        """Publish nothing yet.

        Args:
            cameras: those on MQTT, by id; read at each message.
            max_packet_size: returns the limit to publish in `info`, in bytes.
            on_camera_gone: called with the id of a camera that an earlier run left on the broker.
        """
        self._registry = registry
        self._connection = connection
        self._topics = topics
        self._cameras = cameras
        self._max_packet_size = max_packet_size
        self._on_camera_gone = on_camera_gone
        self._timing = timing
        self._inbox = CommandInbox(connection, registry.node_runner, topics.result)
        self._periodic: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Subscribe to the commands, and publish `health` from now on."""
        self._connection.subscribe(
            self._topics.command("+"), lambda message: self._inbox.receive(message, last_level(message))
        )
        self._connection.subscribe(self._topics.info, self._received_info)
        self._periodic = asyncio.create_task(self._publish_periodically(), name="mqtt-health")

    def close(self) -> None:
        """Cancel what is running, and answer its commands."""
        if self._periodic is not None:
            self._periodic.cancel()
        self._inbox.close()

    def publish_online(self) -> None:
        """Publish `status`."""
        self._connection.publish(self._topics.status, ONLINE, qos=1, retain=True)

    def publish_info(self) -> None:
        """Publish `info`: the version, limits and commands of the node, and the capabilities of its cameras."""
        info = {
            "node": self._registry.node.id,
            "version": __version__,
            "limits": {"max_packet_size": self._max_packet_size(), "max_command_size": MAX_PAYLOAD},
            "commands": sorted(command.name for command in self._registry.node_runner.listed),
            "cameras": {
                camera_id: self._registry.cameras[camera_id].describe().capabilities
                for camera_id in self._cameras
            },
        }
        self._connection.publish(self._topics.info, orjson.dumps(info), qos=1, retain=True)

    def publish_health(self) -> None:
        """Publish `health`."""
        report = orjson.dumps(self._registry.health.report())
        self._connection.publish(self._topics.health, report, qos=0, retain=True)

    async def _publish_periodically(self) -> None:
        await asyncio.sleep(self._timing.first)
        while True:
            try:
                self.publish_health()
                for camera in self._cameras.values():
                    camera.publish()
            except Exception:
                log.exception("health cannot be published")
            await asyncio.sleep(self._timing.interval)

    def _received_info(self, message: Message) -> None:
        """Find the cameras of an earlier run in the retained `info`, and clear their topics."""
        if not message.retain:
            return
        for camera_id in camera_ids(message.payload) - set(self._cameras):
            log.info("camera %s: no longer configured, clearing its topics", camera_id)
            for topic in self._topics.camera(camera_id).retained:
                self._connection.publish(topic, b"", qos=1, retain=True)
            self._on_camera_gone(camera_id)


def camera_ids(info: bytes) -> set[str]:
    """Return the valid camera ids in the payload of an `info` message, which another client may have written."""
    try:
        cameras = orjson.loads(info)["cameras"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return set()
    return {camera_id for camera_id in cameras if is_id(camera_id)} if isinstance(cameras, dict) else set()
