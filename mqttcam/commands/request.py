"""A command as it arrives."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from msgspec import Struct

from mqttcam.devices.errors import Code, CommandError
from mqttcam.text import shown
from mqttcam.values import ValueKind

MAX_PAYLOAD = 65536
"""The longest payload of a command, in bytes."""
_MAX_REQUEST_ID = 256
_OBJECT = "a JSON object"
RequestId = str | int | float | bool | None
"""Any JSON scalar; it is returned unchanged in the result."""


class Request(Struct, frozen=True):
    """A command as it arrived.

    Attributes:
        command: `set`, `get`, or the name after `cmd/`.
        payload: the raw bytes.
        key: the key of `set/<key>`.
        retained: whether the message had the retain flag.
    """

    command: str
    payload: bytes = b""
    key: str | None = None
    retained: bool = False


class Body:
    """The payload of a command: a JSON object, a plain value, or nothing.

    Attributes:
        request_id: of the object; known even where the rest of the command is refused.
        error: why the payload as a whole is refused, or `None`.
    """

    def __init__(self, request: Request) -> None:
        self._raw = request.payload.strip()
        self._key = request.key
        self._object: dict[str, object] | None = None
        self.request_id: RequestId = None
        self.error: CommandError | None = None
        if (size := len(request.payload)) > MAX_PAYLOAD:
            allowed = {"max_bytes": MAX_PAYLOAD}
            message = f"the payload is {size} bytes, the limit is {MAX_PAYLOAD}"
            self.error = CommandError(Code.TOO_LARGE, message, allowed=allowed)
        elif self._raw.startswith(b"{") and request.key is None:
            self._read_object()

    def as_patch(self) -> dict[str, object]:
        """Return the values to set, by key: those of the object, or the plain value of `set/<key>`.

        Raises:
            CommandError: the payload is neither.
        """
        if self._key is not None:
            return {self._key: self._as_text(self._key)}
        if self._object is None:
            raise CommandError(Code.INVALID_JSON, "the payload is not a JSON object", allowed=_OBJECT)
        return self._object

    def as_arguments(self, kinds: Mapping[str, ValueKind]) -> dict[str, object]:
        """Return the arguments of a command that takes `kinds`.

        A plain value is the first argument. It is ignored by commands without arguments, as is Home Assistant's
        `PRESS`.

        Raises:
            CommandError: the plain value is not UTF-8.
        """
        if self._object is not None:
            return self._object
        if not self._raw or self._raw == b"PRESS" or not kinds:
            return {}
        first = next(iter(kinds))
        return {first: self._as_text(first)}

    def _as_text(self, key: str) -> str:
        try:
            return self._raw.decode()
        except UnicodeDecodeError:
            raise CommandError(Code.INVALID_VALUE, f"{key} is not UTF-8 text", key) from None

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
            allowed = {"type": "a string or a number", "max_length": _MAX_REQUEST_ID}
            message = f"{shown(value)} is not allowed as a request_id"
            self.error = CommandError(Code.INVALID_VALUE, message, "request_id", allowed)
