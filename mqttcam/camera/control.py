"""Controls and actions of a camera: libcamera's name for each, what it takes, and what it starts with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mqttcam.values import Value, ValueKind

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACRONYMS = frozenset(
    {
        "ae",
        "aec",
        "af",
        "agc",
        "awb",
        "ccm",
        "fps",
        "fx",
        "hdr",
        "ir",
        "iso",
        "jpeg",
        "led",
        "osd",
        "rgb",
        "wdr",
    }
)
_BETWEEN_WORDS = str.maketrans("", "", "_- ")


@dataclass(frozen=True, slots=True)
class Control:
    """One control as the running source offers it.

    Attributes:
        name: libcamera's own name, or one in its style (`AwbMode`, `ExposureTime`).
        kind: type, range and enum, from the source itself.
        default: the value it has when nobody set one; `None` where the source does not say.
        icon: an `mdi:` name, where a source knows a fitting one.
        raw: a friendlier control stands for it (`Zoom` for `ScalerCrop`), or hardly anybody needs it: it can be set and
            has a state as any other, and is shown to those alone who ask for it.
    """

    name: str
    kind: ValueKind
    default: Value = None
    icon: str | None = None
    raw: bool = False

    @property
    def key(self) -> str:
        """The name in topics and JSON: `AwbMode` is `awb_mode`."""
        return key_of(self.name)

    @property
    def title(self) -> str:
        """The name for people: `AwbMode` is `AWB mode`."""
        return title_of(self.name)


@dataclass(frozen=True, slots=True)
class Action:
    """Something that a camera does once when it is told to: a button, and a command of its own.

    It is a control without a value: nothing is kept of it, and it is not done again when the camera is opened anew.

    Attributes:
        name: in the style of controls; `CancelAutofocus` is the command `cancel_autofocus`.
        control, value: what the source's `apply` is given.
        icon: an `mdi:` name, where a source knows a fitting one.
    """

    name: str
    control: str
    value: Value
    icon: str | None = None

    @property
    def key(self) -> str:
        """The command, and the button's name in JSON."""
        return key_of(self.name)

    @property
    def title(self) -> str:
        """The name for people."""
        return title_of(self.name)


def key_of(name: str) -> str:
    """libcamera's spelling as one for topics and JSON."""
    return _WORD.sub("_", name).lower()


def title_of(name: str) -> str:
    """libcamera's spelling, or a key, as one for people."""
    words = _WORD.sub(" ", name).replace("_", " ").lower().split()
    title = " ".join(word.upper() if word in _ACRONYMS else word for word in words)
    return title[:1].upper() + title[1:]


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
