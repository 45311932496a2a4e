"""The error of a command, as devices raise it and clients receive it."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from mqttcam.text import shown


class Code(StrEnum):
    """Why a command was refused; part of the interface, on MQTT and over HTTP alike."""

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
    """A command was refused, and nothing was changed.

    Attributes:
        field: the key or argument at fault, or `None`.
        allowed: what would have been accepted, as JSON-able data, or `None`.
    """

    def __init__(self, code: Code, message: str, field: str | None = None, allowed: object = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.allowed = allowed


class WarningCode(StrEnum):
    """What a client should know of a command that was carried out; part of the interface."""

    NOT_KEPT = "not_kept"


class CommandWarning(Struct, frozen=True):
    """What a client should know of a command that was carried out."""

    code: WarningCode
    message: str


def check_keys(given: Iterable[str], known: Iterable[str]) -> None:
    """Check that every key is a known one.

    Raises:
        CommandError: for the first unknown key, with the most similar known one in the message.
    """
    names = sorted(known)
    for key in given:
        if key not in names:
            message = f"no key {shown(key)!r}{did_you_mean(key, names)}"
            raise CommandError(Code.UNKNOWN_KEY, message, shown(key), names)


def did_you_mean(name: str, known: list[str]) -> str:
    """Return `, did you mean …?` with the most similar known name, or an empty string."""
    import difflib  # only needed for commands with mistakes

    close = difflib.get_close_matches(name[:60], known, n=1)
    return f", did you mean {close[0]}?" if close else ""
