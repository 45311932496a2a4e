"""What a command is: a decorated function, whose signature declares its name, its arguments and their kinds."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, Protocol, TypeVar, get_args, get_type_hints

from msgspec import Struct

from mqttcam.devices.describe import CommandDescription
from mqttcam.devices.errors import CommandError
from mqttcam.devices.patch import Changes
from mqttcam.values import ValueKind


class Target(Protocol):
    """What a command acts on: a camera or the node."""

    def why_not(self, command: str) -> CommandError | None:
        """Return why this device lacks a command that others of its kind have; `None` if none of them has it."""


TargetT = TypeVar("TargetT", bound=Target)
Function = Callable[..., Awaitable[Changes | None]]
"""Takes the target and the arguments; may return what it changed."""


class Command(Struct, Generic[TargetT], frozen=True):
    """One command.

    Attributes:
        arguments: the kind of each argument, by name.
        required: the arguments without a default.
        from_request: what it is given of the request besides: `request_id`, or `patch` in place of any arguments.
        not_offered: arguments that this device answers with `not_supported`; descriptions leave them out.
        listed: whether it is listed among the commands; `set` and `get` have topics and paths of their own.
    """

    name: str
    run: Function
    help: str
    arguments: Mapping[str, ValueKind]
    required: tuple[str, ...] = ()
    from_request: frozenset[str] = frozenset()
    not_offered: frozenset[str] = frozenset()
    listed: bool = True

    @property
    def offered_arguments(self) -> dict[str, ValueKind]:
        """The arguments that this device supports."""
        return {name: kind for name, kind in self.arguments.items() if name not in self.not_offered}

    def describe(self) -> CommandDescription:
        """Describe the command as this device supports it."""
        kinds = {name: kind.describe() for name, kind in self.offered_arguments.items()}
        return CommandDescription(self.name, self.help, kinds, list(self.required))


Commands = Mapping[str, Command[TargetT]]
"""Commands by name."""


def command(
    commands: dict[str, Command[TargetT]], name: str | None = None, *, listed: bool = True
) -> Callable[[Function], Function]:
    """Make a function a command, and add it to `commands`.

    The first parameter is the target. Every other positional parameter is an argument, annotated with its `ValueKind`;
    keyword-only parameters are filled from the request (see `Command.from_request`).

    Args:
        name: where it is not the function's own.
    """

    def register(function: Function) -> Function:
        hints = get_type_hints(function, include_extras=True)
        parameters = list(inspect.signature(function).parameters.values())[1:]
        arguments = [one for one in parameters if one.kind is not one.KEYWORD_ONLY]
        own_name = name or function.__name__
        commands[own_name] = Command(
            name=own_name,
            run=function,
            help=inspect.getdoc(function) or "",
            arguments={one.name: get_args(hints[one.name])[1] for one in arguments},
            required=tuple(one.name for one in arguments if one.default is one.empty),
            from_request=frozenset(one.name for one in parameters if one not in arguments),
            listed=listed,
        )
        return function

    return register


def listed(commands: Commands[TargetT]) -> list[Command[TargetT]]:
    """Return the commands to list."""
    return [one for one in commands.values() if one.listed]
