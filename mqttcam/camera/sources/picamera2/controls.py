"""Converts libcamera's controls to ours, and values in both directions.

Types, ranges, defaults and enums come from the running camera. libcamera only checks a value when it processes a
request, and a wrong one ends the stream; therefore every value is converted to its control's own type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mqttcam.camera.control import Control
from mqttcam.camera.sources.picamera2.frames import python_value
from mqttcam.values import Choice, InvalidValue, Number, Rectangle, Switch, Value, ValueKind, Vector

_INTEGERS = frozenset({"Byte", "Unsigned16", "Unsigned32", "Integer32", "Integer64"})
_MAX_ELEMENTS = 32
"""Longer arrays are tables for programs, not values that people set."""
_UNITS = {
    "ExposureTime": "µs",
    "ColourTemperature": "K",
    "FrameDurationLimits": "µs",
    "AeFlickerPeriod": "µs",
    "LensPosition": "dpt",
}
"""The units are only in libcamera's documentation (control_ids_core.yaml)."""
_CROP, _CROP_KEY = "ScalerCrop", "scaler_crop"
_LARGEST = 65535
"""Width and height of an unlimited window, as in libcamera's own AfWindows."""
AUTOMATIC = frozenset({"ExposureTime", "AnalogueGain"})
"""Controls whose value 0 means that the camera chooses (Picamera2 manual, appendix C)."""

_AT_FIRST: Mapping[str, Value] = {"AwbEnable": True, "AfPause": "Resume"}
"""Initial values of the Raspberry Pi's algorithms, for which libcamera reports no default or a wrong one."""


class LibcameraControl(Struct, frozen=True):
    """One of libcamera's controls.

    Attributes:
        id: libcamera's `ControlId`.
        type: the name of its `ControlType`.
        length: number of elements of an array, 0 for any number; `None` for a single value.
        options: the enum, our names to libcamera's numbers; empty if it is not an enum.
        window: the limits of a rectangle; `None` for every other type.
    """

    id: Any
    name: str
    type: str
    length: int | None
    minimum: Any
    maximum: Any
    default: Any
    options: Mapping[str, int]
    window: Rectangle | None = None

    @property
    def kind(self) -> ValueKind | None:
        """Its kind of value; `None` if people cannot set it."""
        if self.type == "Rectangle":
            return None if self.length else self.window  # several windows are for programs
        kind = self._single()
        if self.length is None or kind is None:
            return kind
        return (
            Vector(kind, self.length) if isinstance(kind, Number) and self.length <= _MAX_ELEMENTS else None
        )

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The minimum and maximum; for an array, those of each element."""
        low, high = _bound(self.minimum, min), _bound(self.maximum, max)
        return None if low is None or high is None else (low, high)

    @property
    def control(self) -> Control | None:
        """The control; `None` unless it can be set to at least two values."""
        kind = self.kind
        if kind is None:
            return None
        return Control(self.name, kind, self._default(kind))

    def starting_with(self, value: Any) -> LibcameraControl:
        """Return this control with another default, in libcamera's own form."""
        return replace(self, default=python_value(value))

    def native(self, value: Value) -> Any:
        """Return a value in its normal form as libcamera's bindings require it: only `int` for its integers."""
        if self.options:
            return self.options[str(value)]
        if isinstance(value, tuple):
            elements = tuple(self._native(element) for element in value)
            # Controls with any number of windows, such as AfWindows, get a single one.
            return [elements] if self.type == "Rectangle" and self.length is not None else elements
        return self._native(value)

    def plain(self, value: Any) -> Value:
        """Return a value from libcamera in its normal form; `None` if it has none."""
        value = python_value(value)
        if self.type == "Rectangle" and self.length is not None:
            value = value[0] if value else None
        if self.options:
            return next((name for name, number in self.options.items() if number == value), None)
        if isinstance(value, float):
            return round(value, 3)
        if isinstance(value, tuple):
            return tuple(round(element, 3) for element in value)
        return value if isinstance(value, bool | int) else None

    def _native(self, value: Any) -> Any:
        if self.type == "Bool":
            return bool(value)
        return int(value) if self.type in _INTEGERS or self.type == "Rectangle" else float(value)

    def _single(self) -> ValueKind | None:
        if self.type == "Bool":
            return Switch() if self.minimum != self.maximum else None
        if self.options:
            return Choice(tuple(self.options)) if len(self.options) > 1 else None
        if self.type not in _INTEGERS and self.type != "Float":
            return None
        low, high = self.bounds or (0, 0)
        if not low < high:
            return None
        kind = Number(low, high, integer=self.type in _INTEGERS, unit=_UNITS.get(self.name))
        if self.name in AUTOMATIC:
            kind = replace(kind, minimum=0, words=(("auto", 0),), manual_minimum=low)
        return kind

    def _default(self, kind: ValueKind) -> Value:
        if self.name in AUTOMATIC:
            return 0
        try:
            return kind.coerce(_AT_FIRST.get(self.name, self.plain(self.default)))
        except InvalidValue:
            return None


