"""Empties every retained topic of one node, its discovery included."""

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
    """The topics that were emptied.

    Discovery messages of others are left alone: ours name topics of this node.

    Raises:
        CommandFailed: the broker is not there, or does not answer.
    """
    token = uuid.uuid4().hex[:12]
    # MQTT 5 subscriptions leave out what we publish ourselves, and the marker must come back.
    older = settings.model_copy(update={"protocol": "3.1.1"})
    connection = Connection(older, client_id=f"mqttcam-forget-{token}")
    forgetting = _Forgetting(connection, Topics(settings.base_topic, node), discovery_prefix, token)
    connection.start()
    try:
        async with asyncio.timeout(_TIMEOUT):
            return await forgetting.run()
    except TimeoutError:
        raise CommandFailed(connection.problem or "the broker does not answer") from None
    finally:
        await connection.stop()


class _Forgetting:
    """Retained messages come right behind a subscription; one of our own, sent after it, comes behind them all."""

    def __init__(self, connection: Connection, topics: Topics, discovery_prefix: str, token: str) -> None:
        self._connection = connection
        self._topics = topics
        self._object_id = node_object_id(topics.node)
        self._own = f'"{topics.root}/'.encode()
        self._marker = f"{topics.base}/forget/{token}"
        self._retained: set[str] = set()
        self._seen = asyncio.Event()
        connection.subscribe(f"{topics.root}/#", self._on_own)
        connection.subscribe(f"{discovery_prefix}/device/+/config", self._on_discovery)
        connection.subscribe(self._marker, lambda _message: self._seen.set())

    async def run(self) -> list[str]:
        while not self._connection.connected:
            if self._connection.problem is not None:
                raise CommandFailed(self._connection.problem)
            await asyncio.sleep(_LOOK_AGAIN)
        await self._marked()
        for topic in self._retained:
            self._connection.publish(topic, b"", qos=1, retain=True)
        await self._marked()
        return sorted(self._retained)

    async def _marked(self) -> None:
        """Return once the broker has dealt with everything sent so far."""
        self._seen.clear()
        self._connection.publish(self._marker, b"-", qos=1)
        await self._seen.wait()

    def _on_own(self, message: Message) -> None:
        if message.retain and message.payload:
            self._retained.add(message.topic)

    def _on_discovery(self, message: Message) -> None:
        """Of our devices, those whose topics are this node's: `shed` also begins the ids of a node `shed_2`."""
        object_id = message.topic.split("/")[-2]
        ours = object_id == self._object_id or object_id.startswith(f"{self._object_id}_")
        if message.retain and ours and self._own in message.payload:
            self._retained.add(message.topic)
