"""What went wrong with a connection, in words a user can act on, and whether a quick retry makes sense."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from mqttcam.mqtt import tls
from mqttcam.mqtt.link import Ended
from mqttcam.settings import MqttSettings

UNSUPPORTED_PROTOCOL = 0x84
CLIENT_ID_REFUSED = 0x85
BAD_PASSWORD = 0x86
NOT_AUTHORIZED = 0x87
BANNED = 0x8A
TAKEN_OVER = 0x8E
_HOPELESS = {
    CLIENT_ID_REFUSED: "mqtt.client_id is refused",
    BAD_PASSWORD: "mqtt.username or mqtt.password is wrong",
    NOT_AUTHORIZED: "mqtt.username and mqtt.password are refused",
    BANNED: "the broker has banned us",
}
"""Reason codes of a CONNACK (MQTT 5, 3.2.2.2) that the same try will meet again."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no connection.

    Attributes:
        hopeless: only a person can cure it, so the next try can wait.
        at_once: the next try will be another one, so it need not wait.
    """

    text: str
    hopeless: bool = False
    at_once: bool = False


def wants_older_protocol(reason: int) -> bool:
    return reason == UNSUPPORTED_PROTOCOL


def trouble_of_refusal(reason: int, text: str) -> Trouble:
    """Of a CONNACK that says no."""
    if reason in _HOPELESS:
        return Trouble(f"{_HOPELESS[reason]} ({text})", hopeless=True)
    return Trouble(f"the broker refuses us: {text}")


def trouble_of_error(error: Exception, settings: MqttSettings) -> Trouble:
    """Of a connection that could not be made."""
    match error:
        case tls.TlsError():
            return Trouble(str(error), hopeless=True)
        case ssl.SSLError():
            return Trouble(tls.explain(error), hopeless=tls.needs_a_person(error))
        case ConnectionResetError() if settings.tls is not None:
            return Trouble("the broker closed the connection; does it speak TLS on this port?")
        case TimeoutError():
            return Trouble("no connection in time")
        case OSError():
            return Trouble(error.strerror or str(error))
        case _:
            return Trouble(f"{settings.host!r} cannot be a host: {error}")


def trouble_of_end(ended: Ended, client_id: str, *, again: bool = False) -> Trouble:
    """Of a connection that there was; `again`: the broker closed the one before as soon."""
    if isinstance(ended.error, ssl.SSLError):
        return Trouble(tls.explain(ended.error), hopeless=tls.needs_a_person(ended.error))
    if ended.reason == TAKEN_OVER:
        return Trouble(f"another client has connected as {client_id}; mqtt.client_id and node must be unique")
    if again and ended.by_broker and ended.reason is None:
        return Trouble(f"{ended.text}, again; has another client the client id {client_id}?")
    return Trouble(ended.text)
