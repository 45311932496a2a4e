"""The source `mqtt`: the `image` topic of a camera of another node, or any other topic with JPEGs."""

from __future__ import annotations

import contextlib
import secrets
import socket
import ssl
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from mqttcam.camera.camera_log import camera_logger
from mqttcam.camera.frame import Frame
from mqttcam.camera.source import Source, SourceError, SourceInfo
from mqttcam.camera.sources._receiver import PictureReceiver
from mqttcam.camera.wakeup import Wakeup
from mqttcam.mqtt.client import BoundedClient
from mqttcam.mqtt.open_socket import connect
from mqttcam.settings import CameraSettings
from mqttcam.settings.mqtt import PORT, TLS_PORT, TlsSettings
from mqttcam.settings.sources.mqtt import MqttSource
from mqttcam.text import host_and_port
from mqttcam.tls import TlsError, client_context

log = camera_logger(__name__)

_CONNECT_TIMEOUT = 5.0
_SOCKET_TIMEOUT = 2.0
"""Seconds to connect, and for TLS: during both the source cannot be closed."""


class _Client(BoundedClient):
    """Connects its socket within `_SOCKET_TIMEOUT`; paho takes up to the keepalive for TLS."""

    tls: TlsSettings | None = None

    def _create_socket(self) -> socket.socket:
        tls = self.tls
        make_context = None if tls is None else (lambda: _tls_context(tls))
        return connect(self.host, self.port, make_context, _SOCKET_TIMEOUT)


class MqttSubscriber(Source):
    """Receives pictures through paho, whose loop runs within `read`. Retained pictures are ignored; the newest wins."""

    def __init__(self, settings: CameraSettings, wake: Wakeup) -> None:
        source: object = settings.source
        assert isinstance(source, MqttSource)
        self._settings = source
        self._wakeup = wake
        self._client: paho.Client | None = None
        self._newest: tuple[bytes, int | None] | None = None
        self._refusal: str | None = None
        self._subscribed = False
        self._receiver = PictureReceiver(source.topic, source.silence, source.max_pixels)

    def open(self) -> SourceInfo:
        source = self._settings
        port = source.port or (TLS_PORT if source.tls else PORT)
        where = host_and_port(source.host, port)
        client = self._make_client()
        try:
            client.connect(source.host, port, source.keepalive, **self._connect_options())
        except (OSError, ValueError) as error:
            raise SourceError(
                f"cannot connect to {where}: {getattr(error, 'strerror', None) or error}"
            ) from error
        self._client = client
        end = time.monotonic() + _CONNECT_TIMEOUT
        while not self._subscribed:
            self._run_loop(0.2)
            if time.monotonic() > end or self._wakeup.ended:
                raise SourceError(f"{where} does not answer")
        self._receiver = PictureReceiver(source.topic, source.silence, source.max_pixels)
        return SourceInfo(f"MQTT {source.topic}", 0, 0, frame_rate=0)

    def read(self, timeout: float) -> Frame | None:
        end = time.monotonic() + timeout
        while (left := end - time.monotonic()) > 0:
            self._run_loop(left)
            newest, self._newest = self._newest, None
            if newest is not None and (frame := self._receiver.frame(*newest)) is not None:
                return frame
        self._receiver.check()
        return None

    @property
    def skipped(self) -> int:
        return self._receiver.skipped

    @property
    def waiting_for(self) -> str | None:
        return self._receiver.problem

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError, ValueError):
                client.disconnect()

    def _run_loop(self, timeout: float) -> None:
        assert self._client is not None
        code = self._client.loop(timeout)
        if self._refusal is not None:
            raise SourceError(self._refusal)
        if code is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise SourceError(f"the connection to {self._settings.host} is lost: {paho.error_string(code)}")

    def _make_client(self) -> paho.Client:
        source = self._settings
        version = paho.MQTTv5 if source.protocol == 5 else paho.MQTTv311
        client = _Client(
            CallbackAPIVersion.VERSION2, client_id=f"mqttcam-source-{secrets.token_hex(4)}", protocol=version
        )
        client.largest = self._largest_packet
        if source.username is not None:
            client.username_pw_set(
                source.username, source.password.get_secret_value() if source.password else None
            )
        client.tls = source.tls
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    @property
    def _largest_packet(self) -> int:
        """Bytes of a packet with a picture of `max_bytes`, and more."""
        return self._settings.max_bytes + len(self._settings.topic.encode()) + 1000

    def _connect_options(self) -> dict[str, Any]:
        if self._settings.protocol != 5:
            return {}
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        # The broker need not send what would be ignored, nor queue much.
        properties.MaximumPacketSize = self._largest_packet
        properties.ReceiveMaximum = 2
        return {"clean_start": True, "properties": properties}

    # paho's callbacks, called within `_run_loop`

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, reason: Any, *_: object
    ) -> None:
        if reason.is_failure:
            self._refusal = f"{self._settings.host} refuses the connection: {reason}"
        else:
            client.subscribe(self._settings.topic, qos=0)

    def _on_subscribe(self, _client: object, _data: object, _mid: int, reasons: Any, *_: object) -> None:
        if any(reason.is_failure for reason in reasons):
            self._refusal = f"{self._settings.host} refuses the subscription to {self._settings.topic}"
        self._subscribed = True

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        if message.retain or not message.payload:
            log.debug("a message of %d bytes is ignored", len(message.payload))
            return
        if len(message.payload) > self._settings.max_bytes:
            self._receiver.skip(
                f"a message has {len(message.payload)} bytes, and max_bytes is {self._settings.max_bytes}"
            )
            return
        self._newest = bytes(message.payload), _captured(message)


def _captured(message: paho.MQTTMessage) -> int | None:
    """Return the capture time that mqttcam adds to its pictures, Unix nanoseconds."""
    for name, value in getattr(message.properties, "UserProperty", ()) if message.properties else ():
        if name == "ts" and value.isdecimal() and len(value) < 20:
            return int(value)
    return None


def _tls_context(tls: TlsSettings) -> ssl.SSLContext:
    try:
        return client_context(tls.files("source.tls"), insecure=tls.insecure)
    except TlsError as error:
        raise SourceError(str(error)) from error
