"""The kinds of values that users set and see.

Camera controls and entities have such a kind. Validation, the `allowed` of an error, the capabilities in `info`, the
entity's Home Assistant platform and its field on the web page follow from it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import orjson
from msgspec import Struct

from mqttcam.text import shown

Value = bool | int | float | str | tuple[float, ...] | None
"""A value in its normal form; `None` is unknown. `ValueKind.encode` returns what it is in JSON."""

_ON = frozenset({"on", "true", "1", "yes"})
_OFF = frozenset({"off", "false", "0", "no"})


class InvalidValue(ValueError):
    """A value is not of its kind.

    Attributes:
        allowed: what would have been accepted, as JSON-able data.
        field: the key of the value, where it is known.
    """

    def __init__(self, message: str, allowed: object = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.allowed = allowed
        self.field = field


class ValueKind(Protocol):
    """The kind of a value."""

    @property
    def allowed(self) -> object:
        """What is accepted, as JSON-able data: the `allowed` of an error."""

    def coerce(self, raw: object) -> Value:
        """Return the normal form of a value from JSON, YAML, the environment or plain text.

        Raises:
            InvalidValue: it is not of this kind.
        """

    def encode(self, value: Value) -> object:
        """Return a value in its normal form as it is in JSON."""

    def describe(self) -> dict[str, object]:
        """Return the kind as JSON-able data, for `info`, `mqttcam cameras` and the API."""


class Switch(Struct, frozen=True):
    """True or false; `ON` and `OFF` in JSON, as in Home Assistant."""

    @property
    def allowed(self) -> list[str]:
        return ["ON", "OFF"]

    def coerce(self, raw: object) -> bool:
        text = str(raw).strip().lower() if isinstance(raw, str | bool | int) else ""
        if text in _ON:
            return True
        if text in _OFF:
            return False
        raise InvalidValue(f"{shown(raw)!r} is neither ON nor OFF", self.allowed)

    def encode(self, value: Value) -> object:
        return None if value is None else "ON" if value else "OFF"

    def describe(self) -> dict[str, object]:
        return {"type": "switch", "allowed": self.allowed}


class Number(Struct, frozen=True):
    """A finite number from `minimum` to `maximum`, both included.

    Attributes:
        words: names of numbers, such as `max`.
        manual_minimum: the smallest useful number besides one that means automatic; `None` if that is `minimum`.
    """

    minimum: float
    maximum: float
    step: float | None = None
    integer: bool = False
    unit: str | None = None
    words: tuple[tuple[str, float], ...] = ()
    manual_minimum: float | None = None

    @property
    def allowed(self) -> dict[str, object]:
        limits: dict[str, object] = {"min": self.minimum, "max": self.maximum}
        return limits | ({"words": [word for word, _ in self.words]} if self.words else {})

    def coerce(self, raw: object) -> int | float:
        for word, number in self.words:
            if isinstance(raw, str) and raw.strip().casefold() == word:
                return number
        try:
            if isinstance(raw, bool) or not isinstance(raw, str | int | float) or "_" in str(raw):
                raise ValueError
            number = float(raw)
        except (ValueError, OverflowError):
            raise InvalidValue(f"{shown(raw)!r} is not a number", self.allowed) from None
        if not math.isfinite(number):
            raise InvalidValue(f"{shown(raw)!r} is not a finite number", self.allowed)
        if not self.minimum <= number <= self.maximum:
            raise InvalidValue(
                f"{shown(raw)} is not between {self.minimum:g} and {self.maximum:g}", self.allowed
            )
        if not self.integer:
            return number
        if number != int(number):
            raise InvalidValue(f"{shown(raw)} is not a whole number", self.allowed)
        return int(number)

    def encode(self, value: Value) -> object:
        return value

    def describe(self) -> dict[str, object]:
        return {"type": "integer" if self.integer else "number", **self.allowed} | (
            {"unit": self.unit} if self.unit else {}
        )


class Choice(Struct, frozen=True):
    """One of some names, in upper or lower case; the listed spelling is the normal form."""

    options: tuple[str, ...]

    @property
    def allowed(self) -> list[str]:
        return list(self.options)

    def coerce(self, raw: object) -> str:
        wanted = str(raw).strip().casefold() if isinstance(raw, str | int | float) else None
        for option in self.options:
            if option.casefold() == wanted:
                return option
        raise InvalidValue(f"{shown(raw)!r} is not one of {', '.join(self.options)}", self.allowed)

    def encode(self, value: Value) -> object:
        return value

    def describe(self) -> dict[str, object]:
        return {"type": "choice", "allowed": self.allowed}


class Text(Struct, frozen=True):
    """A text. A longer one is refused, and cut off where it is shown.

    Attributes:
        pattern: a regular expression that the whole text must match; `None` for any text.
    """

    max_length: int = 255
    pattern: str | None = None

    @property
    def allowed(self) -> dict[str, object]:
        return {"max_length": self.max_length} | ({"pattern": self.pattern} if self.pattern else {})

    def coerce(self, raw: object) -> str:
        if not isinstance(raw, str):
            raise InvalidValue(f"{shown(raw)!r} is not text", self.allowed)
        if len(raw) > self.max_length:
            raise InvalidValue(f"longer than {self.max_length} characters", self.allowed)
        if self.pattern is not None and not re.fullmatch(self.pattern, raw):
            raise InvalidValue(f"{shown(raw)!r} does not match {self.pattern}", self.allowed)
        return raw

    def encode(self, value: Value) -> object:
        return value[: self.max_length] if isinstance(value, str) else value

    def describe(self) -> dict[str, object]:
        return {"type": "text", **self.allowed}


class Vector(Struct, frozen=True):
    """A fixed number of numbers, such as the two of ColourGains: a JSON list, or its text."""

    element: Number
    length: int

    @property
    def allowed(self) -> dict[str, object]:
        return {"length": self.length, **self.element.allowed}

    def coerce(self, raw: object) -> tuple[float, ...]:
        items = _list_of(raw, self.length, f"a list of {self.length} numbers", self.allowed)
        return tuple(self.element.coerce(item) for item in items)

    def encode(self, value: Value) -> object:
        return list(value) if isinstance(value, tuple) else None

    def describe(self) -> dict[str, object]:
        return {"type": "vector", **self.allowed}


_COORDINATE = Number(-(2**31), 2**31 - 1, integer=True)
"""libcamera's Rectangle has 32-bit integers."""


