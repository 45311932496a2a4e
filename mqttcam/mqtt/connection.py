"""Connected to the broker for as long as the daemon runs, whatever happens to the connection."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable, Sequence
from functools import partial

from mqttcam.mqtt.client import MQTT_3_1_1, MQTT_5, ORIGIN, ConnectOptions, Message
from mqttcam.mqtt.failures import (
    ConnectionFailure,
    failure_from_connack,
    failure_from_end,
    failure_from_error,
    wants_older_protocol,
)
from mqttcam.mqtt.network_connection import Ended, NetworkConnection
from mqttcam.mqtt.open_socket import open_socket
from mqttcam.mqtt.packet_size import PacketSizeLimit
from mqttcam.mqtt.packets import PackedProperties, correlation, user_property
from mqttcam.mqtt.protocol_version import ProtocolVersion
from mqttcam.mqtt.reconnect import ReconnectPolicy
from mqttcam.mqtt.subscriptions import Handler, Subscriptions
from mqttcam.settings import MqttSettings, TlsSettings
from mqttcam.tls import client_context

__all__ = ["Connection", "Message"]

log = logging.getLogger(__name__)

LARGEST_MESSAGE = 16 * 1024 * 1024
"""Bytes of the largest packet taken in. Commands have far less, and a larger one gets an answer that says so;
what is even larger than this an MQTT 5 broker does not deliver, and with 3.1.1 it ends the connection."""
CONNACK_TIMEOUT = 10.0
"""Seconds for the CONNACK."""
KEEPALIVE_WITHOUT_WILL = 60
"""Seconds at least, on a connection whose death no will announces, which is the one for pictures: a large one
delays the PINGREQ on a slow link."""
_OVERHEAD = 20
"""Bytes at most of a small packet's header, packet identifier and lengths."""
PATIENCE = 15.0
"""Seconds without any progress after which a picture that waits for its PUBACK shows a dead connection."""


