"""Every command there is.

A command is a decorated function: its name, its arguments and what they may be all come from its signature.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Generic, Protocol, TypeVar, get_args, get_type_hints

from mqttcam.camera.frame import PictureSpec
from mqttcam.commands.request import RequestId
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.node import Node
from mqttcam.log import LEVELS
from mqttcam.values import Choice, Number, Switch, ValueKind


class Device(Protocol):
    """What commands are for: a camera or the node."""

    def changed(self) -> None:
        """Have the state published again."""


Target = TypeVar("Target", bound=Device)


@dataclass(frozen=True, slots=True)
class Command(Generic[Target]):
    """One command: its function, and the kind of each of its arguments."""

    name: str
    run: Callable[..., Awaitable[None]]
    arguments: Mapping[str, ValueKind]
    required: tuple[str, ...]
    wants_request_id: bool
    help: str


CAMERA_COMMANDS: dict[str, Command[CameraDevice]] = {}
NODE_COMMANDS: dict[str, Command[Node]] = {}


def command(
    registry: dict[str, Command[Target]],
) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    """Make a function a command; each argument after the first is annotated with its `ValueKind`."""

    def register(function: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        hints = get_type_hints(function, include_extras=True)
        parameters = dict(list(inspect.signature(function).parameters.items())[1:])
        wants_request_id = parameters.pop("request_id", None) is not None
        registry[function.__name__] = Command(
            name=function.__name__,
            run=function,
            arguments={name: get_args(hints[name])[1] for name in parameters},
            required=tuple(name for name, one in parameters.items() if one.default is one.empty),
            wants_request_id=wants_request_id,
            help=inspect.getdoc(function) or "",
        )
        return function

    return register


@command(CAMERA_COMMANDS)
async def snapshot(
    device: CameraDevice,
    quality: Annotated[int | None, Number(1, 100, integer=True)] = None,
    max_width: Annotated[int | None, Number(16, 16384, integer=True)] = None,
    full_resolution: Annotated[bool, Switch()] = False,
    *,
    request_id: RequestId = None,
) -> None:
    """Take a picture now; in the camera's full resolution, its stream pauses for a second or two."""
    spec = PictureSpec(quality or device.image_quality, max_width)
    name = None if request_id is None else str(request_id)
    await device.take_snapshot(spec, name, full_resolution=full_resolution)


@command(CAMERA_COMMANDS)
async def restart_camera(device: CameraDevice) -> None:
    """Close the camera and open it again."""
    await device.camera.restart()


@command(NODE_COMMANDS)
async def restart(node: Node) -> None:
    """Start the daemon anew."""
    node.restart()


@command(NODE_COMMANDS)
async def reload(node: Node) -> None:
    """Read the configuration again."""
    node.reload()


@command(NODE_COMMANDS)
async def rediscover(node: Node) -> None:
    """Publish discovery again, of deleted devices too."""
    node.rediscover()


@command(NODE_COMMANDS)
async def log_level(node: Node, level: Annotated[str, Choice(LEVELS)]) -> None:
    """Change how much is logged."""
    node.set_log_level(level)


NOT_EVERYWHERE = {"autofocus": "this camera cannot focus"}
"""Names that are always the same, of actions that only some cameras have; what to say of the others."""


def camera_commands(device: CameraDevice) -> dict[str, Command[CameraDevice]]:
    """What a camera offers: the commands that all have, without arguments that are not for it, and its own actions."""
    offered = {key: _action_command(key, action.title) for key, action in device.camera.actions.items()}
    offered |= CAMERA_COMMANDS
    if not device.camera.takes_stills:
        arguments = dict(offered["snapshot"].arguments)
        del arguments["full_resolution"]
        offered["snapshot"] = replace(offered["snapshot"], arguments=arguments)
    return offered


def _action_command(key: str, title: str) -> Command[CameraDevice]:
    async def act(device: CameraDevice) -> None:
        await device.act(key)
        await device.save()

    return Command(key, act, arguments={}, required=(), wants_request_id=False, help=f"{title}.")
