"""A camera's controls and actions as entities: nothing about any one is known here, all of it comes from the source."""

from __future__ import annotations

import math
from collections.abc import Callable

from mqttcam.camera.control import Action, Control
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.entity import Entity, Platform, option
from mqttcam.values import Choice, InvalidValue, Number, Switch, Value

_PLATFORMS: dict[type, Platform] = {Choice: "select", Number: "number", Switch: "switch"}
_SLIDER_STEPS = 1000


def control_entity(control: Control) -> Entity[CameraDevice]:
    """The entity that a control is: a switch, a select, a number, or text for a window or a list of numbers."""
    kind = control.kind
    options: dict[str, object] = {"icon": control.icon} if control.icon else {}
    if control.raw:
        options["enabled_by_default"] = False
    if isinstance(kind, Number):
        step = number_step(kind)
        slider = (kind.maximum - kind.minimum) / step <= _SLIDER_STEPS
        options |= {"step": step, "mode": "slider" if slider else "box"}
    return Entity(
        key=control.key,
        platform=_PLATFORMS.get(type(kind), "text"),
        name=control.title,
        kind=kind,
        read=_reader(control),
        control=control.key,
        category="config",
        options=option(**options),
    )


def action_entity(action: Action) -> Entity[CameraDevice]:
    """The button that an action is."""
    return Entity(
        key=action.key,
        platform="button",
        name=action.title,
        command=action.key,
        category="config",
        options=option(icon=action.icon) if action.icon else (),
    )


def number_step(kind: Number) -> float:
    """The kind's own step, or the nearest 1, 2 or 5 below a 200th of its range; 0.001 at the least (Home Assistant)."""
    if kind.step:
        return kind.step
    if kind.integer:
        return 1
    rough = (kind.maximum - kind.minimum) / 200
    if not 0 < rough < math.inf:
        return 1
    power = 10.0 ** math.floor(math.log10(rough))
    nice = max(factor for factor in (1, 2, 5) if factor * power <= rough * 1.0001) * power
    return max(round(nice, 6), 0.001)


def _reader(control: Control) -> Callable[[CameraDevice], Value]:
    def read(device: CameraDevice) -> Value:
        value = device.camera.values.get(control.key)
        try:
            return None if value is None else control.kind.coerce(value)
        except InvalidValue:
            return None  # Home Assistant takes a state that is none of its own for an error

    return read
