"""What went wrong with a connection, in words a user can act on, and whether a quick retry makes sense."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from mqttcam import tls
from mqttcam.mqtt.network_connection import Ended
from mqttcam.settings import MqttSettings

UNSUPPORTED_PROTOCOL = 0x84
CLIENT_ID_REFUSED = 0x85
BAD_PASSWORD = 0x86
NOT_AUTHORIZED = 0x87
BANNED = 0x8A
TAKEN_OVER = 0x8E
_PERMANENT = {
    CLIENT_ID_REFUSED: "mqtt.client_id is refused",
    BAD_PASSWORD: "mqtt.username or mqtt.password is wrong",
    NOT_AUTHORIZED: "mqtt.username and mqtt.password are refused",
    BANNED: "the broker has banned us",
}
"""Reason codes of a CONNACK (MQTT 5, 3.2.2.2) that the same try will meet again."""


@dataclass(frozen=True, slots=True)
class ConnectionFailure:
    """Why there is no connection.

    Attributes:
        permanent: only a person can cure it, so the next try can wait.
        retry_now: the next try will be another one, so it need not wait.
    """

    text: str
    permanent: bool = False
    retry_now: bool = False


def wants_older_protocol(reason: int) -> bool:
    return reason == UNSUPPORTED_PROTOCOL


def failure_from_connack(reason: int, text: str) -> ConnectionFailure:
    """Of a CONNACK that says no."""
    if reason in _PERMANENT:
        return ConnectionFailure(f"{_PERMANENT[reason]} ({text})", permanent=True)
    return ConnectionFailure(f"the broker refuses us: {text}")


def failure_from_error(error: Exception, settings: MqttSettings) -> ConnectionFailure:
    """Of a connection that could not be made."""
    match error:
        case tls.TlsError():
            return ConnectionFailure(str(error), permanent=True)
        case ssl.SSLError():
            return ConnectionFailure(_explain(error), permanent=tls.is_permanent(error))
        case ConnectionResetError() if settings.tls is not None:
            return ConnectionFailure("the broker closed the connection; does this port speak TLS?")
        case TimeoutError():
            return ConnectionFailure("no connection in time")
        case OSError():
            return ConnectionFailure(error.strerror or str(error))
        case _:
            return ConnectionFailure(f"{settings.host!r} cannot be a host: {error}")


def failure_from_end(ended: Ended, client_id: str, *, again: bool = False) -> ConnectionFailure:
    """Of a connection that there was; `again`: the broker closed the one before as soon."""
    if isinstance(ended.error, ssl.SSLError):
        return ConnectionFailure(_explain(ended.error), permanent=tls.is_permanent(ended.error))
    if ended.reason == TAKEN_OVER:
        return ConnectionFailure(
            f"another client has connected as {client_id}; mqtt.client_id and node must be unique"
        )
    if again and ended.by_broker and ended.reason is None:
        return ConnectionFailure(f"{ended.text}, again; has another client the client id {client_id}?")
    return ConnectionFailure(ended.text)


def _explain(error: ssl.SSLError) -> str:
    return tls.explain(error, "the broker", "mqtt.tls")
