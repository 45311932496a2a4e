"""A command as it arrives, and the answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import orjson

from mqttcam.values import ValueKind, shown

MAX_PAYLOAD = 65536
"""The longest payload of a command, in bytes."""
_MAX_REQUEST_ID = 256
_OBJECT = "a JSON object"
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


class Body:
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

    def as_arguments(self, arguments: Mapping[str, ValueKind]) -> dict[str, object]:
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
