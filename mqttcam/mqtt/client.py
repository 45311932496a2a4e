"""paho for one connection, on a socket that is already connected. Its callbacks only record what happened."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence

from msgspec import Struct
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from mqttcam.mqtt.packets import PackedProperties
from mqttcam.mqtt.shared_socket import SharedSocket

log = logging.getLogger(__name__)

ORIGIN = "client_id"
"""User property with our client id in messages to our own subscriptions. A broker that ignores No Local (MQTT 5,
3.8.3.1) sends them back to us, and they are left out."""
MQTT_5 = int(MQTTProtocolVersion.MQTTv5)
MQTT_3_1_1 = int(MQTTProtocolVersion.MQTTv311)

RECEIVE_MAXIMUM = 32
"""QoS 1 messages that an MQTT 5 broker may send before the first of them is acknowledged (MQTT 5, 3.1.2.11.3)."""
_MAX_UNACKNOWLEDGED = 1024
"""QoS 1 messages that may wait for their PUBACK; paho sends 20 of them at a time."""


class Message(Struct, frozen=True):
    """A received message; response topic and correlation data exist in MQTT 5 only."""

    topic: str
    payload: bytes
    retain: bool = False
    response_topic: str | None = None
    correlation_data: bytes | None = None


class ConnectOptions(Struct, frozen=True):
    """The fields of a CONNECT.

    Attributes:
        protocol: `MQTT_5` or `MQTT_3_1_1`.
        keepalive: in seconds.
        largest: the Maximum Packet Size in bytes. An MQTT 5 broker sends no larger packet; MQTT 3.1.1 has no such
            property. The payload of a larger one is cut off.
        will: topic and payload, for QoS 1, retained.
    """

    client_id: str
    protocol: int
    keepalive: int
    largest: int
    username: str | None = None
    password: str | None = None
    will: tuple[str, bytes] | None = None


class Connack(Struct, frozen=True):
    """A CONNACK; `reason` is the reason code of MQTT 5 (3.2.2.2), 0 for success, also with MQTT 3.1.1."""

    reason: int
    text: str
    max_packet_size: int | None = None
    receive_maximum: int = 0xFFFF


class DisconnectReason(Struct, frozen=True):
    """Why paho has closed the socket; `reason` is the code of the broker's DISCONNECT, None if it sent none."""

    text: str
    reason: int | None = None


class BoundedClient(paho.Client):
    """Discards what is more than `largest` bytes of a packet as it arrives: the payload of its message is cut off.

    The other ways would be to hold all of it, or to end the connection, after which a broker sends a retained message
    again.

    Attributes:
        largest: bytes, at least; up to 64 kB more are kept.
    """

    largest = 1024 * 1024

    def _sock_recv(self, bufsize: int) -> bytes:
        del self._in_packet["packet"][self.largest :]
        return super()._sock_recv(min(bufsize, 65536))


