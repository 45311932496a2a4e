"""A target for commands, and how to send them: the result or the error as JSON."""

from __future__ import annotations

from typing import Annotated, Any

import orjson

from mqttcam.commands.catalogue import camera_commands, node_commands
from mqttcam.commands.command import Command, Commands, command
from mqttcam.commands.request import Request, RequestId
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.errors import Code, CommandError
from mqttcam.devices.node import Node
from mqttcam.values import Choice, Number


class Lamp:
    """A target for commands."""

    def __init__(self) -> None:
        self.calls: list[object] = []
        self.problem: Exception | None = None

    def why_not(self, command: str) -> CommandError | None:
        """A device with a lamp that can be dimmed."""
        return CommandError(Code.NOT_SUPPORTED, "this lamp cannot be dimmed") if command == "dim" else None


LAMP: dict[str, Command[Lamp]] = {}


@command(LAMP)
async def shine(
    lamp: Lamp,
    colour: Annotated[str, Choice(("Red", "Green"))],
    level: Annotated[int, Number(0, 100, integer=True)] = 50,
) -> None:
    """Switch it on."""
    lamp.calls.append((colour, level))


@command(LAMP)
async def flash(lamp: Lamp, *, request_id: RequestId = None) -> None:
    """Once."""
    lamp.calls.append(request_id)
    if lamp.problem is not None:
        raise lamp.problem


def lamp_commands(_lamp: Lamp) -> Commands[Lamp]:
    return LAMP


def given(body: object) -> bytes:
    return body if isinstance(body, bytes) else orjson.dumps(body)


async def ask(
    target: Any, name: str, body: object = b"", *, key: str | None = None, retained: bool = False
) -> dict[str, Any]:
    """Return the result, as JSON, of one command to a lamp, a node or a camera."""
    commands: Any = {Lamp: lamp_commands, Node: node_commands, CameraDevice: camera_commands}[type(target)]
    result = await CommandRunner(target, commands).run(Request(name, given(body), key, retained))
    answer: dict[str, Any] = orjson.loads(orjson.dumps(result.as_json()))
    return answer


async def refused(target: Any, name: str, body: object = b"", **more: Any) -> dict[str, Any]:
    """Return the error of a refused command."""
    answer = await ask(target, name, body, **more)
    assert answer["ok"] is False
    error: dict[str, Any] = answer["error"]
    assert set(error) == {"code", "field", "message", "allowed"}
    assert error["message"]
    return error
