"""Controls and actions of a camera: their names, kinds of value and defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from mqttcam.camera.control_words import key_of, title_of
from mqttcam.values import Value, ValueKind

_BETWEEN_WORDS = str.maketrans("", "", "_- ")


class Control(Struct, frozen=True):
    """One control as the running source offers it.

    Attributes:
        name: libcamera's own name, or one in its style (`AwbMode`, `ExposureTime`).
        kind: type, range and enum, from the source itself.
        default: the value it has while none was set; `None` if the source does not report it.
        icon: an `mdi:` name, if the source has one.
        raw: whether it is for experts, or replaced by a friendlier control (`Zoom` for `ScalerCrop`): it can be set and
            has a state like any other, and is only shown on request.
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
        """The name for people: `AeEnable` is `Auto exposure`."""
        return title_of(self.name)


class Action(Struct, frozen=True):
    """Something that a camera does once on request: a button, and a command of its own.

    It is a control without a value: nothing is remembered, and it is not repeated when the camera is opened again.

    Attributes:
        name: in the style of controls; `CancelAutofocus` is the command `cancel_autofocus`.
        control, value: what is passed to the source's `apply`.
        icon: an `mdi:` name, if the source has one.
    """

    name: str
    control: str
    value: Value
    icon: str | None = None

    @property
    def key(self) -> str:
        """The name of the command, and of the button in JSON."""
        return key_of(self.name)

    @property
    def title(self) -> str:
        """The name for people."""
        return title_of(self.name)


def plain_name(name: str) -> str:
    """Return what all spellings of a name have in common: `AwbMode`, `awb_mode` and `AWB-mode` are the same."""
    return name.translate(_BETWEEN_WORDS).casefold()


class WantedValues:
    """Control values to set whenever the source is opened: the configured ones, overridden by those of commands.

    All spellings of a control's name are the same control; the last value counts.
    """

    def __init__(self, configured: Mapping[str, object], commanded: Mapping[str, object]) -> None:
        self._values: dict[str, tuple[str, object]] = {}
        self.want({**configured, **commanded})

    def want(self, values: Mapping[str, object]) -> None:
        """Add values to set from now on, in this order, after all others; `None` leaves one to the camera again."""
        for name, value in values.items():
            self._values.pop(plain_name(name), None)
            if value is not None:
                self._values[plain_name(name)] = (name, value)

    def items(self) -> list[tuple[str, object]]:
        """Return each name as last given, and its value, in the order to set them."""
        return list(self._values.values())


def find_control(controls: Iterable[Control], name: str) -> Control | None:
    """Return the control with a name, in any spelling; `None` if there is none."""
    wanted = plain_name(name)
    return next((control for control in controls if plain_name(control.name) == wanted), None)
