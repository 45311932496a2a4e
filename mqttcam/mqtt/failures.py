"""Why there is no connection, in words a user can act on, and whether a quick retry makes sense."""

from __future__ import annotations

import socket
import ssl
from typing import Literal

from msgspec import Struct

from mqttcam import tls
from mqttcam.mqtt.ended import Ended
from mqttcam.mqtt.reasons import QOS_NOT_SUPPORTED, RETAIN_NOT_SUPPORTED, reason_hint
from mqttcam.settings import MqttSettings

UNSUPPORTED_PROTOCOL = 0x84
CLIENT_ID_REFUSED = 0x85
BAD_PASSWORD = 0x86
NOT_AUTHORIZED = 0x87
BANNED = 0x8A
TAKEN_OVER = 0x8E
_PERMANENT = {
    CLIENT_ID_REFUSED: "the broker does not accept mqtt.client_id",
    BAD_PASSWORD: "mqtt.username or mqtt.password is wrong",
    NOT_AUTHORIZED: "the broker does not accept mqtt.username and mqtt.password",
    BANNED: "the broker has banned this client",
}
"""Reason codes of a CONNACK (MQTT 5, 3.2.2.2) that the same attempt will get again."""


class ConnectionFailure(Struct, frozen=True):
    """Why there is no connection.

    Attributes:
        permanent: only the user can correct it, so the next attempt can wait.
        retry_now: the next attempt will be a different one, so it need not wait.
        about: what it depends on: host and port, user name and password, or the certificates.
    """

    text: str
    permanent: bool = False
    retry_now: bool = False
    about: Literal["address", "login", "tls"] = "address"


class ConnectFailed(Exception):
    """No connection was made; `failure` says why."""

    def __init__(self, failure: ConnectionFailure) -> None:
        super().__init__(failure.text)
        self.failure = failure


_LOGIN = (BAD_PASSWORD, NOT_AUTHORIZED)
_LACKS = (RETAIN_NOT_SUPPORTED, QOS_NOT_SUPPORTED)
_HTTP_PORTS = (80, 8080, 8123)
_TLS_PORTS = (443, 8883, 8884)
_WEBSOCKET_PORTS = (8000, 8083, 8084, 9001)
_TLS_ALERT, _TLS_RECORD = b"\x15\x03", b"\x16\x03"


def failure_from_connack(reason: int, text: str) -> ConnectionFailure:
    """Return the failure of a CONNACK with the reason code `reason` of MQTT 5, which is not 0."""
    if reason in _PERMANENT:
        about: Literal["address", "login"] = "login" if reason in _LOGIN else "address"
        return ConnectionFailure(f"{_PERMANENT[reason]} ({text})", permanent=True, about=about)
    if reason in _LACKS:
        return ConnectionFailure(
            f"the broker refuses the connection: {text}; {reason_hint(reason)}", permanent=True
        )
    return ConnectionFailure(f"the broker refuses the connection: {text}")


def failure_from_error(error: Exception, settings: MqttSettings) -> ConnectionFailure:
    """Return the failure of a connection that could not be opened."""
    match error:
        case tls.TlsError():
            return ConnectionFailure(str(error), permanent=True, about="tls")
        case ssl.SSLError():
            return _from_tls(error)
        case ConnectionResetError() if settings.tls is not None:
            return ConnectionFailure("the broker closed the connection; does this port speak TLS?")
        case TimeoutError() if settings.tls is not None:
            return ConnectionFailure("timed out; does this port speak TLS?")
        case TimeoutError():
            return ConnectionFailure("timed out")
        case ConnectionRefusedError():
            return ConnectionFailure(f"{error.strerror}: is the broker running, and is mqtt.port right?")
        case socket.gaierror():
            return ConnectionFailure(f"{error.strerror}: is mqtt.host right?")
        case OSError():
            return ConnectionFailure(error.strerror or str(error))
        case _:
            return ConnectionFailure(f"{settings.host!r} is not a valid host: {error}")


def failure_without_connack(ended: Ended, settings: MqttSettings) -> ConnectionFailure:
    """Return the failure of a connection on which no CONNACK has come, with the kind of port that this may be."""
    if isinstance(ended.error, ssl.SSLError):
        return _from_tls(ended.error)
    hint = _port_hint(ended.first_received, settings)
    return ConnectionFailure(f"{ended.text}; {hint}")


def _port_hint(received: bytes, settings: MqttSettings) -> str:
    port = settings.connect_port
    if received.startswith(b"HTTP/"):
        return "this port speaks HTTP or MQTT over WebSockets; mqttcam needs the port for MQTT over TCP, usually 1883"
    if settings.tls is None and (
        received.startswith((_TLS_ALERT, _TLS_RECORD)) or (not received and port in _TLS_PORTS)
    ):
        return "this port speaks TLS, it seems: set mqtt.tls, or use the port without TLS, usually 1883"
    if received:
        return "this is no MQTT broker, it seems"
    if port in _WEBSOCKET_PORTS:
        return "this is a port for WebSockets, it seems; mqttcam needs MQTT over TCP, usually port 1883"
    if port in _HTTP_PORTS:
        return "this is a port for HTTP, it seems; mqttcam needs MQTT over TCP, usually port 1883"
    hint = "is this the broker's port for MQTT over TCP?"
    return hint if settings.tls else f"{hint} If it speaks TLS, set mqtt.tls"


def failure_from_end(ended: Ended, client_id: str, *, again: bool = False) -> ConnectionFailure:
    """Return the failure of a connection that has ended; `again`: the previous one ended just as quickly."""
    if isinstance(ended.error, ssl.SSLError):
        return _from_tls(ended.error)
    if ended.reason is not None and (hint := reason_hint(ended.reason)):
        after = f" after a message to {ended.topic}" if ended.topic else ""
        return ConnectionFailure(f"{ended.text}{after}; {hint}")
    if ended.reason == TAKEN_OVER:
        return ConnectionFailure(
            f"another client has connected as {client_id}; mqtt.client_id and node must be unique"
        )
    if again and ended.by_broker and ended.reason is None:
        return ConnectionFailure(f"{ended.text} again; does another client use the client id {client_id}?")
    return ConnectionFailure(ended.text)


def _from_tls(error: ssl.SSLError) -> ConnectionFailure:
    text = tls.explain(error, "the broker", "mqtt.tls")
    return ConnectionFailure(text, permanent=tls.is_permanent(error), about="tls")
