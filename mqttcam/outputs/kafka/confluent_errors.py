"""The errors of Confluent's client (librdkafka) in words, the same as those of the other client."""

from __future__ import annotations

import re
from typing import Any

from mqttcam.kafka.errors import broker_error, no_answer
from mqttcam.kafka.log import CLIENT_CERTIFICATE, CLOSED, NO_ADDRESS, TLS_FAILED, with_hint

_MISSING_TOPIC, _FAILED_LOGIN = 3, 58
"""Codes of Kafka's protocol."""
_LOCAL = {
    "_UNKNOWN_TOPIC": _MISSING_TOPIC,
    "_UNKNOWN_PARTITION": _MISSING_TOPIC,
    "_AUTHENTICATION": _FAILED_LOGIN,
}
"""The client's own errors that mean the same as one of the brokers'."""
_SILENT = ("_MSG_TIMED_OUT", "_TIMED_OUT", "_TRANSPORT", "_ALL_BROKERS_DOWN")
_BROKER = re.compile(r"^(?:\w+://)?(?P<where>\S+:\d+)/\w+: ")
_TEXTS = {
    r"Connect to \S*?#(?P<where>\S+) failed: (?P<why>[^()]+?)(?: \(|$)": "no connection to {where}: {why}",
    r"Failed to resolve '(?P<where>[^']+?)(?::\d+)?'": NO_ADDRESS,
    r"(?i)certificate.required|alert.bad.certificate": CLIENT_CERTIFICATE,
    r"SSL handshake failed|SSL_HANDSHAKE|certificate verify failed": TLS_FAILED,
    r"(?i)authentication (?:error|failed)|SaslHandshake|SASL \S+ mechanism": str(
        broker_error(_FAILED_LOGIN, "")
    ),
    r"Connection setup timed out|timed out": no_answer("{where}"),
    r"(?i)disconnected|connection (?:closed|reset)|broken pipe": CLOSED,
}
"""Patterns of the client's reports about brokers, and our texts for them."""


def report(error: Any) -> str | None:
    """Return a report about a broker (`error_cb`) in words; None if there are no better ones than it has itself."""
    text = str(error.str())
    broker = _BROKER.match(text)
    for pattern, template in _TEXTS.items():
        if match := re.search(pattern, text):
            parts = {"where": broker["where"] if broker else "Kafka"} | match.groupdict()
            return template.format(**parts)
    return None


def in_words(error: Any, topic: str, where: str, last_report: str = "") -> str:
    """Return why a frame was not sent, or why there is no connection.

    Args:
        where: the destination.
        last_report: the last report about a broker, which has the reason of a missing answer.
    """
    name = error.name()
    if name in _SILENT:
        return last_report or no_answer(where)
    code = _LOCAL.get(name, error.code())
    return broker_error(code, topic) or last_report or plain(error)


def not_connected(brokers: str, last_report: str, *, right_port: bool) -> str:
    """Return why there is no connection, of which the client has reported something.

    Args:
        right_port: whether there was a connection to this port before, so that it is of the right kind.
    """
    if last_report.startswith("no "):
        return last_report if right_port else with_hint(last_report)
    return f"no connection to {brokers}: {last_report}"


def plain(error: Any) -> str:
    """Return the client's own words, without what only its developers understand."""
    text = _BROKER.sub("", str(error.str()))
    return re.sub(r" \(after \d+ms in state .*$|^(?:Broker|Local): ", "", text)
