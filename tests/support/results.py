"""The shape of results, and how many of them a command receives."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from tests.support.client import Client

CODES = {
    "unknown_command",
    "unknown_key",
    "invalid_json",
    "invalid_value",
    "not_supported",
    "busy",
    "unavailable",
    "retained",
    "too_large",
    "internal",
}
"""Every error code."""

_numbers = itertools.count(1)


def check_ok(result: dict[str, Any], command: str, request_id: object = None) -> dict[str, Any]:
    """Assert that a result reports success in the agreed shape; return its `changed`."""
    assert result["ok"] is True, result
    assert result["command"] == command
    assert result["request_id"] == request_id
    assert isinstance(result["took_ms"], int | float)
    assert result["took_ms"] >= 0
    assert "error" not in result
    changed: dict[str, Any] = result.get("changed") or {}
    return changed


def check_error(
    result: dict[str, Any], command: str, *codes: str, field: str | None = None, request_id: object = None
) -> dict[str, Any]:
    """Assert that a result reports an error of `codes` in the agreed shape; return its `error`.

    `field`, where given, must be the one named.
    """
    assert result["ok"] is False, result
    assert result["command"] == command
    assert result["request_id"] == request_id
    assert "changed" not in result
    error: dict[str, Any] = result["error"]
    assert set(error) == {"code", "field", "message", "allowed"}
    assert error["code"] in (codes or CODES), error
    assert isinstance(error["message"], str)
    assert error["message"]
    if field is not None:
        assert error["field"] == field
    return error


@dataclass(frozen=True)
class Answers:
    """The results of one command: on its response topic, and on the `result` topic."""

    to_sender: list[dict[str, Any]]
    to_all: list[dict[str, Any]]


def answers_to(client: Client, device: str, topic: str, payload: str | bytes) -> Answers:
    """Send a command and collect every answer to it.

    `device` is the topic of the node or camera, `topic` the command's below it. After the first answer a
    command with an identity of its own follows; whatever comes until it is answered belongs to the first.
    """
    number = next(_numbers)
    where, who = f"tests/answers/{client.name}", f"{client.name}-once-{number}".encode()
    since = client.mark()
    client.publish(f"{device}/{topic}", payload, response_topic=where, correlation=who)
    client.wait(where, lambda m: m.correlation == who, since=since)
    end = f"end-{number}"
    barrier = "get" if device.count("/") > 1 else "cmd/rediscover"
    client.publish(f"{device}/{barrier}", {"request_id": end})
    last = client.wait(f"{device}/result", lambda m: m.json.get("request_id") == end, since=since)
    before = client.messages[since : last.index]
    return Answers(
        to_sender=[m.json for m in before if m.topic == where and m.correlation == who],
        to_all=[m.json for m in before if m.topic == f"{device}/result"],
    )