class Connection:
    """A connection that is made again for ever.

    Nothing is queued while it is down: `on_connected` hooks publish everything anew.

    Attributes:
        connected: the broker has welcomed us, and the connection lives.
        problem: what is wrong in words, None while all is well.
        reconnects: connections after the first one.
        dropped: small messages that could not be sent.
        protocol: which version of MQTT is spoken.
        budget: how large a packet may be.
        link: the connection of now, for pictures.
    """

    def __init__(
        self,
        settings: MqttSettings,
        *,
        client_id: str,
        will: tuple[str, bytes] | None = None,
        follows: Connection | None = None,
    ) -> None:
        """Connects to nothing yet.

        Args:
            will: topic and payload that the broker publishes when this connection dies; QoS 1, retained.
            follows: another connection to the same broker. This one is made only while that one is there, so
                that what is wrong with the broker is said once. It is for pictures.
        """
        self._settings = settings
        self._client_id = client_id
        self._will = will
        self._tls = None if settings.tls is None else partial(_tls_context, settings.tls)
        self._follows = follows
        self._keepalive = settings.keepalive if will else max(settings.keepalive, KEEPALIVE_WITHOUT_WILL)
        wanted = MQTT_5 if settings.protocol == 5 else MQTT_3_1_1
        self.protocol: ProtocolVersion = follows.protocol if follows is not None else ProtocolVersion(wanted)
        self._subscriptions = Subscriptions()
        self._connected_hooks: list[Callable[[], None]] = []
        self._disconnected_hooks: list[Callable[[], None]] = []
        self._reconnect = ReconnectPolicy(self._where if follows is None else f"{self._where} for pictures")
        self._up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._connects = 0
        self._too_large: set[str] = set()
        self.size_limit = PacketSizeLimit(settings.max_packet_size, self._keepalive)
        self.network: NetworkConnection | None = None
        self.dropped = 0

    @property
    def connected(self) -> bool:
        return self.network is not None

    @property
    def problem(self) -> str | None:
        return self._reconnect.problem

    @property
    def reconnects(self) -> int:
        return max(0, self._connects - 1)

    @property
    def max_packet_size(self) -> int:
        """The most bytes of one packet now."""
        return self.size_limit.current

    @property
    def echoes(self) -> bool:
        """Whether what we publish comes back to our own subscriptions: MQTT 3.1.1 cannot leave it out."""
        return self.protocol.version != MQTT_5

    def start(self) -> None:
        """Connect, and stay connected."""
        self._task = asyncio.create_task(self._run(), name=f"mqtt {self._client_id}")

    async def stop(self, last: tuple[str, bytes] | None = None, within: float = 1.5) -> None:
        """Disconnect for good.

        Args:
            last: topic and payload of the last word, QoS 1, retained. Where it is not acknowledged `within`
                so many seconds, the socket is dropped, so that the broker publishes the will.
        """
        network = self.network
        if network is not None:
            if last is None or await _said_last(network, *last, within):
                network.disconnect()
            else:
                network.drop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None

    def on_connected(self, hook: Callable[[], None]) -> None:
        """Call `hook` at each connection, once the subscriptions are sent."""
        self._connected_hooks.append(hook)

    def on_disconnected(self, hook: Callable[[], None]) -> None:
        """Call `hook` at the end of each connection."""
        self._disconnected_hooks.append(hook)

    def remove_hooks(self, *hooks: Callable[[], None]) -> None:
        """Call them no more."""
        for hooked in (self._connected_hooks, self._disconnected_hooks):
            hooked[:] = [hook for hook in hooked if hook not in hooks]

    def subscribe(self, topic_filter: str, handler: Handler) -> None:
        """Hand every message that matches to `handler`, from now on and after each reconnect.

        Filters must not overlap; never one that our own pictures match.
        """
        self._subscriptions.add(topic_filter, handler)
        if self.network is not None:
            self.network.subscribe([topic_filter])

    def unsubscribe(self, topic_filter: str) -> None:
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
    ) -> bool:
        """Send a small message; False: it is dropped, as there is no connection or the broker takes none."""
        properties = b"" if correlation_data is None else correlation(correlation_data)
        if self._subscriptions.find(topic) is not None:
            properties += user_property(ORIGIN, self._client_id)
        packed = PackedProperties(properties) if properties else None
        size = len(payload) + len(properties) + len(topic) + _OVERHEAD
        if size > self.max_packet_size:
            self._drop_too_large(topic, size)
        elif self.network is not None and self.network.publish(topic, payload, qos, retain, packed):
            return True
        self.dropped += 1
        return False

    def _drop_too_large(self, topic: str, size: int) -> None:
        """A broker ends the connection of who sends a packet over its limit, and would so each time."""
        if topic not in self._too_large:
            self._too_large.add(topic)
            log.error(
                "nothing is published to %s: %d bytes; a packet has %d at most",
                topic,
                size,
                self.max_packet_size,
            )

    # connecting

    async def _run(self) -> None:
        while True:
            if self._follows is not None:
                await self._follows.wait_connected()
            try:
                failure = await self._live()
            except Exception as error:
                log.exception("the MQTT connection")
                failure = ConnectionFailure(f"internal error: {error!r}")
            quiet = self._follows is not None and not self._follows.connected
            await asyncio.sleep(self._reconnect.failed(failure, quiet=quiet))

    async def wait_connected(self) -> None:
        """Return once there is a connection."""
        await self._up.wait()

    async def _live(self) -> ConnectionFailure:
        """One connection from its start to its end; what ended it."""
        settings = self._settings
        try:
            sock = await open_socket(settings.host, settings.connect_port, self._tls)
        except Exception as error:  # noqa: BLE001 - a strange host name raises what it likes
            return failure_from_error(error, settings)
        network = NetworkConnection(
            sock, self._options(), PATIENCE, self.size_limit, self._subscriptions.deliver
        )
        try:
            network.open(settings.host, settings.connect_port)
            done, _ = await asyncio.wait(
                (network.connack, network.ended), timeout=CONNACK_TIMEOUT, return_when=asyncio.FIRST_COMPLETED
            )
            if network.connack not in done:
                return self._no_connack(network)
            welcome = network.connack.result()
            if welcome.reason:
                return self._refused(welcome.reason, welcome.text)
            self.size_limit.connected(welcome.max_packet_size)
            return await self._use(network)
        finally:
            network.drop()

    async def _use(self, network: NetworkConnection) -> ConnectionFailure:
        since = asyncio.get_running_loop().time()
        self.protocol.welcomed()
        self._connects += 1
        self.network = network
        self._reconnect.connected()
        version = "5" if network.protocol == MQTT_5 else "3.1.1"
        log.info("connected to %s as %s (MQTT %s)", self._where, self._client_id, version)
        try:
            network.subscribe(self._subscriptions.filters)
            self._up.set()
            self._call(self._connected_hooks)
            ended = await asyncio.shield(network.ended)
        finally:
            self._up.clear()
            self.network = None
            self._call(self._disconnected_hooks)
        now = asyncio.get_running_loop().time()
        again = self._reconnect.short_lived
        self._reconnect.lived(now - since)
        if self._follows is None:
            self.protocol.over()
        self._learn(ended, now)
        return failure_from_end(ended, self._client_id, again=again)

    def _options(self) -> ConnectOptions:
        settings = self._settings
        return ConnectOptions(
            client_id=self._client_id,
            protocol=self.protocol.version,
            keepalive=self._keepalive,
            largest=LARGEST_MESSAGE,
            username=settings.username,
            password=settings.password.get_secret_value() if settings.password else None,
            will=self._will,
        )

    @property
    def _where(self) -> str:
        return f"{self._settings.host}:{self._settings.connect_port}"

    # when it goes wrong

    def _refused(self, reason: int, text: str) -> ConnectionFailure:
        if wants_older_protocol(reason) and self.protocol.refused():
            log.info("%s knows no MQTT 5: using 3.1.1", self._where)
            return ConnectionFailure(text, retry_now=True)
        return failure_from_connack(reason, text)

    def _no_connack(self, network: NetworkConnection) -> ConnectionFailure:
        """Some old brokers just close the connection of who speaks MQTT 5."""
        if not network.ended.done():
            return ConnectionFailure(f"no answer to the log-in for {CONNACK_TIMEOUT:.0f} s")
        ended = network.ended.result()
        if ended.by_broker and self._follows is None:
            self.protocol.closed()
        return failure_from_end(ended, self._client_id)

    def _learn(self, ended: Ended, now: float) -> None:
        if not ended.unacknowledged:
            return
        by_size = ended.by_broker and ended.reason in (None, 0x80, 0x95)
        if self.size_limit.connection_lost(ended.unacknowledged, ended.waited, by_size, now):
            log.warning(
                "the connection ended under a picture of %d bytes: from now on packets have at most %d bytes",
                ended.unacknowledged,
                self.max_packet_size,
            )

    # callbacks of others

    def _call(self, hooks: Sequence[Callable[[], None]]) -> None:
        for hook in tuple(hooks):
            try:
                hook()
            except Exception:
                log.exception("after the connection was made or lost")


async def _said_last(network: NetworkConnection, topic: str, payload: bytes, within: float) -> bool:
    heard = asyncio.get_running_loop().create_future()
    if not network.publish(topic, payload, qos=1, retain=True, on_ack=lambda _reason: heard.set_result(None)):
        return False
    await asyncio.wait((heard, network.ended), timeout=within, return_when=asyncio.FIRST_COMPLETED)
    return heard.done()


def _tls_context(tls: TlsSettings) -> ssl.SSLContext:
    return client_context(tls.files("mqtt.tls"), insecure=tls.insecure)
