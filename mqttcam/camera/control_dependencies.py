"""Which controls depend on others: those that the camera itself can choose, and those that have no effect now.

As libcamera (control_ids_core.yaml) and the kernel (V4L2 camera controls) describe them. Values are as in JSON.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from mqttcam.camera.control import Control
from mqttcam.values import Choice, Number, Switch


class Automatic(Struct, frozen=True):
    """How to let the camera choose the value of a control, and how to set it manually.

    Attributes:
        key: of the control that decides it; the control itself, if one of its own values means automatic.
        values: the values of that control that mean automatic.
        automatic: the one to set.
        manual: the value to set for manual values; `None` if setting a value is enough.
        minimum: the smallest manual value; `None` if it is that of the kind.
    """

    key: str
    values: tuple[str | int | float, ...]
    automatic: str | int | float
    manual: str | None = None
    minimum: float | None = None


class Requirement(Struct, frozen=True):
    """A control that must have one of some values for another one to have an effect.

    Attributes:
        text: why the other one has no effect otherwise, in a sentence.
    """

    key: str
    values: tuple[str, ...]
    text: str


_DECIDED_BY: Mapping[str, tuple[str, ...]] = {
    # libcamera
    "colour_gain_blue": ("awb_enable",),
    "colour_gain_red": ("awb_enable",),
    "colour_gains": ("awb_enable",),
    "colour_temperature": ("awb_enable",),
    "lens_position": ("af_mode",),
    # V4L2, under the names of older and newer kernels
    "blue_balance": ("white_balance_automatic", "white_balance_temperature_auto"),
    "exposure_absolute": ("exposure_auto", "auto_exposure"),
    "exposure_time_absolute": ("auto_exposure", "exposure_auto"),
    "focus_absolute": ("focus_automatic_continuous", "focus_auto"),
    "gain": ("gain_automatic", "autogain"),
    "hue": ("hue_automatic",),
    "red_balance": ("white_balance_automatic", "white_balance_temperature_auto"),
    "white_balance_temperature": ("white_balance_automatic", "white_balance_temperature_auto"),
}
_MANUAL = ("Manual", "Manual Mode", "Shutter Priority Mode")
"""Options of a choice that mean manual, the best one first."""
_PREFERRED = ("Continuous", "Aperture Priority Mode", "Auto Mode")
"""Options of a choice that mean automatic, the best one first. Webcams have the second one instead of the third."""
_EXPOSURE_OFF = "It has no effect while auto exposure is off."
_FOCUS_MANUAL = "It has no effect while the focus mode is Manual."
_REQUIRED: Mapping[str, Requirement] = {
    **dict.fromkeys(
        ("ae_constraint_mode", "ae_exposure_mode", "ae_flicker_mode", "ae_metering_mode", "exposure_value"),
        Requirement("ae_enable", ("ON",), _EXPOSURE_OFF),
    ),
    "awb_mode": Requirement("awb_enable", ("ON",), "It has no effect while auto white balance is off."),
    **dict.fromkeys(
        ("af_metering", "af_range", "af_speed"), Requirement("af_mode", ("Auto", "Continuous"), _FOCUS_MANUAL)
    ),
    "af_pause": Requirement(
        "af_mode", ("Continuous",), "It has no effect unless the focus mode is Continuous."
    ),
}


def automatic_of(control: Control, controls: Mapping[str, Control]) -> Automatic | None:
    """Return how the camera can choose the value of a control; `None` if it cannot.

    Args:
        controls: all controls of the camera, by key.
    """
    kind = control.kind
    if isinstance(kind, Number) and ("auto", 0) in kind.words:
        return Automatic(control.key, (0,), 0, minimum=kind.manual_minimum)
    for key in _DECIDED_BY.get(control.key, ()):
        if key in controls and (found := _decided_by(controls[key])) is not None:
            return found
    return None


def requirement_of(control: Control, controls: Mapping[str, Control]) -> Requirement | None:
    """Return what a control needs to have an effect; `None` if it needs nothing that the camera has."""
    required = _REQUIRED.get(control.key)
    if required is None or required.key not in controls:
        return None
    kind = controls[required.key].kind
    if not isinstance(kind, Choice):
        return required
    values = tuple(value for value in required.values if value in kind.options)
    return replace(required, values=values) if values else None


def _decided_by(control: Control) -> Automatic | None:
    kind = control.kind
    if isinstance(kind, Switch):
        return Automatic(control.key, ("ON",), "ON", "OFF")
    if not isinstance(kind, Choice):
        return None
    manual = [option for option in _MANUAL if option in kind.options]
    values = tuple(option for option in kind.options if option not in _MANUAL)
    if not manual or not values:
        return None
    best = next((option for option in _PREFERRED if option in values), values[0])
    return Automatic(control.key, values, best, manual[0])
