"""One attempt to connect to the broker: socket, CONNECT, CONNACK."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable

from mqttcam.mqtt.client import ConnectOptions, Message
from mqttcam.mqtt.ended import Ended
from mqttcam.mqtt.failures import (
    UNSUPPORTED_PROTOCOL,
    ConnectFailed,
    ConnectionFailure,
    failure_from_connack,
    failure_from_error,
    failure_without_connack,
)
from mqttcam.mqtt.network_connection import NetworkConnection
from mqttcam.mqtt.open_socket import open_socket
from mqttcam.mqtt.packet_size import PacketSizeLimit
from mqttcam.mqtt.protocol_version import ProtocolVersion
from mqttcam.mqtt.refusals import Refusals
from mqttcam.mqtt.timing import Timing
from mqttcam.settings import MqttSettings
from mqttcam.settings.section import plain
from mqttcam.text import host_and_port
from mqttcam.tls import client_context

log = logging.getLogger(__name__)


class Connector:
    """Makes the network connections of one client id, one after the other.

    Attributes:
        last_connect: when the last CONNECT was sent, by the clock of the event loop.
    """

    def __init__(
        self,
        settings: MqttSettings,
        client_id: str,
        will: tuple[str, bytes] | None,
        *,
        keepalive: int,
        largest_message: int,
        protocol: ProtocolVersion,
        learns_protocol: bool,
        size_limit: PacketSizeLimit,
        refusals: Refusals,
        timing: Timing,
        on_message: Callable[[Message], asyncio.Future[None] | None],
    ) -> None:
        """Connect to nothing yet.

        Args:
            learns_protocol: whether a broker that sends no CONNACK counts for the choice of the version.
        """
        self.client_id = client_id
        self.where = host_and_port(settings.host, settings.connect_port)
        self.last_connect = float("-inf")
        self._settings = settings
        self._will = will
        self._keepalive = keepalive
        self._largest_message = largest_message
        self._protocol = protocol
        self._learns_protocol = learns_protocol
        self._size_limit = size_limit
        self._refusals = refusals
        self._timing = timing
        self._on_message = on_message

    async def connect(self) -> NetworkConnection:
        """Return a connection that the broker has accepted.

        Raises:
            ConnectFailed: there is none.
        """
        settings = self._settings
        make_context = self._tls_context if settings.tls is not None else None
        try:
            sock = await open_socket(settings.host, settings.connect_port, make_context)
        except Exception as error:  # a malformed host name raises various exceptions
            raise ConnectFailed(failure_from_error(error, settings)) from error
        network = NetworkConnection(
            sock, self._options(), self._timing.puback, self._size_limit, self._refusals, self._on_message
        )
        self.last_connect = asyncio.get_running_loop().time()
        try:
            network.open(settings.host, settings.connect_port)
            await self._wait_connack(network)
        except BaseException:
            network.drop()
            raise
        return network

    async def _wait_connack(self, network: NetworkConnection) -> None:
        await asyncio.wait(
            (network.connack, network.ended),
            timeout=self._timing.connack,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if not network.connack.done():
            raise ConnectFailed(self._no_connack(network))
        connack = network.connack.result()
        if connack.reason:
            raise ConnectFailed(self._refused(connack.reason, connack.text))
        self._protocol.accepted()
        self._size_limit.connected(connack.max_packet_size)
        self._refusals.clear()

    def _options(self) -> ConnectOptions:
        settings = self._settings
        return ConnectOptions(
            client_id=self.client_id,
            protocol=self._protocol.version,
            keepalive=self._keepalive,
            largest=self._largest_message,
            username=settings.username,
            password=plain(settings.password),
            will=self._will,
        )

    def _tls_context(self) -> ssl.SSLContext:
        tls = self._settings.tls
        assert tls is not None
        return client_context(tls.files("mqtt.tls"), insecure=tls.insecure)

    def _refused(self, reason: int, text: str) -> ConnectionFailure:
        if reason == UNSUPPORTED_PROTOCOL and self._protocol.refused():
            log.info("MQTT %s: the broker does not support MQTT 5; using 3.1.1", self.where)
            return ConnectionFailure(text, retry_now=True)
        return failure_from_connack(reason, text)

    def _no_connack(self, network: NetworkConnection) -> ConnectionFailure:
        silence = Ended(f"no CONNACK within {self._timing.connack:g} s", by_broker=True)
        ended = network.ended.result() if network.ended.done() else silence
        if ended.by_broker and self._learns_protocol:
            self._protocol.unanswered()
        return failure_without_connack(ended, self._settings)
