"""Commands as they arrive over MQTT: each answered once, retained ones cleared, none left when it closes."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import orjson
import pytest

from mqttcam.commands.catalogue import Command, command
from mqttcam.commands.runner import CommandRunner
from mqttcam.gateway.camera import Inbox
from mqttcam.mqtt.connection import Connection, Message

TOPIC = "mqttcam/yard/front/cmd/wait"


class Wire:
    """A connection that keeps what is published."""

    def __init__(self, *, echoes: bool = False) -> None:
        self.echoes = echoes
        self.sent: list[tuple[str, bytes, bool]] = []

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False, **more: object) -> bool:
        assert qos == 1
        self.sent.append((topic, payload, retain))
        return True

    @property
    def results(self) -> list[dict[str, Any]]:
        return [orjson.loads(payload) for topic, payload, _ in self.sent if topic == "result"]


class Door:
    """Waits until it is let go."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.ran = 0

    def changed(self) -> None:
        self.ran += 1


DOOR: dict[str, Command[Door]] = {}


@command(DOOR)
async def wait(door: Door) -> None:
    """Until it may go on."""
    await door.go.wait()
    door.ran += 1


@pytest.fixture(params=[False, True], ids=["MQTT 5", "MQTT 3.1.1"])
def wire(request: pytest.FixtureRequest) -> Wire:
    return Wire(echoes=request.param)


@pytest.fixture
async def door() -> Door:
    return Door()


@pytest.fixture
async def inbox(wire: Wire, door: Door) -> Inbox[Door]:
    return Inbox(cast("Connection", wire), CommandRunner(door, DOOR), "result")


def message(payload: bytes = b"", *, retain: bool = False, response_topic: str | None = None) -> Message:
    return Message(TOPIC, payload, retain, response_topic, b"c" if response_topic else None)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_an_answer_to_the_topic_and_to_who_asked(inbox: Inbox[Door], wire: Wire) -> None:
    inbox.receive(message(b"x", response_topic="to/me"), "get")
    await settled()
    assert [topic for topic, _, _ in wire.sent] == ["result", "to/me"]
    assert wire.sent[0][1] == wire.sent[1][1]


async def test_a_retained_command_is_refused_and_cleared(inbox: Inbox[Door], wire: Wire, door: Door) -> None:
    inbox.receive(message(b"x", retain=True), "get")
    await settled()
    assert wire.sent[0] == (TOPIC, b"", True)
    assert [result["error"]["code"] for result in wire.results] == ["retained"]
    if wire.echoes:
        inbox.receive(message(), "get")
    await settled()
    assert (len(wire.results), door.ran) == (1, 0)
    assert not inbox._cleared, "or it would grow for ever"
    inbox.receive(message(), "get")
    await settled()
    assert (len(wire.results), door.ran) == (2, 1)


async def test_what_others_have_cleared_is_no_command(inbox: Inbox[Door], wire: Wire) -> None:
    inbox.receive(message(b"", retain=True), "get")
    await settled()
    assert wire.sent == []


async def test_what_runs_when_it_closes_is_answered(inbox: Inbox[Door], wire: Wire, door: Door) -> None:
    inbox.receive(message(b'{"request_id": 1}'), "wait")
    inbox.receive(message(b'{"request_id": 2}', response_topic="to/me"), "wait")
    await settled()
    inbox.close()
    assert [(result["request_id"], result["error"]["code"]) for result in wire.results] == [
        (1, "unavailable"),
        (2, "unavailable"),
    ]
    door.go.set()
    await settled()
    assert len(wire.results) == 2
    assert [topic for topic, _, _ in wire.sent].count("to/me") == 1
    assert door.ran == 0


async def test_what_is_done_when_it_closes_is_not_answered_again(
    inbox: Inbox[Door], wire: Wire, door: Door
) -> None:
    inbox.receive(message(), "wait")
    door.go.set()
    while not wire.results:
        await asyncio.sleep(0)
    inbox.close()
    await settled()
    assert [result["ok"] for result in wire.results] == [True]
