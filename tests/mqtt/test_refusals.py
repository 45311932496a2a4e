"""What is said of each failure, and whether the next try waits."""

from __future__ import annotations

import logging
import ssl

import pytest

from mqttcam.backoff import Backoff
from mqttcam.mqtt import retry as module
from mqttcam.mqtt.link import Ended
from mqttcam.mqtt.refusals import Trouble, trouble_of_end, trouble_of_error, trouble_of_refusal
from mqttcam.mqtt.retry import Retry
from mqttcam.mqtt.tls import TlsError
from mqttcam.settings import MqttSettings, TlsSettings

PLAIN = MqttSettings()
SECURE = MqttSettings(tls=TlsSettings())


def _ssl_error(kind: type[ssl.SSLError], reason: str) -> ssl.SSLError:
    error = kind(1, f"[SSL: {reason}]")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "text", "hopeless"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "Connection refused", False),
        (TimeoutError(), "no connection in time", False),
        (ValueError("label too long"), "'localhost' cannot be a host: label too long", False),
        (TlsError("mqtt.tls.ca_file: x"), "mqtt.tls.ca_file: x", True),
        (_ssl_error(ssl.SSLError, "WRONG_VERSION_NUMBER"), "does not speak TLS", True),
        (_ssl_error(ssl.SSLError, "TLSV13_ALERT_CERTIFICATE_REQUIRED"), "a certificate of ours", True),
        (_ssl_error(ssl.SSLError, "TLSV1_ALERT_UNKNOWN_CA"), "refuses our certificate", True),
        (_ssl_error(ssl.SSLEOFError, "UNEXPECTED_EOF_WHILE_READING"), "does it speak TLS", False),
        (_ssl_error(ssl.SSLError, "BAD_RECORD_MAC"), "TLS failed: bad_record_mac", False),
    ],
)
def test_connections_that_could_not_be_made(error: Exception, text: str, hopeless: bool) -> None:
    trouble = trouble_of_error(error, PLAIN)
    assert text in trouble.text
    assert trouble.hopeless is hopeless


def test_a_port_without_tls_may_just_reset() -> None:
    assert "TLS" in trouble_of_error(ConnectionResetError(104, "reset"), SECURE).text
    assert "TLS" not in trouble_of_error(ConnectionResetError(104, "reset"), PLAIN).text


@pytest.mark.parametrize(
    ("reason", "text", "hopeless"),
    [
        (0x86, "mqtt.username or mqtt.password is wrong", True),
        (0x87, "are refused", True),
        (0x85, "mqtt.client_id is refused", True),
        (0x8A, "banned", True),
        (0x88, "Server unavailable", False),
        (0x97, "Quota exceeded", False),
    ],
)
def test_refusals(reason: int, text: str, hopeless: bool) -> None:
    trouble = trouble_of_refusal(reason, text)
    assert text in trouble.text
    assert trouble.hopeless is hopeless


def test_the_ends_of_connections() -> None:
    closed = Ended("the broker closed the connection", by_broker=True)
    assert trouble_of_end(closed, "me").text == closed.text
    assert "client id me" in trouble_of_end(closed, "me", again=True).text
    taken_over = Ended("x", by_broker=True, reason=0x8E)
    assert "another client has connected as me" in trouble_of_end(taken_over, "me").text
    broken = Ended("x", error=_ssl_error(ssl.SSLError, "TLSV13_ALERT_CERTIFICATE_REQUIRED"))
    assert trouble_of_end(broken, "me").hopeless


def test_a_trouble_is_said_once_until_another_comes(caplog: pytest.LogCaptureFixture) -> None:
    retry = Retry("broker:1883")
    refused, silent = Trouble("refused", hopeless=True), Trouble("silent")
    assert [retry.failed(refused) for _ in range(3)] == [module.SLOW] * 3
    retry.failed(silent)
    retry.failed(silent)
    assert [r.levelno for r in caplog.records] == [logging.ERROR, logging.WARNING]
    assert retry.problem == "MQTT broker:1883: silent"
    retry.connected()
    assert retry.problem is None
    retry.lived(module.STABLE - 1)
    retry.failed(silent)
    assert len(caplog.records) == 2, "it was not well for long"
    retry.lived(module.STABLE)
    retry.failed(silent)
    assert len(caplog.records) == 3


def test_short_lives_make_the_next_try_later(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[int] = []

    def note(backoff: Backoff) -> float:
        waits.append(backoff._failures)
        return 0.0

    monkeypatch.setattr(Backoff, "next", note)
    retry = Retry("broker:1883")
    retry.backoff._failures = 5
    retry.lived(1)
    retry.failed(Trouble("closed"))
    retry.lived(module.STABLE)
    retry.failed(Trouble("closed"))
    assert waits == [5, 0]


def test_another_try_at_once() -> None:
    assert Retry("x").failed(Trouble("no MQTT 5", at_once=True)) == 0