class Client(BoundedClient):
    """Records what has happened; no other code of ours runs inside paho.

    Attributes:
        connack: None until it has arrived.
        disconnect_reason: None until paho has closed the socket.
        received: messages, until the owner takes them out.
        to_acknowledge: packet identifiers of received messages, in their order, until the owner acknowledges them.
        acknowledged: packet identifiers and reason codes of PUBACKs, until the owner takes them out.
        refused_subscriptions: topic filters and reason codes, until the owner takes them out.
    """

    def __init__(self, shared_socket: SharedSocket, options: ConnectOptions) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            options.client_id,
            protocol=MQTTProtocolVersion(options.protocol),
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self.connack: Connack | None = None
        self.disconnect_reason: DisconnectReason | None = None
        self.received: list[Message] = []
        self.to_acknowledge: deque[int] = deque()
        self.acknowledged: list[tuple[int, int]] = []
        self._shared_socket = shared_socket
        self._options = options
        self.refused_subscriptions: list[tuple[str, int]] = []
        self.largest = options.largest
        self._awaiting_suback: dict[int, list[str]] = {}
        if options.username is not None:
            self.username_pw_set(options.username, options.password)
        if options.will is not None:
            self.will_set(*options.will, qos=1, retain=True)
        self.max_queued_messages_set(_MAX_UNACKNOWLEDGED)
        self.on_connect = self._record_connack
        self.on_disconnect = self._record_disconnect
        self.on_message = self._record_message
        self.on_publish = self._record_puback
        self.on_subscribe = self._record_suback

    @property
    def awaits_suback(self) -> bool:
        """Whether a SUBSCRIBE is not acknowledged yet."""
        return bool(self._awaiting_suback)

    @property
    def unacknowledged(self) -> int:
        """The number of our QoS 1 messages that wait for their PUBACK; without pictures, which bypass paho."""
        return len(self._out_messages)

    @property
    def _is_5(self) -> bool:
        return self._options.protocol == MQTT_5

    def _create_socket(self) -> SharedSocket:
        """Return the connected socket, where paho would connect one."""
        return self._shared_socket

    def send_connect(self, host: str, port: int) -> None:
        """Send CONNECT; paho only stores `host` and `port`."""
        properties = None
        if self._is_5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.MaximumPacketSize = self._options.largest
            properties.ReceiveMaximum = RECEIVE_MAXIMUM
        self.connect(host, port, self._options.keepalive, properties=properties)

    def send(
        self, topic: str, payload: bytes, qos: int, retain: bool, properties: PackedProperties | None
    ) -> int | None:
        """Publish and return the packet identifier; None if paho's queue is full.

        Raises:
            ValueError: the topic or the size of the payload is not valid for PUBLISH.
        """
        # paho only calls `pack` of the properties, and with MQTT 3.1.1 not even that.
        info = self.publish(topic, payload, qos, retain, properties)  # type: ignore[arg-type]
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def subscribe_to(self, filters: Sequence[str], *, no_local: bool) -> None:
        """Subscribe at QoS 1; `no_local`: with MQTT 5, our own messages do not come back."""
        if self._is_5:
            options = SubscribeOptions(qos=1, noLocal=no_local)
            _, mid = self.subscribe([(item, options) for item in filters])
        else:
            _, mid = self.subscribe([(item, 1) for item in filters])
        if mid is not None:
            self._awaiting_suback[mid] = list(filters)

    def _record_connack(
        self,
        _client: paho.Client,
        _data: object,
        _flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        receive_maximum = _number(properties, "ReceiveMaximum") or 0xFFFF
        # paho does not apply it, and a broker ends the connection of a client that exceeds it.
        self._max_inflight_messages = min(self._max_inflight_messages, receive_maximum)
        self.connack = Connack(
            reason.value,
            _text(reason, properties),
            _number(properties, "MaximumPacketSize"),
            receive_maximum,
        )

    def _record_disconnect(
        self,
        _client: paho.Client,
        _data: object,
        flags: paho.DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            text = f"the broker ended the connection: {_text(reason, properties)}"
            self.disconnect_reason = DisconnectReason(text, reason.value)
        elif reason == "Keep alive timeout":
            self.disconnect_reason = DisconnectReason(f"no answer from the broker for {self.keepalive} s")
        elif reason == "Protocol error":
            self.disconnect_reason = DisconnectReason("the broker sent a malformed packet")

    def _record_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if message.qos:
            self.to_acknowledge.append(message.mid)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            log.debug("MQTT: message ignored, because its topic is not UTF-8")
            return
        properties = message.properties
        own = (ORIGIN, self._options.client_id)
        if not message.retain and own in getattr(properties, "UserProperty", ()):
            return
        self.received.append(
            Message(
                topic,
                bytes(message.payload),
                bool(message.retain),
                getattr(properties, "ResponseTopic", None),
                getattr(properties, "CorrelationData", None),
            )
        )

    def _record_puback(
        self,
        _client: paho.Client,
        _data: object,
        mid: int,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self.acknowledged.append((mid, reason.value))

    def _record_suback(
        self,
        _client: paho.Client,
        _data: object,
        mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        for item, reason in zip(self._awaiting_suback.pop(mid, []), reasons, strict=False):
            if reason.is_failure:
                self.refused_subscriptions.append((item, reason.value))


def _number(properties: Properties | None, name: str) -> int | None:
    value = getattr(properties, name, None)
    return value if isinstance(value, int) else None


def _text(reason: ReasonCode | None, properties: Properties | None) -> str:
    why = getattr(properties, "ReasonString", None)
    return f"{reason} ({why})" if why else str(reason)
