"""The same messages to an MQTT broker (`type: mqtt`), as SINETStream's MQTT plugin sends and reads them.

That plugin needs a release of paho before ours, so that this is a writer of our own.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from mqttcam.kafka import envelope
from mqttcam.mqtt.open_socket import connect
from mqttcam.outputs.queue import QueuedMessage
from mqttcam.outputs.writer import DeliveryReport, ReportProblem, TooLarge, WriterFailed
from mqttcam.settings.kafka import KafkaSettings
from mqttcam.settings.mqtt import LARGEST_PACKET, PORT, TLS_PORT
from mqttcam.tls import TlsFiles, client_context

MAX_IN_FLIGHT, MAX_BYTES_IN_FLIGHT = 16, 8_000_000
_TOO_LARGE = 0x95
"""The reason code "packet too large" (MQTT 5, 2.4)."""
_OVERHEAD = 64
"""The most bytes of a PUBLISH besides topic and payload."""
_QOS = {"AT_MOST_ONCE": 0, "AT_LEAST_ONCE": 1, "EXACTLY_ONCE": 2}


class _Client(paho.Client):
    """Connects with a time limit; paho takes up to the keepalive for TLS.

    Attributes:
        make_context: makes the TLS context; None for a connection without TLS.
    """

    make_context: Any = None
    timeout = 5.0

    def _create_socket(self) -> socket.socket:
        return connect(self.host, self.port, self.make_context, self.timeout)


class MqttWriter:
    """One connection; paho's loop runs within `open`, `delivery_reports` and `close`."""

    def __init__(self, settings: KafkaSettings, client_id: str, open_timeout: float) -> None:
        """`open_timeout` is in seconds."""
        self._settings = settings
        self._topic = settings.topic or ""
        self._open_timeout = open_timeout
        self._qos = settings.qos if settings.qos is not None else _QOS[settings.consistency]
        self._address = _host_and_port(settings)
        self._client = self._make_client(client_id)
        self._in_flight: dict[int, QueuedMessage] = {}
        self._done: list[DeliveryReport] = []
        self._connack: Any = None
        self._lost = ""
        self._limit = settings.max_request_size or LARGEST_PACKET

    def _make_client(self, client_id: str) -> _Client:
        settings = self._settings
        version = paho.MQTTv5 if settings.protocol == "MQTTv5" else paho.MQTTv311
        client = _Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=version, reconnect_on_failure=False
        )
        client.timeout = self._open_timeout
        if (login := settings.username_pw_set) is not None:
            password = login.password.get_secret_value() if login.password is not None else None
            client.username_pw_set(login.username, password)
        if settings.tls is not None:
            client.make_context = self._tls_context
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        return client

    @property
    def room(self) -> int:
        waiting = sum(len(frame.payload) for frame in self._in_flight.values())
        return MAX_IN_FLIGHT - len(self._in_flight) if waiting < MAX_BYTES_IN_FLIGHT else 0

    @property
    def pending(self) -> int:
        return len(self._in_flight) + len(self._done)

    def open(self, report_problem: ReportProblem) -> None:
        try:
            self._client.connect(*self._address, keepalive=self._settings.keepalive)
        except Exception as error:
            raise WriterFailed(f"no connection to {self}: {_words(error)}") from error
        end = time.monotonic() + self._open_timeout
        while self._connack is None and not self._lost and time.monotonic() < end:
            self._run_loop(0.2)
        if self._connack is None or self._connack.is_failure:
            why = self._connack or self._lost or "no answer"
            raise WriterFailed(f"no connection to {self}: {why}")

    def limit(self) -> int:
        return self._limit - _OVERHEAD - len(self._topic.encode()) - envelope.LONGEST

    def send(self, frame: QueuedMessage) -> None:
        message = envelope.pack(frame.payload, frame.ts_ns // 1000)
        if len(frame.payload) > self.limit():
            self._done.append(DeliveryReport(frame, TooLarge(f"{len(message)} bytes")))
            return
        # With QoS 0, paho may report the message as published before it returns.
        sent = self._client.publish(self._topic, message, self._qos, self._settings.retain)
        if sent.rc is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._done.append(DeliveryReport(frame, WriterFailed(f"{self}: {paho.error_string(sent.rc)}")))
        elif sent.is_published():
            self._done.append(DeliveryReport(frame))
        else:
            self._in_flight[sent.mid] = frame

    def delivery_reports(self, timeout: float) -> list[DeliveryReport]:
        if not self._lost:
            self._run_loop(0.0 if self._done else timeout)
        if self._lost:
            failure = WriterFailed(f"{self}: {self._lost}")
            if not self._in_flight and not self._done:
                raise failure
            self._done += [DeliveryReport(frame, failure) for frame in self._in_flight.values()]
            self._in_flight.clear()
        done, self._done = self._done, []
        return done

    def abort(self) -> None:
        connection = self._client.socket()
        if isinstance(connection, socket.socket):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> list[QueuedMessage]:
        with contextlib.suppress(OSError, ValueError):
            self._client.disconnect()
        left = [report.frame for report in self._done if report.error is not None]
        left += self._in_flight.values()
        self._in_flight.clear()
        self._done.clear()
        return left

    def __str__(self) -> str:
        return f"{self._settings.brokers[0]}, topic {self._topic}"

    def _run_loop(self, timeout: float) -> None:
        code = self._client.loop(timeout)
        if code is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._lost = self._lost or paho.error_string(code)

    def _tls_context(self) -> ssl.SSLContext:
        tls = self._settings.tls
        assert tls is not None
        files = TlsFiles("kafka.tls", tls.ca_certs, tls.certfile, tls.keyfile)
        context = client_context(files, insecure=not tls.check_hostname)
        if tls.ciphers is not None:
            context.set_ciphers(tls.ciphers)
        return context

    # paho's callbacks, called within its loop

    def _on_connect(
        self, _client: object, _data: object, _flags: object, reason: Any, properties: Any
    ) -> None:
        self._connack = reason
        largest = getattr(properties, "MaximumPacketSize", None)
        self._limit = min(self._limit, largest or LARGEST_PACKET)

    def _on_disconnect(self, _client: object, _data: object, _flags: object, reason: Any, _: object) -> None:
        self._lost = self._lost or f"the connection is lost: {reason}"

    def _on_publish(self, _client: object, _data: object, mid: int, reason: Any, _: object) -> None:
        frame = self._in_flight.pop(mid, None)
        if frame is None:
            return
        error: Exception | None = None
        if reason.is_failure:
            words = f"the topic {self._topic}: {reason}"
            error = TooLarge(words) if reason.value == _TOO_LARGE else WriterFailed(words)
        self._done.append(DeliveryReport(frame, error))


def _host_and_port(settings: KafkaSettings) -> tuple[str, int]:
    default = PORT if settings.tls is None else TLS_PORT
    host, colon, port = settings.brokers[0].rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        return settings.brokers[0].strip("[]"), default
    return host.strip("[]"), int(port)


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