def libcamera_controls(control_info: Mapping[str, tuple[Any, Any]]) -> dict[str, LibcameraControl]:
    """Return every control of a camera, by libcamera's name.

    Args:
        control_info: `Picamera2.camera_ctrl_info`, after `configure`; before that, ranges are not final.
    """
    found = {name: _offer(name, id_, info) for name, (id_, info) in control_info.items()}
    crop = found.get(_CROP)
    return {
        name: replace(offer, window=_window(offer, crop)) if offer.type == "Rectangle" else offer
        for name, offer in found.items()
    }


def _window(offer: LibcameraControl, crop: LibcameraControl | None) -> Rectangle:
    """Return the limits of a window.

    All of libcamera's windows are in pixels of the largest ScalerCrop, which is the part that the picture shows. The
    limits of AfWindows are only those of its data type (control_ids_core.yaml, and the Raspberry Pi's IPA).
    """
    largest, smallest = (crop or offer).maximum, offer.minimum
    has_size = isinstance(largest, tuple) and min(largest[2:]) > 0
    x, y, width, height = largest if has_size else (0, 0, _LARGEST, _LARGEST)
    least = smallest[2:] if isinstance(smallest, tuple) else (1, 1)
    return Rectangle((x, y, width, height), (max(1, least[0]), max(1, least[1])), _CROP_KEY if crop else None)


def _offer(name: str, id_: Any, info: Any) -> LibcameraControl:
    minimum, maximum = python_value(info.min), python_value(info.max)
    length = int(id_.size) if id_.isArray else None
    return LibcameraControl(
        id=id_,
        name=name,
        type=id_.type.name,
        length=0
        if length is not None and length > _MAX_ELEMENTS and id_.type.name == "Rectangle"
        else length,
        minimum=minimum,
        maximum=maximum,
        default=python_value(info.default),
        options=_options(id_.enumerators(), list(info.values), minimum, maximum),
    )


def _options(
    enumerators: Mapping[int, str], values: Sequence[Any], minimum: Any, maximum: Any
) -> dict[str, int]:
    """Return the offered names of an enum and their numbers, without the common prefix (`AwbAuto`, `AwbDaylight`)."""
    if not enumerators:
        return {}
    start = len(_common_words(list(enumerators.values())))
    offered = values or [
        number for number in enumerators if _within(number, _bound(minimum, min), _bound(maximum, max))
    ]
    return {enumerators[number][start:]: number for number in sorted(offered) if number in enumerators}


def _common_words(names: list[str]) -> str:
    """Return the longest common prefix after which every name continues with a new word."""
    if len(names) < 2:
        return ""
    shared = "".join(
        letters[0] for letters in takewhile(lambda at: len(set(at)) == 1, zip(*names, strict=False))
    )
    while shared and not all(re.match("[A-Z0-9]", name[len(shared) :]) for name in names):
        shared = shared[:-1]
    return shared


def _within(number: int, low: float | None, high: float | None) -> bool:
    return (low is None or number >= low) and (high is None or number <= high)


def _bound(value: Any, of_array: Any) -> float | None:
    """Return a limit as a number; that of an array is taken from its elements. `None` if there is no limit."""
    if isinstance(value, tuple):
        numbers = [element for element in value if isinstance(element, int | float)]
        value = of_array(numbers) if numbers else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value


def validate_controls(camera: Any, values: Mapping[str, Any]) -> None:
    """Check values with libcamera, without applying them to a frame.

    Raises:
        InvalidValue: libcamera refuses one of them.
    """
    from picamera2.controls import Controls

    try:
        request = camera.camera.create_request(camera.camera_idx)
        for id_, value in Controls(camera, dict(values)).get_libcamera_controls().items():
            request.set_control(id_, value)
    except Exception as error:
        names = ", ".join(values)
        raise InvalidValue(f"libcamera refuses {names}: {error}") from error
