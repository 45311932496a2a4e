"""paho for one connection, on a socket that is connected already. Its callbacks only take notes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

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
"""User property by which a message to one of our own subscriptions names us. A broker that ignores No Local (MQTT
5, 3.8.3.1) hands it back, and it is not for us."""
MQTT_5 = int(MQTTProtocolVersion.MQTTv5)
MQTT_3_1_1 = int(MQTTProtocolVersion.MQTTv311)

_MAX_UNACKNOWLEDGED = 1024
"""QoS 1 messages that may wait for their PUBACK; paho sends 20 of them at once."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that arrived; the response topic and correlation data are MQTT 5's."""

    topic: str
    payload: bytes
    retain: bool = False
    response_topic: str | None = None
    correlation_data: bytes | None = None


@dataclass(frozen=True, slots=True)
class ConnectOptions:
    """What a CONNECT says.

    Attributes:
        protocol: `MQTT_5` or `MQTT_3_1_1`.
        will: topic and payload; it goes out at QoS 1, retained.
        largest: bytes of the largest packet that this side takes. An MQTT 5 broker is told, and sends no
            larger one; with 3.1.1 a larger one ends the connection.
    """

    client_id: str
    protocol: int
    keepalive: int
    largest: int
    username: str | None = None
    password: str | None = None
    will: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Connack:
    """The broker's CONNACK; `reason` as in MQTT 5 (3.2.2.2), where 0 is yes, also for MQTT 3.1.1."""

    reason: int
    text: str
    max_packet_size: int | None = None
    receive_maximum: int = 0xFFFF


@dataclass(frozen=True, slots=True)
class DisconnectReason:
    """Why paho has closed the socket; `reason` is of the broker's DISCONNECT, None where it sent none."""

    text: str
    reason: int | None = None


class Client(paho.Client):
    """Notes of what happened since they were last read; nothing of ours runs inside of paho.

    Attributes:
        welcome, goodbye: the CONNACK and the end, once they are there.
        received: messages.
        acknowledged: packet identifiers and reason codes of PUBACKs.
    """

    def __init__(self, wire: SharedSocket, login: ConnectOptions) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            login.client_id,
            protocol=MQTTProtocolVersion(login.protocol),
            reconnect_on_failure=False,
        )
        self.connack: Connack | None = None
        self.disconnect_reason: DisconnectReason | None = None
        self.received: list[Message] = []
        self.acknowledged: list[tuple[int, int]] = []
        self._shared_socket = wire
        self._options = login
        self._awaiting_suback: dict[int, list[str]] = {}
        if login.username is not None:
            self.username_pw_set(login.username, login.password)
        if login.will is not None:
            self.will_set(*login.will, qos=1, retain=True)
        self.max_queued_messages_set(_MAX_UNACKNOWLEDGED)
        self.on_connect = self._record_connack
        self.on_disconnect = self._record_disconnect
        self.on_message = self._record_message
        self.on_publish = self._record_puback
        self.on_subscribe = self._record_suback

    @property
    def _is_5(self) -> bool:
        return self._options.protocol == MQTT_5

    def _create_socket(self) -> SharedSocket:
        return self._shared_socket

    def send_connect(self, host: str, port: int) -> None:
        """Send CONNECT; `host` and `port` are for paho's own notes."""
        properties = None
        if self._is_5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.MaximumPacketSize = self._options.largest
        self.connect(host, port, self._options.keepalive, properties=properties)

    def send(
        self, topic: str, payload: bytes, qos: int, retain: bool, properties: PackedProperties | None
    ) -> int | None:
        """Publish; the packet identifier, or None where the message was not taken.

        Raises:
            ValueError: nothing can be published to such a topic.
        """
        # Of properties paho only calls `pack`, and with MQTT 3.1.1 not even that.
        info = self.publish(topic, payload, qos, retain, properties)  # type: ignore[arg-type]
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def subscribe_to(self, filters: Sequence[str]) -> None:
        """Subscribe at QoS 1; with MQTT 5, without what we publish ourselves."""
        if self._is_5:
            options = SubscribeOptions(qos=1, noLocal=True)
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
        keepalive = _number(properties, "ServerKeepAlive")
        if keepalive is not None:
            self._keepalive = keepalive
        receive_maximum = _number(properties, "ReceiveMaximum") or 0xFFFF
        # paho leaves this out, and a broker ends the connection of who sends it more at once.
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
            self.disconnect_reason = DisconnectReason(
                f"the broker ended the connection: {_text(reason, properties)}", reason.value
            )
        elif reason == "Keep alive timeout":
            self.disconnect_reason = DisconnectReason(f"no answer from the broker for {self._keepalive} s")
        elif reason == "Protocol error":
            self.disconnect_reason = DisconnectReason("the broker sent what is no MQTT")

    def _record_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            log.warning("a message was ignored: its topic is not UTF-8")
            return
        properties = message.properties
        if not message.retain and (ORIGIN, self._options.client_id) in getattr(
            properties, "UserProperty", ()
        ):
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
                log.error("the broker does not let us subscribe to %s: %s", item, reason)


def _number(properties: Properties | None, name: str) -> int | None:
    value = getattr(properties, name, None)
    return value if isinstance(value, int) else None


def _text(reason: ReasonCode | None, properties: Properties | None) -> str:
    why = getattr(properties, "ReasonString", None)
    return f"{reason} ({why})" if why else str(reason)
