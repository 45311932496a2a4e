"""A command in, a result out, wherever it came from.

Every command gets exactly one result; a patch is applied whole or not at all.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from typing import Generic

from mqttcam.camera.source import SourceError
from mqttcam.camera.status import CameraUnavailable
from mqttcam.commands.catalogue import NOT_EVERYWHERE, Command, Target, camera_commands
from mqttcam.commands.request import Body, Code, CommandError, Request, RequestId, Result
from mqttcam.devices.camera import CameraDevice, SnapshotRefused
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.settings import SettingsError
from mqttcam.values import InvalidValue, coerce_all, shown

log = logging.getLogger(__name__)

_MAX_WAITING = 64


class CommandRunner(Generic[Target]):
    """Runs the commands of one device, `set` in the order of arrival."""

    def __init__(self, target: Target, commands: Mapping[str, Command[Target]]) -> None:
        self._target = target
        self._commands = commands
        self._order = asyncio.Lock()
        self._waiting = 0

    async def run(self, request: Request) -> Result:
        """Carry out one command. Never raises: whatever goes wrong is in the result."""
        started = time.perf_counter()
        self._waiting += 1
        request_id: RequestId = None
        changed: dict[str, object] = {}
        error: CommandError | None = None
        try:
            body = Body(request)
            request_id = body.request_id
            self._check(request, body)
            changed = await self._carry_out(request, body)
        except Exception as problem:  # noqa: BLE001 - every command gets a result
            error = _as_command_error(problem)
        finally:
            self._waiting -= 1
        took = round((time.perf_counter() - started) * 1000)
        log.debug("%s: %s in %d ms", request.command, error.code if error else "ok", took)
        return Result(request.command, request_id, changed, took, error)

    def refuse(self, request: Request, message: str) -> Result:
        """The answer to a command that can no longer be carried out."""
        error = CommandError(Code.UNAVAILABLE, message)
        return Result(request.command, Body(request).request_id, error=error)

    def _check(self, request: Request, body: Body) -> None:
        if request.retained:
            raise CommandError(
                Code.RETAINED, "a command must not be retained: it would be repeated at every connection"
            )
        if self._waiting > _MAX_WAITING:
            raise CommandError(Code.BUSY, "too many commands at once", allowed={"max_waiting": _MAX_WAITING})
        if body.error is not None:
            raise body.error

    async def _carry_out(self, request: Request, body: Body) -> dict[str, object]:
        if request.command == "get":
            self._target.changed()
            return {}
        if request.command == "set":
            if not isinstance(self._target, CameraDevice):
                raise CommandError(
                    Code.UNKNOWN_COMMAND, "a node has nothing to set", "command", sorted(self._commands)
                )
            patch = body.as_object() if request.key is None else {request.key: body.as_text(request.key)}
            async with self._order:
                changed = await set_values(self._target, patch)
                await self._target.save()
            return changed
        found = self._find(request.command)
        values = body.as_arguments(found.arguments)
        _check_keys(values, found.arguments)
        arguments = coerce_all(found.arguments, values)
        for name in found.required:
            if name not in arguments:
                raise CommandError(
                    Code.INVALID_VALUE, f"{name} is missing", name, found.arguments[name].allowed
                )
        extra = {"request_id": body.request_id} if found.wants_request_id else {}
        await found.run(self._target, **arguments, **extra)
        return {}

    def _find(self, name: str) -> Command[Target] | Command[CameraDevice]:
        target = self._target
        own = camera_commands(target) if isinstance(target, CameraDevice) else {}
        commands: dict[str, Command[Target] | Command[CameraDevice]] = {**own, **self._commands}
        if (found := commands.get(name)) is not None:
            return found
        known = sorted(commands)
        if not isinstance(target, CameraDevice) or name not in NOT_EVERYWHERE:
            message = f"no command {shown(name)!r}{_near(name, known)}"
            raise CommandError(Code.UNKNOWN_COMMAND, message, "command", known)
        if target.camera.info is None:
            message = "the camera was not open yet: what it can do is not known"
            raise CommandError(Code.UNAVAILABLE, message, "command", known)
        raise CommandError(Code.NOT_SUPPORTED, NOT_EVERYWHERE[name], "command", known)


async def set_values(device: CameraDevice, patch: Mapping[str, object]) -> dict[str, object]:
    """Apply a patch whole or not at all; the values that took effect, also on other keys, as they stand in JSON.

    Raises:
        CommandError, InvalidValue, SourceError, CameraUnavailable: nothing was changed.
    """
    entities = {entity.key: entity for entity in camera_entities(device) if entity.kind is not None}
    settable = {key: entity for key, entity in entities.items() if entity.settable}
    for key in patch:
        if key in entities and key not in settable:
            raise CommandError(Code.NOT_SUPPORTED, f"{key} can only be read", key, sorted(settable))
        if key not in entities and device.camera.info is None:
            message = "the camera was not open yet: its controls are not known"
            raise CommandError(Code.UNAVAILABLE, message, shown(key), sorted(settable))
    _check_keys(patch, settable)
    values = coerce_all(
        {key: entity.kind for key, entity in settable.items() if entity.kind is not None}, patch
    )
    controls = {key: value for key, value in values.items() if settable[key].control is not None}
    if controls:
        values |= await device.set_controls(controls)
    for key, value in values.items():
        write = settable[key].write if key in settable else None
        if write is not None:
            write(device, value)
    return {
        key: kind.encode(value)
        for key, value in values.items()
        if key in settable and (kind := settable[key].kind) is not None
    }


def _check_keys(given: Iterable[str], known: Mapping[str, object]) -> None:
    for key in given:
        if key not in known:
            names = sorted(known)
            raise CommandError(
                Code.UNKNOWN_KEY, f"no key {shown(key)!r}{_near(key, names)}", shown(key), names
            )


def _near(name: str, known: list[str]) -> str:
    import difflib  # a command without mistakes does without

    close = difflib.get_close_matches(name[:60], known, n=1)
    return f", did you mean {close[0]}?" if close else ""


def _as_command_error(problem: Exception) -> CommandError:
    match problem:
        case CommandError():
            return problem
        case InvalidValue():
            return CommandError(Code.INVALID_VALUE, problem.message, problem.field, problem.allowed)
        case SettingsError():
            first = problem.problems[0]
            return CommandError(Code.INVALID_VALUE, str(first), first.key or None, first.allowed)
        case SnapshotRefused():
            return CommandError(Code(problem.code), str(problem))
        case CameraUnavailable() | SourceError():
            return CommandError(Code.UNAVAILABLE, str(problem))
        case _:
            log.exception("a command failed", exc_info=problem)
            return CommandError(Code.INTERNAL, f"{type(problem).__name__}: {problem}")
