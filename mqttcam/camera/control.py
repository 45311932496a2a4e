"""A control of a camera: libcamera's name for it, what it takes, and what it starts with."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mqttcam.values import Kind, Value

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


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
