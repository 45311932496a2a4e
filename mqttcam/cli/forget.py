"""Clears every retained topic of one node, including its discovery messages."""

from __future__ import annotations

import asyncio
import uuid

from mqttcam.cli.outcome import CommandFailed
from mqttcam.home_assistant import node_object_id
from mqttcam.mqtt.connection import Connection, Message
from mqttcam.mqtt.topics import Topics
from mqttcam.settings import MqttSettings

_TIMEOUT = 10.0
_LOOK_AGAIN = 0.05


async def forget_node(settings: MqttSettings, node: str, discovery_prefix: str) -> list[str]:
    """Clear the topics and return their names.

    Only discovery messages that name topics of this node are cleared.

    Raises:
        CommandFailed: The broker cannot be reached, or does not answer in time.
    """
    token = uuid.uuid4().hex[:12]
    # The marker must come back; our MQTT 5 subscriptions use No Local.
    older = settings.model_copy(update={"protocol": "3.1.1"})
    connection = Connection(older, client_id=f"mqttcam-forget-{token}")
    collector = _RetainedTopics(connection, Topics(settings.base_topic, node), discovery_prefix, token)
    connection.start()
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await collector.clear()
    except TimeoutError:
        raise CommandFailed(connection.problem or "the broker does not answer") from None
    finally:
        await connection.stop()


class _RetainedTopics:
    """Finds and clears the topics.

    The broker sends retained messages right after a subscription. A marker that is published after it therefore
    arrives after all of them.
    """

    def __init__(self, connection: Connection, topics: Topics, discovery_prefix: str, token: str) -> None:
        self._connection = connection
        self._topics = topics
        self._object_id = node_object_id(topics.node)
        self._own = f'"{topics.root}/'.encode()
        self._marker = f"{topics.base}/forget/{token}"
        self._retained: set[str] = set()
        self._marker_received = asyncio.Event()
        connection.subscribe(f"{topics.root}/#", self._on_own)
        connection.subscribe(f"{discovery_prefix}/device/+/config", self._on_discovery)
        connection.subscribe(self._marker, lambda _message: self._marker_received.set())

    async def clear(self) -> list[str]:
        """Clear the topics and return their names."""
        while not self._connection.connected:
            if self._connection.problem is not None:
                raise CommandFailed(self._connection.problem)
            await asyncio.sleep(_LOOK_AGAIN)
        await self._flush()
        for topic in self._retained:
            self._connection.publish(topic, b"", qos=1, retain=True)
        await self._flush()
        return sorted(self._retained)

    async def _flush(self) -> None:
        """Return once the broker has processed everything that was sent so far."""
        self._marker_received.clear()
        self._connection.publish(self._marker, b"-", qos=1)
        await self._marker_received.wait()

    def _on_own(self, message: Message) -> None:
        if message.retain and message.payload:
            self._retained.add(message.topic)

    def _on_discovery(self, message: Message) -> None:
        """Collect a device of this node; the object id alone also matches those of node `shed_2` if this is `shed`."""
        object_id = message.topic.split("/")[-2]
        ours = object_id == self._object_id or object_id.startswith(f"{self._object_id}_")
        if message.retain and ours and self._own in message.payload:
            self._retained.add(message.topic)
