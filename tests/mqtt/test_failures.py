"""What is said of each failure, and whether the next try waits."""

from __future__ import annotations

import logging
import ssl

import pytest

from mqttcam.backoff import Backoff
from mqttcam.mqtt import reconnect as module
from mqttcam.mqtt.failures import (
    ConnectionFailure,
    failure_from_connack,
    failure_from_end,
    failure_from_error,
)
from mqttcam.mqtt.network_connection import Ended
from mqttcam.mqtt.reconnect import ReconnectPolicy
from mqttcam.settings import MqttSettings, TlsSettings
from mqttcam.tls import TlsError

PLAIN = MqttSettings()
SECURE = MqttSettings(tls=TlsSettings())


def _ssl_error(kind: type[ssl.SSLError], reason: str) -> ssl.SSLError:
    error = kind(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "text", "permanent"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused", False),
        (TimeoutError(), "no connection in time", False),
        (ValueError("label too long"), "'localhost' cannot be a host: label too long", False),
        (TlsError("mqtt.tls.ca_file: x"), "mqtt.tls.ca_file: x", True),
        (_ssl_error(ssl.SSLError, "WRONG_VERSION_NUMBER"), "does not speak TLS", True),
        (
            _ssl_error(ssl.SSLError, "TLSV13_ALERT_CERTIFICATE_REQUIRED"),
            "requires a client certificate",
            True,
        ),
        (_ssl_error(ssl.SSLError, "TLSV1_ALERT_UNKNOWN_CA"), "rejects our certificate", True),
        (_ssl_error(ssl.SSLEOFError, "UNEXPECTED_EOF_WHILE_READING"), "does this port speak TLS", False),
        (_ssl_error(ssl.SSLError, "BAD_RECORD_MAC"), "TLS failed: bad_record_mac", False),
    ],
)
def test_connections_that_could_not_be_made(error: Exception, text: str, permanent: bool) -> None:
    failure = failure_from_error(error, PLAIN)
    assert text in failure.text
    assert failure.permanent is permanent


def test_a_port_without_tls_may_just_reset() -> None:
    assert "TLS" in failure_from_error(ConnectionResetError(104, "reset"), SECURE).text
    assert "TLS" not in failure_from_error(ConnectionResetError(104, "reset"), PLAIN).text


@pytest.mark.parametrize(
    ("reason", "text", "permanent"),
    [
        (0x86, "mqtt.username or mqtt.password is wrong", True),
        (0x87, "are refused", True),
        (0x85, "mqtt.client_id is refused", True),
        (0x8A, "banned", True),
        (0x88, "Server unavailable", False),
        (0x97, "Quota exceeded", False),
    ],
)
def test_refusals(reason: int, text: str, permanent: bool) -> None:
    failure = failure_from_connack(reason, text)
    assert text in failure.text
    assert failure.permanent is permanent


def test_the_ends_of_connections() -> None:
    closed = Ended("the broker closed the connection", by_broker=True)
    assert failure_from_end(closed, "me").text == closed.text
    assert "client id me" in failure_from_end(closed, "me", again=True).text
    taken_over = Ended("x", by_broker=True, reason=0x8E)
    assert "another client has connected as me" in failure_from_end(taken_over, "me").text
    broken = Ended("x", error=_ssl_error(ssl.SSLError, "TLSV13_ALERT_CERTIFICATE_REQUIRED"))
    assert failure_from_end(broken, "me").permanent


def test_a_trouble_is_said_once_until_another_comes(caplog: pytest.LogCaptureFixture) -> None:
    policy = ReconnectPolicy("broker:1883")
    refused, silent = ConnectionFailure("refused", permanent=True), ConnectionFailure("silent")
    assert [policy.failed(refused) for _ in range(3)] == [module.SLOW] * 3
    policy.failed(silent)
    policy.failed(silent)
    assert [r.levelno for r in caplog.records] == [logging.ERROR, logging.WARNING]
    assert policy.problem == "MQTT broker:1883: silent"
    policy.connected()
    assert policy.problem is None
    policy.lived(module.STABLE - 1)
    policy.failed(silent)
    assert len(caplog.records) == 2, "it was not well for long"
    policy.lived(module.STABLE)
    policy.failed(silent)
    assert len(caplog.records) == 3


def test_short_lives_make_the_next_try_later(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[int] = []

    def note(backoff: Backoff) -> float:
        waits.append(backoff.failures)
        return 0.0

    monkeypatch.setattr(Backoff, "next", note)
    policy = ReconnectPolicy("broker:1883")
    policy.backoff.failures = 5
    policy.lived(1)
    policy.failed(ConnectionFailure("closed"))
    policy.lived(module.STABLE)
    policy.failed(ConnectionFailure("closed"))
    assert waits == [5, 0]


def test_another_try_at_once() -> None:
    assert ReconnectPolicy("x").failed(ConnectionFailure("no MQTT 5", retry_now=True)) == 0
