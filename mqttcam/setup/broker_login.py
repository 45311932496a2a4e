"""Whether a broker accepts a login: a real connection, ended at once."""

from __future__ import annotations

import asyncio
import secrets

from msgspec import Struct

from mqttcam.mqtt.client import MQTT_5
from mqttcam.mqtt.connector import Connector
from mqttcam.mqtt.failures import ConnectFailed
from mqttcam.mqtt.packet_size import PacketSizeLimit
from mqttcam.mqtt.protocol_version import ProtocolVersion
from mqttcam.mqtt.refusals import Refusals
from mqttcam.mqtt.timing import Timing
from mqttcam.settings import MqttSettings

_ATTEMPTS = 2
"""MQTT 5, and 3.1.1 for brokers without it."""
_FIELDS = {"address": "broker", "login": "username", "tls": "ca_file"}


class LoginTiming(Struct, frozen=True):
    """In seconds: the time limit for each attempt, and for all of them."""

    connack: float = 5.0
    total: float = 15.0


class LoginFailed(Exception):
    """The broker cannot be used with these settings; the message says why.

    Attributes:
        field: the answer to correct: `broker` (the address), `username` or `ca_file`.
    """

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


async def check_login(settings: MqttSettings, timing: LoginTiming | None = None) -> None:
    """Log in to the broker and leave; nothing is published.

    Raises:
        LoginFailed: the broker cannot be reached, or refuses the login.
    """
    timing = timing or LoginTiming()
    try:
        async with asyncio.timeout(timing.total):
            await _connect(settings, timing)
    except TimeoutError:
        raise LoginFailed(f"{settings.host} does not answer within {timing.total:g} s", "broker") from None
    except ConnectFailed as error:
        raise LoginFailed(str(error), _FIELDS[error.failure.about]) from None


async def _connect(settings: MqttSettings, timing: LoginTiming) -> None:
    protocol = ProtocolVersion(MQTT_5)
    connector = Connector(
        settings,
        f"mqttcam-init-{secrets.token_hex(4)}",
        None,
        keepalive=settings.keepalive,
        largest_message=settings.max_packet_size,
        protocol=protocol,
        learns_protocol=True,
        size_limit=PacketSizeLimit(settings.max_packet_size, settings.keepalive),
        refusals=Refusals(settings.host),
        timing=Timing(connack=timing.connack),
        on_message=lambda _message: None,
    )
    for attempt in range(_ATTEMPTS):
        version = protocol.version
        try:
            network = await connector.connect()
        except ConnectFailed:
            if attempt + 1 == _ATTEMPTS or protocol.version == version:
                raise
        else:
            network.disconnect()
            return
