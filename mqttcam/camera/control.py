"""A control of a camera: libcamera's name for it, what it takes, and what it starts with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mqttcam.values import Kind, Value

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN_WORDS = str.maketrans("", "", "_- ")


@dataclass(frozen=True, slots=True)
class Control:
    """One control as the running source offers it.

    Attributes:
        name: libcamera's own name, or one in its style (`AwbMode`, `ExposureTime`).
        kind: type, range and enum, from the source itself.
        default: the value it has when nobody set one; `None` where the source does not say.
        icon: an `mdi:` name, where a source knows a fitting one.
    """

    name: str
    kind: Kind
    default: Value = None
    icon: str | None = None

    @property
    def key(self) -> str:
        """The name in topics and JSON: `AwbMode` is `awb_mode`."""
        return _WORD.sub("_", self.name).lower()

    @property
    def title(self) -> str:
        """The name for people: `AwbMode` is `Awb mode`."""
        return _WORD.sub(" ", self.name).lower().capitalize()


def plain_name(name: str) -> str:
    """What all spellings of a control's name have in common: `AwbMode`, `awb_mode` and `AWB-mode` are one."""
    return name.translate(_BETWEEN_WORDS).casefold()


class WantedValues:
    """Control values to set whenever the source is opened: the configured ones, and over them what commands have set.

    One control under any spelling is one; the last value counts.
    """

    def __init__(self, configured: Mapping[str, object], commanded: Mapping[str, object]) -> None:
        self._values: dict[str, tuple[str, object]] = {}
        self.want({**configured, **commanded})

    def want(self, values: Mapping[str, object]) -> None:
        """Set these too from now on, in this order, after all others; `None` is left to the camera again."""
        for name, value in values.items():
            self._values.pop(plain_name(name), None)
            if value is not None:
                self._values[plain_name(name)] = (name, value)

    def items(self) -> list[tuple[str, object]]:
        """Each name as it was given last, and its value, in the order to set them."""
        return list(self._values.values())


def named(controls: Iterable[Control], name: str) -> Control | None:
    """The control that a name means, in any spelling."""
    wanted = plain_name(name)
    return next((control for control in controls if plain_name(control.name) == wanted), None)
