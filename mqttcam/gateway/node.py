"""The node on MQTT: its commands in; its status, info, health and results out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

import orjson
from msgspec import Struct, field

from mqttcam import __version__
from mqttcam.commands.registry import DeviceRegistry
from mqttcam.commands.request import MAX_PAYLOAD
from mqttcam.devices.entities.node import NODE
from mqttcam.devices.entities.steady import SteadyValues
from mqttcam.devices.errors import Code, CommandError, did_you_mean
from mqttcam.gateway.camera import CameraGateway
from mqttcam.gateway.inbox import CommandInbox, last_level
from mqttcam.mqtt.connection import Connection, Message
from mqttcam.mqtt.topics import OFFLINE, ONLINE, Topics
from mqttcam.text import is_id, shown

log = logging.getLogger(__name__)

CLEAR_AFTER = 1.0
"""Seconds between the removal of a device's discovery and of its other topics. Home Assistant renders the templates of
an entity that it is still removing, and logs an error for each that finds no value."""


class NodeTiming(Struct, frozen=True):
    """When `health` is published, together with the states of the cameras, whose diagnostics drift, and other times.

    Attributes:
        first: seconds from the start to the first message.
        interval: seconds between two messages.
        clear_after: seconds between the removal of a device's discovery and of its other topics.
        warn_interval: seconds between two warnings that another daemon uses the node.
    """

    first: float = 5.0
    interval: float = 60.0
    clear_after: float = CLEAR_AFTER
    warn_interval: float = 600.0


NODE_TIMING = NodeTiming()
_COPIES_WITHIN = 0.05
"""Seconds between two copies of a message that a broker delivers for overlapping subscriptions."""


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
        discovery_prefix: str | None,
        on_earlier_run: Callable[[EarlierRun], None],
        remove_discovery: Callable[[str], None],
        timing: NodeTiming,
    ) -> None:
        """Publish nothing yet.

        Args:
            cameras: those on MQTT, by id; read at each message.
            max_packet_size: returns the limit to publish in `info`, in bytes.
            discovery_prefix: of Home Assistant's discovery; `None` if it is off.
            on_earlier_run: called with what the last run has left on the broker.
            remove_discovery: takes a camera out of Home Assistant, by its id.
        """
        self._registry = registry
        self._connection = connection
        self._topics = topics
        self._cameras = cameras
        self._max_packet_size = max_packet_size
        self._discovery_prefix = discovery_prefix
        self._on_earlier_run = on_earlier_run
        self._remove_discovery = remove_discovery
        self._timing = timing
        self._warn_again_at = 0.0
        self._inbox = CommandInbox(connection, registry.node_runner, topics.result)
        self._overlapping = (topics.command("get"), topics.command("set"))
        self._last: tuple[Message, float] | None = None
        self._periodic: asyncio.Task[None] | None = None
        self._clearing: dict[str, asyncio.TimerHandle] = {}
        self._steady = SteadyValues()

    def start(self) -> None:
        """Subscribe to the commands, and publish `health` from now on."""
        self._connection.subscribe(self._topics.command("+"), self._receive)
        self._connection.subscribe(self._topics.info, self._received_info)
        self._connection.subscribe(self._topics.status, self._received_status)
        self._periodic = asyncio.create_task(self._publish_periodically(), name="mqtt-health")

    def close(self) -> None:
        """Cancel what is running, and answer its commands."""
        self._connection.unsubscribe(self._topics.status)
        for camera_id, timer in tuple(self._clearing.items()):
            timer.cancel()
            self._clear_topics(camera_id)
        if self._periodic is not None:
            self._periodic.cancel()
        self._inbox.close()

    def _receive(self, message: Message) -> asyncio.Future[None] | None:
        if message.topic not in self._overlapping:
            return self._inbox.receive(message, last_level(message))
        # The filters of the cameras' commands match these two as well, and some brokers deliver a message for each.
        last, self._last = self._last, (message, asyncio.get_running_loop().time())
        if last is not None and message == last[0] and self._last[1] - last[1] < _COPIES_WITHIN:
            self._last = None
            return None
        return self._inbox.receive(message, last_level(message))

    def refuse(
        self, message: Message, camera_id: str, command: str, key: str | None
    ) -> asyncio.Future[None] | None:
        """Answer a command to a camera that does not exist, with the most similar one that does."""
        known = sorted(self._cameras)
        text = f"no camera {shown(camera_id)!r}{did_you_mean(camera_id, known)}"
        error = CommandError(Code.UNKNOWN_KEY, text, "camera", known)
        return self._inbox.receive(message, command, key, refusal=error)

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
            "discovery_prefix": self._discovery_prefix,
            "cameras": {
                camera_id: {
                    **self._registry.cameras[camera_id].describe().capabilities,
                    "image_retain": camera.device.image_retain,
                    "motion_image": camera.device.motion is not None,
                    "detection_images": list(camera.device.detection_keys),
                    "series_images": list(camera.device.series.names),
                }
                for camera_id, camera in self._cameras.items()
            },
        }
        self._connection.publish(self._topics.info, orjson.dumps(info), qos=1, retain=True)

    def publish_health(self) -> None:
        """Publish `health`."""
        report = self._steady.of(NODE, self._registry.health.report())
        self._connection.publish(self._topics.health, orjson.dumps(report), qos=0, retain=True)

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
        if message.retain:
            self._on_earlier_run(earlier_run(message.payload))
        elif message.payload and not self._connection.echoes:
            self._warn_of_another_daemon(f"another client publishes {message.topic}")

    def clear(self, camera_id: str) -> None:
        """Remove the discovery of a camera that is not on MQTT, and then what is retained on its topics."""
        self._remove_discovery(camera_id)
        if (timer := self._clearing.get(camera_id)) is not None:
            timer.cancel()
        later = asyncio.get_running_loop().call_later
        self._clearing[camera_id] = later(self._timing.clear_after, self._clear_topics, camera_id)

    def _clear_topics(self, camera_id: str) -> None:
        del self._clearing[camera_id]
        if camera_id not in self._cameras:  # else it was added again
            for topic in self._topics.camera(camera_id).retained:
                self._connection.publish(topic, b"", qos=1, retain=True)

    def _received_status(self, message: Message) -> None:
        """Correct an `offline` that is not ours: the late will of an earlier connection, or another daemon's."""
        if message.payload == OFFLINE and not message.retain:
            self.publish_online()
            will = "the last will of an earlier connection or of another daemon"
            self._warn_of_another_daemon(f"{message.topic}: `offline`, {will}; published `online` again")

    def _warn_of_another_daemon(self, seen: str) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._warn_again_at:
            self._warn_again_at = now + self._timing.warn_interval
            log.warning("%s. Does another daemon use the node %s?", seen, self._registry.node.id)


