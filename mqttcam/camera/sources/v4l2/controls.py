"""Converts the controls that a device reports to ours, and values in both directions."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mqttcam.camera.control import Action, Control
from mqttcam.camera.sources.v4l2.device import Device, load
from mqttcam.values import Choice, InvalidValue, Number, Switch, Value, ValueKind

_INTEGER, _BOOLEAN, _MENU, _BUTTON, _INTEGER_MENU = 1, 2, 3, 4, 9
"""V4L2_CTRL_TYPE_…; 64-bit integers, strings and bit masks are not offered."""
_REFUSED = {errno.EINVAL, errno.ERANGE, errno.EACCES, errno.EBUSY, errno.EIO}
"""The errors of a device that refuses a value: EIO and EACCES while an automatic control determines it."""


class DeviceControl(Struct, frozen=True):
    """One control of a device.

    Attributes:
        number: V4L2's id.
        options: those of a menu, our names to V4L2's indices.
        is_button: whether it is an action, without a value.
    """

    number: int
    control: Control
    options: Mapping[str, int]
    is_button: bool = False

    @property
    def action(self) -> Action:
        """The action of a button."""
        (press,) = self.options
        return Action(self.control.name, self.control.name, press)

    def native(self, value: Value) -> int:
        """Return a value in its normal form as the device's number."""
        if self.options:
            return self.options[str(value)]
        assert isinstance(value, bool | int | float)
        return int(value)

    def plain(self, number: int) -> Value:
        """Return the device's number in its normal form; some webcams report numbers beyond their own range."""
        if self.options:
            return next((name for name, index in self.options.items() if index == number), None)
        kind = self.control.kind
        if isinstance(kind, Number):
            return int(min(max(number, kind.minimum), kind.maximum))
        return bool(number)


def controls_of(device: Device) -> dict[str, DeviceControl]:
    """Return every control that can be set, by name, in the device's order."""
    v = load()
    query = v.v4l2_query_ext_ctrl()
    found: dict[str, DeviceControl] = {}
    number = 0
    while True:
        query.id = number | v.V4L2_CTRL_FLAG_NEXT_CTRL
        try:
            device.call("QUERY_EXT_CTRL", query)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTTY):
                return found
            raise
        number = query.id
        if query.flags & (v.V4L2_CTRL_FLAG_DISABLED | v.V4L2_CTRL_FLAG_READ_ONLY) or query.elems > 1:
            continue
        name = camel_case(query.name.decode("utf-8", "replace"), number)
        if name in found:
            name = f"{name}{number:x}"
        if (one := _control(device, query, name)) is not None:
            found[name] = one


def _control(device: Device, query: Any, name: str) -> DeviceControl | None:
    number: int = query.id
    low, high = int(query.minimum), int(query.maximum)
    of_type: int = query.type
    kind: ValueKind | None = None
    options: dict[str, int] = {}
    if of_type == _BOOLEAN:
        kind = Switch()
    elif of_type == _INTEGER and low < high:
        step = int(query.step)
        kind = Number(low, high, step=step if step > 1 else None, integer=True)
    elif of_type in (_MENU, _INTEGER_MENU):
        options = _options(device, number, low, high, with_names=of_type == _MENU)
        kind = Choice(tuple(options)) if len(options) > 1 else None
    elif of_type == _BUTTON:
        return DeviceControl(number, Control(name, Choice(("Press",))), {"Press": 1}, is_button=True)
    if kind is None:
        return None
    one = DeviceControl(number, Control(name, kind), options)
    default = one.plain(int(query.default_value))
    return replace(one, control=Control(name, kind, default))


def _options(device: Device, number: int, low: int, high: int, *, with_names: bool) -> dict[str, int]:
    """Return the options of a menu, which may have gaps, and their indices."""
    options: dict[str, int] = {}
    entry = load().v4l2_querymenu(id=number)
    for index in range(low, min(high, low + 256) + 1):
        entry.index = index
        with contextlib.suppress(OSError):  # a gap
            device.call("QUERYMENU", entry)
            text = (
                bytes(entry.name).split(b"\0", 1)[0].decode("utf-8", "replace")
                if with_names
                else str(entry.value)
            )
            options[text if text not in options else f"{text} ({index})"] = index
    return options


def camel_case(name: str, number: int) -> str:
    """Return a name in libcamera's style: `White Balance, Automatic` is `WhiteBalanceAutomatic`."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join(word[:1].upper() + word[1:] for word in words)
    return joined if joined[:1].isalpha() else f"Control{number:x}"


def current(device: Device, one: DeviceControl) -> Value:
    """Return the current value of a control; `None` if the device does not report it."""
    control = load().v4l2_control(id=one.number)
    try:
        device.call("G_CTRL", control)
    except OSError as error:
        if error.errno == errno.ENODEV:
            raise
        return None
    return one.plain(control.value)


def is_inactive(device: Device, one: DeviceControl) -> bool:
    """Return whether setting a control has no effect now, because an automatic control determines it."""
    v = load()
    query = v.v4l2_query_ext_ctrl(id=one.number)
    device.call("QUERY_EXT_CTRL", query)
    return bool(query.flags & v.V4L2_CTRL_FLAG_INACTIVE)


def readable(device: Device, controls: Mapping[str, DeviceControl]) -> dict[str, Value]:
    """Return every value that the device reports, by name."""
    values = {name: current(device, one) for name, one in controls.items() if not one.is_button}
    return {name: value for name, value in values.items() if value is not None}


def apply(
    device: Device, controls: Mapping[str, DeviceControl], values: Mapping[str, Value]
) -> dict[str, Value]:
    """Set values, all or none, and return those that took effect. Switches and menus come first, as they may enable the
    numbers.

    Raises:
        InvalidValue: the device refuses one; the others have their old values again.
        OSError: the device is gone.
    """
    order = sorted(values, key=lambda name: isinstance(controls[name].control.kind, Number))
    before: dict[str, Value] = {}
    for name in order:
        one = controls[name]
        before[name] = None if one.is_button else current(device, one)
        try:
            _set(device, one, values[name])
        except OSError as error:
            if error.errno not in _REFUSED:
                raise
            _restore(device, controls, before)
            reason = (
                "an automatic control determines it"
                if error.errno in (errno.EIO, errno.EACCES)
                else _reason(error)
            )
            raise InvalidValue(
                f"the camera refuses {name} now: {reason}", one.control.kind.allowed, name
            ) from None
    return {
        name: values[name] if controls[name].is_button else current(device, controls[name]) for name in values
    }


def _restore(device: Device, controls: Mapping[str, DeviceControl], before: Mapping[str, Value]) -> None:
    for name, value in reversed(list(before.items())):
        if value is not None:
            with contextlib.suppress(OSError):  # the original failure is the one to report
                _set(device, controls[name], value)


def _set(device: Device, one: DeviceControl, value: Value) -> None:
    device.call("S_CTRL", load().v4l2_control(id=one.number, value=one.native(value)))


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or 0).lower()
