"""The controls and actions of a camera as entities. Everything about them comes from the source."""

from __future__ import annotations

import math
from collections.abc import Callable

from mqttcam.camera.control import Action, Control
from mqttcam.camera.control_words import icon_of
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.entity import Entity, Platform, option
from mqttcam.values import Choice, InvalidValue, Number, Switch, Value, ValueKind

_DEVICE_CLASSES = {"µs": "duration"}
"""Home Assistant's device classes by the units of numbers."""
_PLATFORMS: dict[type, Platform] = {Choice: "select", Number: "number", Switch: "switch"}
_SLIDER_STEPS = 1000


def control_entity(control: Control) -> Entity[CameraDevice]:
    """Return the entity of a control: a switch, a select, a number, or text for a window or a list of numbers."""
    kind = control.kind
    icon = control.icon or icon_of(control.name)
    options: dict[str, object] = {"icon": icon} if icon else {}
    if control.raw:
        options["enabled_by_default"] = False
    if isinstance(kind, Number):
        step = number_step(kind)
        slider = (kind.maximum - kind.minimum) / step <= _SLIDER_STEPS
        options |= {"step": step, "mode": "slider" if slider else "box"} | class_of(kind)
    return Entity(
        key=control.key,
        platform=_PLATFORMS.get(type(kind), "text"),
        name=f"{control.title} (0 = auto)" if is_automatic_at_0(kind) else control.title,
        object_id=control.key,
        kind=kind,
        read=_reader(control),
        control=control.key,
        category="config",
        options=option(**options),
    )


def action_entity(action: Action) -> Entity[CameraDevice]:
    """Return the button of an action."""
    return Entity(
        key=action.key,
        platform="button",
        name=action.title,
        command=action.key,
        category="config",
        options=option(icon=action.icon) if action.icon else (),
    )


def number_step(kind: Number) -> float:
    """Return the step of a kind, or a power of ten times 1, 2 or 5, of which there are 200 to 500 in its range.

    It is smaller where the minimum would not be a multiple of it: steps count from the minimum, and round numbers must
    be among them. At least 0.001, the smallest step that Home Assistant accepts.
    """
    if kind.step:
        return kind.step
    if kind.integer:
        return 1
    rough = (kind.maximum - kind.minimum) / 200
    if not 0 < rough < math.inf:
        return 1
    power = math.floor(math.log10(rough))
    steps = (factor * 10.0**exponent for exponent in range(power, -4, -1) for factor in (5, 2, 1))
    return next(
        (round(step, 6) for step in steps if step <= rough * 1.0001 and _is_multiple(kind.minimum, step)),
        0.001,
    )


def is_automatic_at_0(kind: ValueKind) -> bool:
    """Return whether 0 means that the camera chooses the value."""
    return isinstance(kind, Number) and ("auto", 0) in kind.words


def class_of(kind: Number) -> dict[str, object]:
    """Return the device class that follows from the unit of a number; empty if none does."""
    device_class = _DEVICE_CLASSES.get(kind.unit or "")
    return {"device_class": device_class} if device_class else {}


def _is_multiple(number: float, step: float) -> bool:
    return abs(number / step - round(number / step)) < 1e-6


def _reader(control: Control) -> Callable[[CameraDevice], Value]:
    def read(device: CameraDevice) -> Value:
        value = device.camera.values.get(control.key)
        try:
            return None if value is None else control.kind.coerce(value)
        except InvalidValue:
            return None  # Home Assistant logs an error for a state that the entity cannot have

    return read
