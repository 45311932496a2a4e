"""Clears every retained topic of one node, including its discovery messages."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from msgspec import Struct

from mqttcam.cli.outcome import CommandFailed
from mqttcam.gateway.node import CLEAR_AFTER, earlier_run
from mqttcam.home_assistant import camera_object_id, node_object_id
from mqttcam.mqtt.connection import Connection, Message
from mqttcam.mqtt.topics import ONLINE, Topics
from mqttcam.settings import MqttSettings

_LOOK_AGAIN = 0.05


class ForgetTiming(Struct, frozen=True):
    """All in seconds.

    Attributes:
        connect: the time limit for connecting, including the fallback to MQTT 3.1.1.
        answer: the time limit for the broker to acknowledge messages and subscriptions.
        daemon: the time limit for a running daemon to answer a command.
        quiet: the pause after which no more retained messages are expected; some brokers send them late.
        between: the delay between the removal of discovery and of the other topics.
    """

    connect: float = 30.0
    answer: float = 10.0
    daemon: float = 3.0
    quiet: float = 0.5
    between: float = CLEAR_AFTER


async def forget_node(
    settings: MqttSettings, node: str, discovery_prefix: str, timing: ForgetTiming | None = None
) -> list[str]:
    """Clear the topics and return their names.

    Only discovery messages that name topics of this node are cleared.

    Raises:
        CommandFailed: the broker cannot be reached or does not answer in time, it refuses something, or the daemon of
            this node is running.
    """
    timing = timing or ForgetTiming()
    connection = Connection(settings, client_id=f"mqttcam-forget-{secrets.token_hex(6)}")
    retained = _RetainedTopics(connection, Topics(settings.base_topic, node), discovery_prefix, timing)
    connection.start()
    try:
        await _connect(connection, timing.connect)
        return await retained.clear()
    except TimeoutError:
        raise CommandFailed(connection.problem or "the broker does not answer") from None
    finally:
        await connection.stop()


async def _connect(connection: Connection, within: float) -> None:
    """Return once there is a connection; after a failure with MQTT 5, 3.1.1 may be tried once.

    Raises:
        CommandFailed: the connection failed.
        TimeoutError: no connection was made in time.
    """
    first = connection.protocol.version
    connected = asyncio.create_task(connection.wait_connected())
    try:
        async with asyncio.timeout(within):
            while not (await asyncio.wait([connected], timeout=_LOOK_AGAIN))[0]:
                problem = connection.problem
                if problem and (connection.failures > 1 or connection.protocol.version == first):
                    raise CommandFailed(problem)
    finally:
        connected.cancel()


class _RetainedTopics:
    """Finds and clears the topics; uses none outside the node, which an ACL might not allow."""

    def __init__(
        self, connection: Connection, topics: Topics, discovery_prefix: str, timing: ForgetTiming
    ) -> None:
        self._connection = connection
        self._topics = topics
        self._prefix = discovery_prefix
        self._timing = timing
        self._object_id = node_object_id(topics.node)
        self._own = f'"{topics.root}/'.encode()
        self._discovery: set[str] = set()
        self._others: set[str] = set()
        self._cameras: set[str] = set()
        self._status = b""
        self._result_received = asyncio.Event()
        self._retained_received = asyncio.Event()

    async def clear(self) -> list[str]:
        """Clear the topics and return their names.

        Raises:
            CommandFailed: as for `forget_node`.
            TimeoutError: the broker does not answer.
        """
        cleared: set[str] = set()
        await self._look()
        await self._refuse_running_daemon()
        while found := self._discovery | self._others:
            if left := sorted(found & cleared):
                why = self._connection.problem or "the broker does not let this user clear it (its ACL?)"
                raise CommandFailed(f"{len(left)} topics are still retained, such as {left[0]}: {why}")
            cleared |= found
            self._publish_empty(self._discovery)
            if self._discovery and self._others:
                await asyncio.sleep(self._timing.between)
            self._publish_empty(self._others)
            await self._look()
        return sorted(cleared)

    def _publish_empty(self, topics: set[str]) -> None:
        for topic in topics:
            self._connection.publish(topic, b"", qos=1, retain=True)

    async def _look(self) -> None:
        """Find what is retained now: the broker sends it after a subscription."""
        await self._settle()
        self._discovery.clear()
        self._others.clear()
        self._subscribe(f"{self._topics.root}/#", self._on_own)
        await self._settle()
        # Both a wildcard and the known topics: an ACL may allow only either.
        object_ids = {camera_object_id(self._topics.node, camera) for camera in self._cameras}
        for object_id in sorted({"+", self._object_id} | object_ids):
            self._subscribe(f"{self._prefix}/device/{object_id}/config", self._on_discovery)
        await self._settle()

    def _subscribe(self, topic_filter: str, handler: Callable[[Message], None]) -> None:
        self._connection.unsubscribe(topic_filter)
        self._connection.subscribe(topic_filter, handler)

    async def _settle(self) -> None:
        """Return once the broker has acknowledged everything, and no retained message has come for a while.

        Raises:
            CommandFailed: the connection is lost.
            TimeoutError: the broker does not answer.
        """
        async with asyncio.timeout(self._timing.answer):
            while (network := self._connection.network) is None or network.awaits_answers:
                if network is None and self._connection.problem:
                    raise CommandFailed(self._connection.problem)
                await asyncio.sleep(_LOOK_AGAIN)
        while True:
            self._retained_received.clear()
            try:
                async with asyncio.timeout(self._timing.quiet):
                    await self._retained_received.wait()
            except TimeoutError:
                return

    async def _refuse_running_daemon(self) -> None:
        """Raise CommandFailed if the daemon runs: it would publish again only a part of what is cleared.

        It answers each command, also one that it does not know; a `status` alone may be an old one.
        """
        if self._status != ONLINE:
            return
        self._connection.publish(self._topics.command("forget"), b"", qos=1)
        try:
            async with asyncio.timeout(self._timing.daemon):
                await self._result_received.wait()
        except TimeoutError:
            return
        raise CommandFailed(
            f"the daemon of node {self._topics.node} is running: stop it first, and run this command again"
        )

    def _on_own(self, message: Message) -> None:
        if message.topic == self._topics.result and not message.retain:
            self._result_received.set()
        elif message.retain and message.payload:
            self._retained_received.set()
            self._others.add(message.topic)
            if message.topic == self._topics.status:
                self._status = message.payload
            levels = message.topic.removeprefix(f"{self._topics.root}/").split("/")
            if len(levels) > 1:
                self._cameras.add(levels[0])
            elif message.topic == self._topics.info:
                self._cameras |= earlier_run(message.payload).cameras

    def _on_discovery(self, message: Message) -> None:
        """Collect a device of this node; the object id alone also matches those of node `shed_2` if this is `shed`."""
        object_id = message.topic.split("/")[-2]
        ours = object_id == self._object_id or object_id.startswith(f"{self._object_id}_")
        if message.retain and ours and self._own in message.payload:
            self._retained_received.set()
            self._discovery.add(message.topic)
