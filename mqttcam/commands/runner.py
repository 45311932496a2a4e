"""Carrying out commands, wherever they come from."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Generic

from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraUnavailable
from mqttcam.commands.command import Command, Commands, TargetT, listed
from mqttcam.commands.request import Body, Request, RequestId
from mqttcam.commands.result import Result
from mqttcam.devices.describe import CommandDescription
from mqttcam.devices.errors import Code, CommandError, check_keys, did_you_mean
from mqttcam.devices.patch import Changes
from mqttcam.settings import SettingsError
from mqttcam.text import shown
from mqttcam.values import InvalidValue, coerce_all

log = logging.getLogger(__name__)

_MAX_WAITING = 64


class CommandRunner(Generic[TargetT]):
    """Runs the commands of one device; every command gets exactly one result."""

    def __init__(self, target: TargetT, commands: Callable[[TargetT], Commands[TargetT]]) -> None:
        """`commands` returns the commands that the target has at the moment of the call."""
        self._target = target
        self._commands = commands
        self._waiting = 0

    @property
    def listed(self) -> list[Command[TargetT]]:
        """The commands that the device lists now."""
        return listed(self._commands(self._target))

    def describe(self) -> list[CommandDescription]:
        """Describe the listed commands."""
        return [command.describe() for command in self.listed]

    async def run(self, request: Request) -> Result:
        """Carry out one command. Never raises: an error of any kind is in the result."""
        started = time.perf_counter()
        self._waiting += 1
        request_id: RequestId = None
        changes = Changes()
        error: CommandError | None = None
        try:
            body = Body(request)
            request_id = body.request_id
            self._check(request, body)
            changes = await self._carry_out(request.command, body)
        except Exception as problem:  # noqa: BLE001 - every command gets a result
            error = _as_command_error(request.command, problem)
        finally:
            self._waiting -= 1
        took_ms = round((time.perf_counter() - started) * 1000)
        log.debug("command %s: %s in %d ms", request.command, error.code if error else "ok", took_ms)
        return Result(
            request.command, request_id, changes.values, took_ms, error, changes.warning, changes.answer
        )

    def refuse(self, request: Request, error: CommandError) -> Result:
        """Return the result of a command that is not carried out."""
        return Result(request.command, Body(request).request_id, error=error)

    def _check(self, request: Request, body: Body) -> None:
        if request.retained:
            message = "a command must not be retained: the broker would repeat it at every connection"
            raise CommandError(Code.RETAINED, message)
        if self._waiting > _MAX_WAITING:
            message = f"{_MAX_WAITING} commands are already waiting"
            raise CommandError(Code.BUSY, message, allowed={"max_waiting": _MAX_WAITING})
        if body.error is not None:
            raise body.error

    async def _carry_out(self, name: str, body: Body) -> Changes:
        command = self._find(name)
        arguments = {} if "patch" in command.from_request else _arguments(command, body)
        if "patch" in command.from_request:
            arguments["patch"] = body.as_patch()
        if "request_id" in command.from_request:
            arguments["request_id"] = body.request_id
        return await command.run(self._target, **arguments) or Changes()

    def _find(self, name: str) -> Command[TargetT]:
        if (found := self._commands(self._target).get(name)) is not None:
            return found
        known = sorted(command.name for command in self.listed)
        message = f"no command {shown(name)!r}{did_you_mean(name, known)}"
        error = self._target.why_not(name) or CommandError(Code.UNKNOWN_COMMAND, message)
        error.field, error.allowed = "command", known
        raise error


def _arguments(command: Command[TargetT], body: Body) -> dict[str, object]:
    given = body.as_arguments(command.arguments)
    check_keys(given, command.arguments)
    arguments: dict[str, object] = {**coerce_all(command.arguments, given)}
    for name in command.required:
        if name not in arguments:
            allowed = command.arguments[name].allowed
            raise CommandError(Code.INVALID_VALUE, f"{name} is missing", name, allowed)
    return arguments


def _as_command_error(name: str, problem: Exception) -> CommandError:
    match problem:
        case CommandError():
            return problem
        case InvalidValue():
            return CommandError(Code.INVALID_VALUE, problem.message, problem.field, problem.allowed)
        case SettingsError():
            first = problem.problems[0]
            return CommandError(Code.INVALID_VALUE, str(first), first.key or None, first.allowed)
        case CameraUnavailable() | SourceError():
            return CommandError(Code.UNAVAILABLE, str(problem))
        case _:
            log.exception("command %s failed", name, exc_info=problem)
            return CommandError(Code.INTERNAL, f"{type(problem).__name__}: {problem}")