class Rectangle(Struct, frozen=True):
    """A window within bounds: x, y, width and height as integers, in a JSON list or its text.

    Attributes:
        bounds: x, y, width, height of the largest window.
        least: width and height of the smallest window.
        view: the key of the control whose value is the part of the bounds that the picture shows; `None` for all of it.
    """

    bounds: tuple[int, int, int, int]
    least: tuple[int, int] = (1, 1)
    view: str | None = None

    @property
    def allowed(self) -> dict[str, object]:
        return {"bounds": list(self.bounds), "least": list(self.least)}

    def coerce(self, raw: object) -> tuple[int, int, int, int]:
        items = _list_of(raw, 4, "x, y, width, height", self.allowed)
        try:
            x, y, width, height = (int(_COORDINATE.coerce(item)) for item in items)
        except InvalidValue as error:
            raise InvalidValue(error.message, self.allowed) from None
        if width < self.least[0] or height < self.least[1]:
            least = "x".join(map(str, self.least))
            raise InvalidValue(f"{width}x{height} is smaller than {least}", self.allowed)
        left, top, widest, highest = self.bounds
        if x < left or y < top or x + width > left + widest or y + height > top + highest:
            bounds = ", ".join(map(str, self.bounds))
            raise InvalidValue(f"{x}, {y}, {width}, {height} is not within {bounds}", self.allowed)
        return x, y, width, height

    def encode(self, value: Value) -> object:
        return list(value) if isinstance(value, tuple) else None

    def describe(self) -> dict[str, object]:
        return {"type": "rectangle", **self.allowed, "view": self.view}


class Json(Struct, frozen=True):
    """A JSON object or list, or its text. The normal form is its text: who uses it checks what is in it.

    Attributes:
        type: `object` or `array`.
        like: what it contains, in words.
    """

    type: str
    like: str

    @property
    def allowed(self) -> str:
        return f"a JSON {self.type}, {self.like}"

    def coerce(self, raw: object) -> str:
        if isinstance(raw, str):
            with suppress(orjson.JSONDecodeError):
                raw = orjson.loads(raw)
        if isinstance(raw, dict if self.type == "object" else list | tuple):
            with suppress(orjson.JSONEncodeError):
                return orjson.dumps(raw).decode()
        raise InvalidValue(f"{shown(raw)!r} is not a JSON {self.type}", self.allowed)

    def encode(self, value: Value) -> object:
        return orjson.loads(value) if isinstance(value, str) else None

    def describe(self) -> dict[str, object]:
        return {"type": self.type, "like": self.like}


def _list_of(raw: object, length: int, what: str, allowed: object) -> Sequence[object]:
    """Return the items of a JSON list, or of its text with or without brackets.

    Raises:
        InvalidValue: it is not such a list of `length` items; `what` describes it.
    """
    if isinstance(raw, str):
        try:
            raw = orjson.loads(f"[{raw.strip().strip('[]()')}]")
        except orjson.JSONDecodeError:
            raise InvalidValue(f"{shown(raw)!r} is not {what}", allowed) from None
    if not isinstance(raw, Sequence) or isinstance(raw, bytes) or len(raw) != length:
        raise InvalidValue(f"{shown(raw)!r} is not {what}", allowed)
    return raw


def coerce_all(kinds: Mapping[str, ValueKind], raw: Mapping[str, object]) -> dict[str, Value]:
    """Return every value of `raw` in its normal form; `kinds` has all its keys.

    Raises:
        InvalidValue: for the first value that is not of its kind, with `field` set.
    """
    values: dict[str, Value] = {}
    for key, item in raw.items():
        try:
            values[key] = kinds[key].coerce(item)
        except InvalidValue as error:
            error.field = key
            raise
    return values
