"""A command in, a result out, wherever it came from.

A command is a decorated function: its name, its arguments and what they may be all come from its signature. Every
command gets exactly one result; a patch is applied whole or not at all.
"""

from __future__ import annotations

import asyncio
import difflib
import inspect
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Generic, Protocol, TypeVar, get_args, get_type_hints

import orjson

from mqttcam.camera.camera import CameraUnavailable
from mqttcam.camera.frame import PictureSpec
from mqttcam.camera.source import SourceError
from mqttcam.devices import CameraDevice, SnapshotRefused
from mqttcam.entities.camera import camera_entities
from mqttcam.log import LEVELS
from mqttcam.node import Node
from mqttcam.settings import SettingsError
from mqttcam.values import Choice, InvalidValue, Kind, Number, coerce_all, shown

log = logging.getLogger(__name__)

MAX_PAYLOAD = 65536
"""The longest payload of a command, in bytes."""
_MAX_REQUEST_ID = 256
_OBJECT = "a JSON object"
_MAX_WAITING = 64


class Device(Protocol):
    """What commands are for: a camera or the node."""

    def changed(self) -> None:
        """Have the state published again."""


Target = TypeVar("Target", bound=Device)
RequestId = str | int | float | bool | None
"""Any plain JSON value; it comes back as it was."""


class Code(StrEnum):
    """Why a command was refused."""

    UNKNOWN_COMMAND = "unknown_command"
    UNKNOWN_KEY = "unknown_key"
    INVALID_JSON = "invalid_json"
    INVALID_VALUE = "invalid_value"
    NOT_SUPPORTED = "not_supported"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    RETAINED = "retained"
    TOO_LARGE = "too_large"
    INTERNAL = "internal"


