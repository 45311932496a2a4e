"""The text of each failure, what is logged of it, and the delay until the next attempt."""

from __future__ import annotations

import logging
import ssl

import pytest

from mqttcam.mqtt.ended import Ended
from mqttcam.mqtt.failures import (
    ConnectionFailure,
    failure_from_connack,
    failure_from_end,
    failure_from_error,
    failure_without_connack,
)
from mqttcam.mqtt.reconnect import ReconnectPolicy
from mqttcam.mqtt.timing import Timing
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
        (TimeoutError(), "timed out", False),
        (ValueError("label too long"), "'localhost' is not a valid host: label too long", False),
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
def test_connections_that_could_not_be_opened(error: Exception, text: str, permanent: bool) -> None:
    failure = failure_from_error(error, PLAIN)
    assert text in failure.text
    assert failure.permanent is permanent


def test_reset_of_a_tls_connection_suggests_a_port_without_tls() -> None:
    assert "TLS" in failure_from_error(ConnectionResetError(104, "reset"), SECURE).text
    assert "TLS" not in failure_from_error(ConnectionResetError(104, "reset"), PLAIN).text


@pytest.mark.parametrize(
    ("reason", "text", "permanent"),
    [
        (0x86, "mqtt.username or mqtt.password is wrong", True),
        (0x87, "does not accept mqtt.username", True),
        (0x85, "does not accept mqtt.client_id", True),
        (0x8A, "banned", True),
        (0x88, "Server unavailable", False),
        (0x97, "Quota exceeded", False),
    ],
)
def test_connack_reason_codes(reason: int, text: str, permanent: bool) -> None:
    failure = failure_from_connack(reason, text)
    assert text in failure.text
    assert failure.permanent is permanent


def test_ended_connections() -> None:
    closed = Ended("the broker closed the connection", by_broker=True)
    assert failure_from_end(closed, "me").text == closed.text
    assert "client id me" in failure_from_end(closed, "me", again=True).text
    taken_over = Ended("x", by_broker=True, reason=0x8E)
    assert "another client has connected as me" in failure_from_end(taken_over, "me").text
    broken = Ended("x", error=_ssl_error(ssl.SSLError, "TLSV13_ALERT_CERTIFICATE_REQUIRED"))
    assert failure_from_end(broken, "me").permanent


@pytest.mark.parametrize(
    ("received", "port", "tls", "text"),
    [
        (b"HTTP/", 1883, False, "speaks HTTP or MQTT over WebSockets"),
        (b"\x15\x03\x01\0\x02", 1883, False, "set mqtt.tls"),
        (b"", 8883, False, "set mqtt.tls"),
        (b"", 9001, False, "WebSockets"),
        (b"", 80, False, "port for HTTP"),
        (b"SSH-2", 22, False, "no MQTT broker"),
        (b"", 1883, False, "MQTT over TCP?"),
        (b"", 8883, True, "MQTT over TCP?"),
    ],
)
def test_kind_of_port_is_named_if_no_connack_comes(received: bytes, port: int, tls: bool, text: str) -> None:
    settings = MqttSettings(port=port, tls=TlsSettings() if tls else None)
    ended = Ended("the broker closed the connection", by_broker=True, first_received=received)
    assert text in failure_without_connack(ended, settings).text


def test_refusal_that_ends_the_connection_names_topic_and_setting() -> None:
    ended = Ended("the broker ended the connection: Retain not supported", True, 0x9A, topic="a/b")
    text = failure_from_end(ended, "me").text
    assert "a/b" in text
    assert "retain_available" in text
    assert "max_qos" in failure_from_connack(0x9B, "QoS not supported").text


TIMING = Timing(stable=60, permanent_retry=30)
REFUSED, SILENT = ConnectionFailure("refused", permanent=True), ConnectionFailure("silent")


def test_failure_is_logged_once_until_another_one(caplog: pytest.LogCaptureFixture) -> None:
    policy = ReconnectPolicy("broker:1883", TIMING)
    longest = TIMING.permanent_retry
    assert all(longest / 2 <= policy.failed(REFUSED) <= longest for _ in range(3))
    policy.failed(SILENT)
    policy.failed(SILENT)
    assert [r.levelno for r in caplog.records] == [logging.ERROR, logging.WARNING]
    assert policy.problem == "MQTT broker:1883: silent"
    policy.connected()
    assert policy.problem is None


def test_failure_is_logged_again_after_a_stable_connection(caplog: pytest.LogCaptureFixture) -> None:
    policy = ReconnectPolicy("broker:1883", TIMING)
    policy.failed(SILENT)
    policy.ended(TIMING.stable - 1)
    policy.failed(SILENT)
    assert len(caplog.records) == 1
    policy.ended(TIMING.stable)
    policy.failed(SILENT)
    assert len(caplog.records) == 2


def test_failure_while_the_other_connection_is_down_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    policy = ReconnectPolicy("broker:1883", TIMING)
    policy.waits(SILENT)
    assert not caplog.records
    assert policy.problem
    assert policy.failures == 0


def test_short_connections_keep_the_delay_growing() -> None:
    policy = ReconnectPolicy("broker:1883", TIMING)
    for failures in range(1, 6):
        policy.ended(TIMING.stable - 1)
        assert policy.short_lived
        assert policy.failed(SILENT) <= TIMING.last_retry
        assert policy.failures == failures
    policy.ended(TIMING.stable)
    assert not policy.short_lived
    assert policy.failures == 0


def test_next_attempt_with_another_version_does_not_wait() -> None:
    policy = ReconnectPolicy("x", TIMING)
    assert policy.failed(ConnectionFailure("no MQTT 5", retry_now=True)) == 0
    assert policy.problem is None
