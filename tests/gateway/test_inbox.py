"""Commands over MQTT: each is answered once, retained ones are cleared, and close() answers those still running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import orjson
import pytest

from mqttcam.commands.command import Command, command
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.errors import Code, CommandError
from mqttcam.gateway.inbox import CommandInbox
from mqttcam.mqtt.connection import Connection, Message
from tests.support.waiting import until

TOPIC = "mqttcam/yard/front/cmd/wait"


class Published:
    """A connection that keeps what is published."""

    def __init__(self, *, echoes: bool = False) -> None:
        self.echoes = echoes
        self.connected = True
        self.full = False
        self.hooks: list[Callable[[], None]] = []
        self.sent: list[tuple[str, bytes, bool]] = []

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False, **more: object) -> bool:
        if self.full and qos == 1:
            return False
        self.sent.append((topic, payload, retain))
        return True

    def on_connected(self, hook: Callable[[], None]) -> None:
        self.hooks.append(hook)

    def remove_hooks(self, *hooks: Callable[[], None]) -> None:
        self.hooks = [hook for hook in self.hooks if hook not in hooks]

    @property
    def results(self) -> list[dict[str, Any]]:
        return [orjson.loads(payload) for topic, payload, _ in self.sent if topic == "result"]


class Gate:
    """The target of commands, which wait until `go` is set."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.ran = 0

    def why_not(self, command: str) -> None:
        """Every gate has the same commands."""


COMMANDS: dict[str, Command[Gate]] = {}


@command(COMMANDS)
async def get(gate: Gate) -> None:
    """Do not wait."""
    gate.ran += 1


@command(COMMANDS)
async def wait(gate: Gate) -> None:
    """Wait until the gate is open."""
    await gate.go.wait()
    gate.ran += 1


@pytest.fixture(params=[False, True], ids=["MQTT 5", "MQTT 3.1.1"])
def connection(request: pytest.FixtureRequest) -> Published:
    return Published(echoes=request.param)


@pytest.fixture
async def gate() -> Gate:
    return Gate()


@pytest.fixture
async def inbox(connection: Published, gate: Gate) -> CommandInbox[Gate]:
    return CommandInbox(cast("Connection", connection), CommandRunner(gate, lambda _gate: COMMANDS), "result")


def message(payload: bytes = b"", *, retain: bool = False, response_topic: str | None = None) -> Message:
    return Message(TOPIC, payload, retain, response_topic, b"c" if response_topic else None)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_result_goes_to_the_result_topic_and_to_the_response_topic(
    inbox: CommandInbox[Gate], connection: Published
) -> None:
    inbox.receive(message(b"x", response_topic="to/me"), "get")
    await settled()
    assert [topic for topic, _, _ in connection.sent] == ["result", "to/me"]
    assert connection.sent[0][1] == connection.sent[1][1]


async def test_a_retained_command_is_refused_and_cleared(
    inbox: CommandInbox[Gate], connection: Published, gate: Gate
) -> None:
    inbox.receive(message(b"x", retain=True), "get")
    await settled()
    assert connection.sent[0] == (TOPIC, b"", True)
    assert [result["error"]["code"] for result in connection.results] == ["retained"]
    if connection.echoes:
        inbox.receive(message(), "get")
    await settled()
    assert (len(connection.results), gate.ran) == (1, 0)
    assert not inbox._cleared, "the set must not grow for ever"
    inbox.receive(message(), "get")
    await settled()
    assert (len(connection.results), gate.ran) == (2, 1)


async def test_cleared_topics_whose_echo_does_not_come_are_bounded(inbox: CommandInbox[Gate]) -> None:
    for number in range(1500):
        inbox.receive(Message(f"mqttcam/yard/front/set/{number}", b"1", True, None, None), "get")
    assert len(inbox._cleared) <= 1000


async def test_a_command_cleared_by_another_client_is_ignored(
    inbox: CommandInbox[Gate], connection: Published
) -> None:
    inbox.receive(message(b"", retain=True), "get")
    await settled()
    assert connection.sent == []


async def test_commands_running_at_close_are_answered(
    inbox: CommandInbox[Gate], connection: Published, gate: Gate
) -> None:
    inbox.receive(message(b'{"request_id": 1}'), "wait")
    inbox.receive(message(b'{"request_id": 2}', response_topic="to/me"), "wait")
    await settled()
    inbox.close()
    assert [(result["request_id"], result["error"]["code"]) for result in connection.results] == [
        (1, "unavailable"),
        (2, "unavailable"),
    ]
    gate.go.set()
    await settled()
    assert len(connection.results) == 2
    assert [topic for topic, _, _ in connection.sent].count("to/me") == 1
    assert gate.ran == 0


async def test_commands_ended_before_close_are_not_answered_again(
    inbox: CommandInbox[Gate], connection: Published, gate: Gate
) -> None:
    inbox.receive(message(), "wait")
    gate.go.set()
    await until(lambda: connection.results)
    inbox.close()
    await settled()
    assert [result["ok"] for result in connection.results] == [True]


async def test_a_result_beyond_the_queue_of_qos_1_messages_is_published_at_qos_0(
    inbox: CommandInbox[Gate], connection: Published
) -> None:
    connection.full = True
    for number in range(3):
        inbox.receive(message(b'{"request_id": %d}' % number), "get")
    await settled()
    assert [result["request_id"] for result in connection.results] == [0, 1, 2]


async def test_a_result_without_a_connection_is_published_after_the_next_connect(
    inbox: CommandInbox[Gate], connection: Published
) -> None:
    connection.connected = False
    inbox.receive(message(b'{"request_id": 1}', response_topic="to/me"), "get")
    await settled()
    assert connection.sent == []
    connection.connected = True
    for hook in connection.hooks:
        hook()
    assert [topic for topic, _, _ in connection.sent] == ["result", "to/me"]


async def test_a_command_can_be_refused_without_being_carried_out(
    inbox: CommandInbox[Gate], connection: Published, gate: Gate
) -> None:
    error = CommandError(Code.UNKNOWN_KEY, "no camera 'frnot', did you mean front?", "camera", ["front"])
    inbox.receive(message(b'{"request_id": 1}'), "get", refusal=error)
    inbox.receive(message(b'{"request_id": 2}', retain=True), "get", refusal=error)
    await settled()
    assert [(result["request_id"], result["error"]["code"]) for result in connection.results] == [
        (1, "unknown_key"),
        (2, "retained"),
    ]
    assert gate.ran == 0