class CommandError(Exception):
    """A command that is refused; nothing was changed."""

    def __init__(self, code: Code, message: str, field: str | None = None, allowed: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.allowed = allowed


@dataclass(frozen=True, slots=True)
class Request:
    """A command as it arrived.

    Attributes:
        command: `set`, `get`, or the name after `cmd/`.
        key: the one key of `set/<key>`.
        payload: the raw bytes.
        retained: it came with the retain flag.
    """

    command: str
    payload: bytes = b""
    key: str | None = None
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one command."""

    command: str
    request_id: RequestId = None
    changed: dict[str, object] = field(default_factory=dict)
    took_ms: int = 0
    error: CommandError | None = None

    def as_json(self) -> dict[str, object]:
        """As it goes out, on MQTT and over HTTP alike."""
        head = {"ok": self.error is None, "command": self.command, "request_id": self.request_id}
        if self.error is None:
            return head | {"changed": self.changed, "took_ms": self.took_ms}
        error = self.error
        return head | {
            "error": {
                "code": error.code.value,
                "field": error.field,
                "message": error.message,
                "allowed": error.allowed,
            },
            "took_ms": self.took_ms,
        }


@dataclass(frozen=True, slots=True)
class Command(Generic[Target]):
    """One command: its function, and the kind of each of its arguments."""

    name: str
    run: Callable[..., Awaitable[None]]
    arguments: Mapping[str, Kind]
    required: tuple[str, ...]
    wants_request_id: bool
    help: str


CAMERA_COMMANDS: dict[str, Command[CameraDevice]] = {}
NODE_COMMANDS: dict[str, Command[Node]] = {}


def command(
    registry: dict[str, Command[Target]],
) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., Awaitable[None]]]:
    """Make a function a command; each argument after the first is annotated with its `Kind`."""

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
    *,
    request_id: RequestId = None,
) -> None:
    """Take a picture now."""
    spec = PictureSpec(quality or device.image_quality, max_width)
    await device.take_snapshot(spec, None if request_id is None else str(request_id))


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


class Commander(Generic[Target]):
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
            body = _Body(request)
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

    def _check(self, request: Request, body: _Body) -> None:
        if request.retained:
            raise CommandError(
                Code.RETAINED, "a command must not be retained: it would be repeated at every connection"
            )
        if self._waiting > _MAX_WAITING:
            raise CommandError(Code.BUSY, "too many commands at once", allowed={"max_waiting": _MAX_WAITING})
        if body.error is not None:
            raise body.error

    async def _carry_out(self, request: Request, body: _Body) -> dict[str, object]:
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
                return await set_values(self._target, patch)
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

    def _find(self, name: str) -> Command[Target]:
        found = self._commands.get(name)
        if found is None:
            known = sorted(self._commands)
            raise CommandError(
                Code.UNKNOWN_COMMAND, f"no command {shown(name)!r}{_near(name, known)}", "command", known
            )
        return found


class _Body:
    """A command's payload: an object, a plain value, or nothing.

    The request id is looked for first, so that it is in the result of a command refused for any other reason too.
    """

    def __init__(self, request: Request) -> None:
        self._raw = request.payload.strip()
        self._object: dict[str, object] | None = None
        self.request_id: RequestId = None
        self.error: CommandError | None = None
        if len(request.payload) > MAX_PAYLOAD:
            allowed = {"max_bytes": MAX_PAYLOAD}
            self.error = CommandError(
                Code.TOO_LARGE, f"{len(request.payload)} bytes are too many", allowed=allowed
            )
        elif self._raw.startswith(b"{") and request.key is None:
            self._read_object()

    def as_object(self) -> dict[str, object]:
        """The values of a JSON object."""
        if self._object is None:
            raise CommandError(Code.INVALID_JSON, "not a JSON object", allowed=_OBJECT)
        return self._object

    def as_text(self, key: str) -> str:
        """A plain value."""
        try:
            return self._raw.decode()
        except UnicodeDecodeError:
            raise CommandError(Code.INVALID_VALUE, "not UTF-8 text", key) from None

    def as_arguments(self, arguments: Mapping[str, Kind]) -> dict[str, object]:
        """The values of an object; a plain value is the first argument, and nothing to a command without any."""
        if self._object is not None:
            return self._object
        if not self._raw or self._raw == b"PRESS" or not arguments:
            return {}
        first = next(iter(arguments))
        return {first: self.as_text(first)}

    def _read_object(self) -> None:
        try:
            data = orjson.loads(self._raw)
        except orjson.JSONDecodeError as error:
            self.error = CommandError(Code.INVALID_JSON, str(error), allowed=_OBJECT)
            return
        value = data.pop("request_id", None)
        self._object = data
        if isinstance(value, str | int | float | None) and len(str(value)) <= _MAX_REQUEST_ID:
            self.request_id = value
        else:
            allowed = {"type": "a text or a number", "max_length": _MAX_REQUEST_ID}
            message = f"{shown(value)} cannot be a request id"
            self.error = CommandError(Code.INVALID_VALUE, message, "request_id", allowed)


async def set_values(device: CameraDevice, patch: Mapping[str, object]) -> dict[str, object]:
    """Apply a patch whole or not at all; the values that took effect, as they stand in JSON.

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
    await device.save()
    return {key: kind.encode(values[key]) for key in patch if (kind := settable[key].kind) is not None}


def _check_keys(given: Iterable[str], known: Mapping[str, object]) -> None:
    for key in given:
        if key not in known:
            names = sorted(known)
            raise CommandError(
                Code.UNKNOWN_KEY, f"no key {shown(key)!r}{_near(key, names)}", shown(key), names
            )


def _near(name: str, known: list[str]) -> str:
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
            return CommandError(Code.INVALID_VALUE, str(first), first.key, first.allowed)
        case SnapshotRefused():
            return CommandError(Code(problem.code), str(problem))
        case CameraUnavailable() | SourceError():
            return CommandError(Code.UNAVAILABLE, str(problem))
        case _:
            log.exception("a command failed", exc_info=problem)
            return CommandError(Code.INTERNAL, f"{type(problem).__name__}: {problem}")