class EarlierRun(Struct, frozen=True):
    """What the last run of this node has left on the broker, as its retained `info` says.

    Attributes:
        cameras: the ids of its cameras.
        retained_images: of those with `image.retain`.
        motion_images: of those with motion detection.
        detection_images: the labels of each camera that has detections, as in topics.
        series_images: the names of the series of each camera that has some.
        discovery_prefix: the prefix of its discovery messages; `None` if there are none.
    """

    cameras: frozenset[str] = frozenset()
    retained_images: frozenset[str] = frozenset()
    motion_images: frozenset[str] = frozenset()
    detection_images: Mapping[str, frozenset[str]] = field(default_factory=dict)
    series_images: Mapping[str, frozenset[str]] = field(default_factory=dict)
    discovery_prefix: str | None = None


def earlier_run(info: bytes) -> EarlierRun:
    """Return what the payload of an `info` message says, which another client may have written."""
    try:
        data = orjson.loads(info)
        cameras, prefix = data["cameras"], data.get("discovery_prefix")
        ids = frozenset(camera_id for camera_id in cameras if is_id(camera_id))
        known = {one: cameras[one] for one in ids if isinstance(cameras[one], dict)}
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return EarlierRun()
    is_prefix = isinstance(prefix, str) and not set(prefix) & set("+#\0")
    retained, motion = (
        frozenset(one for one, camera in known.items() if camera.get(key) is True)
        for key in ("image_retain", "motion_image")
    )
    detections, series = (_named(known, key) for key in ("detection_images", "series_images"))
    return EarlierRun(ids, retained, motion, detections, series, prefix if is_prefix else None)


def _named(cameras: Mapping[str, Mapping[str, object]], key: str) -> dict[str, frozenset[str]]:
    """Return the names that the field of each camera lists, without cameras that have none."""
    found = {one: camera.get(key) for one, camera in cameras.items()}
    return {
        one: ids
        for one, names in found.items()
        if isinstance(names, list)
        and (ids := frozenset(name for name in names if isinstance(name, str) and is_id(name)))
    }
