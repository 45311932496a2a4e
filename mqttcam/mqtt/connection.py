"""The connection to the broker for as long as the daemon runs: lost connections are made again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from mqttcam.backoff import Pause
from mqttcam.mqtt.client import MQTT_3_1_1, MQTT_5, ORIGIN, Message
from mqttcam.mqtt.connector import Connector
from mqttcam.mqtt.ended import Ended
from mqttcam.mqtt.failures import ConnectFailed, ConnectionFailure, failure_from_end
from mqttcam.mqtt.last_message import publish_last
from mqttcam.mqtt.network_connection import NetworkConnection
from mqttcam.mqtt.packet_size import PacketSizeLimit
from mqttcam.mqtt.packets import PackedProperties, correlation, user_property
from mqttcam.mqtt.protocol_version import ProtocolVersion
from mqttcam.mqtt.reasons import PACKET_TOO_LARGE, UNSPECIFIED
from mqttcam.mqtt.reconnect import ReconnectPolicy
from mqttcam.mqtt.refusals import Refusals
from mqttcam.mqtt.subscriptions import Handler, Subscriptions
from mqttcam.mqtt.timing import Timing
from mqttcam.settings import MqttSettings
from mqttcam.text import host_and_port

__all__ = ["Connection", "Message", "Timing"]

log = logging.getLogger(__name__)

LARGEST_MESSAGE = 16 * 1024 * 1024
"""Bytes of the largest packet that is received. Commands are limited to far less, and a longer one gets an error in
reply; an MQTT 5 broker does not deliver a packet beyond this limit."""
_OVERHEAD = 20
"""Bytes at most of header, packet identifier and lengths in a small packet."""


class Connection:
    """A connection that is made again whenever it is lost.

    Nothing is queued while it is down: the hooks of `on_connected` publish everything anew.

    Attributes:
        dropped: small messages that could not be sent.
        protocol: the version of MQTT in use.
        size_limit: how large a packet may be.
        refusals: what the broker refuses now.
        network: the current network connection, used for pictures; None while disconnected.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        client_id: str,
        will: tuple[str, bytes] | None = None,
        protocol: ProtocolVersion | None = None,
        purpose: str = "",
        largest_message: int = LARGEST_MESSAGE,
        timing: Timing | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            will: topic and payload that the broker publishes when this connection is lost; QoS 1, retained.
            protocol: what another connection to the same broker learns about its version of MQTT.
            purpose: for the log, after the address of the broker.
            largest_message: bytes of the largest packet that is received.
        """
        timing = timing or Timing()
        keepalive = settings.keepalive if will else max(settings.keepalive, timing.keepalive_without_will)
        wanted = MQTT_5 if settings.protocol == 5 else MQTT_3_1_1
        self.protocol = protocol or ProtocolVersion(wanted)
        self._learns_protocol = protocol is None
        self.size_limit = PacketSizeLimit(settings.max_packet_size, keepalive)
        self._configured_size = settings.max_packet_size
        self.network: NetworkConnection | None = None
        self.dropped = 0
        self._client_id = client_id
        self._subscriptions = Subscriptions()
        where = host_and_port(settings.host, settings.connect_port) + purpose
        self.refusals = Refusals(where)
        self._connector = Connector(
            settings,
            client_id,
            will,
            keepalive=keepalive,
            largest_message=largest_message,
            protocol=self.protocol,
            learns_protocol=self._learns_protocol,
            size_limit=self.size_limit,
            refusals=self.refusals,
            timing=timing,
            on_message=self._subscriptions.deliver,
        )
        self._reconnect = ReconnectPolicy(where, timing)
        self._retry_pause = Pause()
        self._connected_hooks: list[Callable[[], None]] = []
        self._disconnected_hooks: list[Callable[[], None]] = []
        self._ended_hooks: list[Callable[[Ended], bool]] = []
        self._up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connects = 0

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the connection, and it is up."""
        return self.network is not None

    @property
    def problem(self) -> str | None:
        """Why there is no connection, or what the broker refuses, in words."""
        return self._reconnect.problem or self.refusals.problem

    @property
    def next_try(self) -> float | None:
        """When the next attempt to connect begins, in seconds of `time.monotonic`; None if none is pending."""
        return self._retry_pause.until

    def try_again(self) -> None:
        """Connect now if an attempt is pending."""
        self._retry_pause.end()

    @property
    def failures(self) -> int:
        """Failed attempts and short connections since the last stable one."""
        return self._reconnect.failures

    @property
    def reconnects(self) -> int:
        """Connections after the first one."""
        return max(0, self._connects - 1)

    @property
    def max_packet_size(self) -> int:
        """The most bytes of one packet now."""
        return self.size_limit.current

    @property
    def echoes(self) -> bool:
        """Whether our own messages come back to our subscriptions: MQTT 3.1.1 has no No Local."""
        return self.protocol.version != MQTT_5

    def start(self) -> None:
        """Connect, and stay connected."""
        self._task = asyncio.create_task(self._run(), name=f"mqtt {self._client_id}")

    async def stop(self, last: tuple[str, bytes] | None = None, within: float = 1.5) -> None:
        """Disconnect for good.

        Args:
            last: topic and payload of a last message, QoS 1, retained. If it is not acknowledged within `within`
                seconds, the connection is reset instead, so that the broker publishes the will.
        """
        network = self.network
        if network is not None:
            if last is None or await publish_last(network, *last, within):
                network.disconnect()
            else:
                network.drop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    async def wait_connected(self) -> None:
        """Return once there is a connection."""
        await self._up.wait()

    def on_connected(self, hook: Callable[[], None]) -> None:
        """Call `hook` at each connection, after the subscriptions are sent."""
        self._connected_hooks.append(hook)

    def on_disconnected(self, hook: Callable[[], None]) -> None:
        """Call `hook` at the end of each connection."""
        self._disconnected_hooks.append(hook)

    def on_ended(self, hook: Callable[[Ended], bool]) -> None:
        """Call `hook` with why each connection has ended; it returns whether the cause is known and removed."""
        self._ended_hooks.append(hook)

    def remove_hooks(self, *hooks: Callable[[], None]) -> None:
        """Stop calling `hooks`."""
        for hooked in (self._connected_hooks, self._disconnected_hooks):
            hooked[:] = [hook for hook in hooked if hook not in hooks]

    def subscribe(self, topic_filter: str, handler: Handler, *, no_local: bool = True) -> None:
        """Call `handler` with each message that matches, from now on and after each reconnect.

        Filters must not overlap.

        Args:
            no_local: with MQTT 5, our own messages do not come back.
        """
        self._subscriptions.add(topic_filter, handler, no_local=no_local)
        if self.network is not None:
            self.network.subscribe([topic_filter], no_local=no_local)

    def unsubscribe(self, topic_filter: str) -> None:
        """End a subscription."""
        self._subscriptions.remove(topic_filter)
        if self.network is not None:
            self.network.unsubscribe(topic_filter)

    def publish(
        self,
        topic: str,
        payload: bytes,
        qos: int = 0,
        retain: bool = False,
        correlation_data: bytes | None = None,
        *,
        is_response: bool = False,
    ) -> bool:
        """Send a small message, or drop it if there is no connection or the queue is full.

        Args:
            is_response: whether another client has chosen the topic: what becomes of it is no problem of ours.

        Returns:
            Whether it is sent.
        """
        properties = b"" if correlation_data is None else correlation(correlation_data)
        if self._subscriptions.excludes_own(topic):
            properties += user_property(ORIGIN, self._client_id)
        packed = PackedProperties(properties) if properties else None
        size = len(payload) + len(properties) + len(topic) + _OVERHEAD
        if size > self.max_packet_size:
            self._refuse_too_large(topic, size, is_response=is_response)
        elif self.network is not None and self.network.publish(
            topic, payload, qos, retain, packed, is_response=is_response
        ):
            return True
        self.dropped += 1
        return False

    def _refuse_too_large(self, topic: str, size: int, *, is_response: bool) -> None:
        """A broker ends the connection when a packet exceeds its limit, and would again after each reconnect."""
        limit = self.max_packet_size
        whose = "the broker's limit" if limit < self._configured_size else "mqtt.max_packet_size"
        text = f"a message of {size} bytes to {topic} is not sent: {whose} is {limit}; raise it"
        self.refusals.add(topic, text, is_response=is_response)

    # connecting

    async def _run(self) -> None:
        while True:
            try:
                failure = await self._connect_and_run()
            except Exception as error:
                log.exception("MQTT: internal error")
                failure = ConnectionFailure(f"internal error: {error!r}")
            await self._pause(failure)

    async def _pause(self, failure: ConnectionFailure) -> None:
        """Wait until the next attempt."""
        await self._retry_pause.wait(self._reconnect.failed(failure))

    def _drop(self) -> None:
        if self.network is not None:
            self.network.drop()

    async def _connect_and_run(self) -> ConnectionFailure:
        """Run one connection from its start to its end; return why it ended, or was not made."""
        try:
            network = await self._connector.connect()
        except ConnectFailed as error:
            return error.failure
        loop = asyncio.get_running_loop()
        since = loop.time()
        try:
            ended = await self._run_until_end(network)
        finally:
            network.drop()
        now = loop.time()
        again = self._reconnect.short_lived
        self._reconnect.ended(now - since)
        if self._learns_protocol:
            self.protocol.ended()
        solved = [hook(ended) for hook in self._ended_hooks]
        if any(solved) or self._learn_size(ended, now):
            return ConnectionFailure(ended.text, retry_now=True)
        return failure_from_end(ended, self._client_id, again=again)

    async def _run_until_end(self, network: NetworkConnection) -> Ended:
        self._connects += 1
        self._reconnect.connected()
        version = "5" if network.protocol == MQTT_5 else "3.1.1"
        log.info("MQTT: connected to %s as %s, MQTT %s", self._connector.where, self._client_id, version)
        return await self._serve(network)

    async def _serve(self, network: NetworkConnection) -> Ended:
        """Use a connection until it ends."""
        self.network = network
        try:
            for no_local in (True, False):
                network.subscribe(self._subscriptions.filters(no_local=no_local), no_local=no_local)
            self._up.set()
            _call(self._connected_hooks)
            return await asyncio.shield(network.ended)
        finally:
            self._up.clear()
            self.network = None
            _call(self._disconnected_hooks)

    def _learn_size(self, ended: Ended, now: float) -> bool:
        size = ended.unacknowledged
        if not size:
            return False
        by_size = ended.by_broker and ended.reason in (None, UNSPECIFIED, PACKET_TOO_LARGE)
        too_large = ended.reason == PACKET_TOO_LARGE
        if not self.size_limit.connection_lost(size, ended.waited, by_size, now, too_large=too_large):
            return False
        log.warning(
            "MQTT %s: the broker closes the connection after a packet of %d bytes; packets are now limited to %d bytes",
            self._connector.where,
            size,
            self.size_limit.current,
        )
        return True


def _call(hooks: Sequence[Callable[[], None]]) -> None:
    for hook in tuple(hooks):
        try:
            hook()
        except Exception:
            log.exception("MQTT: a hook of the connection failed")
