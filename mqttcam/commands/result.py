"""The answer to a command."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from mqttcam.commands.request import RequestId
from mqttcam.devices.errors import CommandError, CommandWarning


class Result(Struct, frozen=True):
    """The answer to one command.

    Attributes:
        changed: the values that took effect, by key.
        took_ms: milliseconds from arrival to the result.
        error: why the command was refused, or `None`.
        warning: what to know of a command that was carried out, or `None`.
        answer: the command's own fields of the result.
    """

    command: str
    request_id: RequestId = None
    changed: Mapping[str, object] = field(default_factory=dict)
    took_ms: int = 0
    error: CommandError | None = None
    warning: CommandWarning | None = None
    answer: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the result as it is sent, on MQTT and over HTTP alike."""
        head = {"ok": self.error is None, "command": self.command, "request_id": self.request_id}
        if self.error is None:
            answer = {**self.answer, "changed": self.changed, "took_ms": self.took_ms}
            return head | answer | self._warning_as_json()
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

    def _warning_as_json(self) -> dict[str, object]:
        if self.warning is None:
            return {}
        return {"warning": {"code": self.warning.code.value, "message": self.warning.message}}
