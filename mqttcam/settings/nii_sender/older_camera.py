"""The older `PICAMERA_*` variables, with the ranges of the picamera library (1.13)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from mqttcam.settings.nii_sender.translation import CONTROLS, OLD, Translation
from mqttcam.values import Choice, InvalidValue, Number, Switch, Vector

_ANY = 1e18


class _Equivalent(Struct, frozen=True):
    """The libcamera control that an older variable corresponds to, and the conversion of its value."""

    control: str
    convert: Callable[[str], Any]


def _number(low: float, high: float, then: Callable[[float], float]) -> Callable[[str], float]:
    kind = Number(low, high)
    return lambda text: round(then(kind.coerce(text)), 4)


def _word(**words: str) -> Callable[[str], str]:
    names = Choice(tuple(words))
    return lambda text: words[names.coerce(text.replace(" ", ""))]


def _switch(on: object, off: object) -> Callable[[str], object]:
    return lambda text: on if Switch().coerce(text) else off


def _durations(rates: tuple[float, ...]) -> list[int]:
    low, high = rates
    return [int(1e6 / high), int(1e6 / low)]


def _vector(
    length: int, then: Callable[[tuple[float, ...]], object], low: float = 0
) -> Callable[[str], object]:
    kind = Vector(Number(low, _ANY), length)
    return lambda text: then(kind.coerce(text))


_EXPOSURE_MODES = _word(
    auto="Normal", night="Long", nightpreview="Long", backlight="Normal", spotlight="Normal", sports="Short",
    snow="Normal", beach="Normal", verylong="Long", fixedfps="Normal", antishake="Short", fireworks="Long",
)  # fmt: skip
_AWB_MODES = _word(
    auto="Auto", sunlight="Daylight", cloudy="Cloudy", shade="Cloudy", tungsten="Tungsten",
    fluorescent="Fluorescent", incandescent="Incandescent", flash="Daylight", horizon="Incandescent",
)  # fmt: skip
_METER_MODES = _word(average="CentreWeighted", spot="Spot", backlit="Spot", matrix="Matrix")
_EQUIVALENTS: Mapping[str, _Equivalent] = {
    "AWB_GAINS": _Equivalent("ColourGains", _vector(2, list)),
    "AWB_MODE": _Equivalent("AwbMode", _AWB_MODES),
    "BRIGHTNESS": _Equivalent("Brightness", _number(0, 100, lambda v: v / 50 - 1)),
    "CONTRAST": _Equivalent("Contrast", _number(-100, 100, lambda v: 1 + v / 100)),
    "EXPOSURE_COMPENSATION": _Equivalent("ExposureValue", _number(-25, 25, lambda v: v / 6)),
    "EXPOSURE_MODE": _Equivalent("AeExposureMode", _EXPOSURE_MODES),
    "FRAMERATE_RANGE": _Equivalent("FrameDurationLimits", _vector(2, _durations, 0.001)),
    "IMAGE_DENOISE": _Equivalent("NoiseReductionMode", _switch("HighQuality", "Off")),
    "ISO": _Equivalent("AnalogueGain", _number(0, 1600, lambda v: v / 100)),
    "METER_MODE": _Equivalent("AeMeteringMode", _METER_MODES),
    "SATURATION": _Equivalent("Saturation", _number(-100, 100, lambda v: 1 + v / 100)),
    "SHARPNESS": _Equivalent("Sharpness", _number(-100, 100, lambda v: max(1 + v / 100, 0))),
    "SHUTTER_SPEED": _Equivalent("ExposureTime", lambda text: Number(0, 1e9, integer=True).coerce(text)),
    "VIDEO_DENOISE": _Equivalent("NoiseReductionMode", _switch("Fast", "Off")),
}  # fmt: skip


def translate_older(name: str, text: str, given: set[str], translation: Translation) -> None:
    """Translate a `PICAMERA_*` variable.

    The reference sender reads only two of them, so that the others never cause an error.
    """
    key = name.removeprefix(OLD)
    try:
        if key in _EQUIVALENTS:
            _old_control(name, key, text, given, translation)
        elif key in ("HFLIP", "VFLIP"):
            translation.set_camera(key.lower(), Switch().coerce(text), name)
        elif key == "ROTATION":
            degrees = Number(0, 270, integer=True).coerce(text)
            if degrees % 90:
                translation.ignore(name, "picamera has 0, 90, 180 and 270")
            else:
                translation.set_camera("rotation", str(degrees), name)
        elif key in ("ZOOM", "CROP"):
            _zoom(name, text, given, translation)
        elif key == "SENSOR_MODE":
            _sensor_mode(name, text, translation)
        elif key == "CAMERA_NUM":
            translation.set_camera("source.camera", text, name)
        elif key == "COLOR_EFFECTS":
            grey = Vector(Number(0, 255), 2).coerce(text) == (128, 128)
            translation.set_camera("controls.Saturation", 0.0, name) if grey else translation.ignore(
                name, "the only colour effect supported is (128,128)"
            )
        else:
            translation.ignore(name, "libcamera has no equivalent")
    except InvalidValue as error:
        translation.ignore(name, f"no effect: {error.message}")


def _zoom(name: str, text: str, given: set[str], translation: Translation) -> None:
    """Translate a region, in shares of the picture, to the control `Zoom` and its position."""
    if "scalercrop" in given:
        translation.ignore(name, f"has no effect together with {CONTROLS}… for ScalerCrop")
        return
    x, y, width, height = Vector(Number(0, 1), 4).coerce(text)
    share = max(width, height)
    if share in (0, 1):
        translation.ignore(name, "the whole picture, as here" if share else "the region is empty")
        return
    zoom, at = 1 / share, (_position(x + width / 2, share), _position(y + height / 2, share))
    note = None if width == height else "a region keeps the shape of the picture"
    for control, value in zip(("Zoom", "Pan", "Tilt"), (round(zoom, 2), *at), strict=True):
        translation.set_camera(f"controls.{control}", value, name, note)


def _position(middle: float, share: float) -> float:
    """Return -1 to 1 for a region of that share of the picture, from one edge to the other."""
    return round(min(max((middle - share / 2) / (1 - share) * 2 - 1, -1), 1), 4)


def _sensor_mode(name: str, text: str, translation: Translation) -> None:
    if "x" in text.lower():
        translation.set_camera("source.sensor_mode", text.lower(), name)
    elif text == "0":
        translation.ignore(name, "automatic here as well")
    else:
        modes = f"`{name}=WIDTHxHEIGHT:BITS`, as `rpicam-hello --list-cameras` prints them"
        translation.ignore(name, f"libcamera's modes have no numbers: {modes}")


def _old_control(name: str, key: str, text: str, given: set[str], translation: Translation) -> None:
    equivalent = _EQUIVALENTS[key]
    off = _OFF.get(key) if text.strip().lower() == "off" else None
    control = off or equivalent.control
    if control.casefold() in given:
        translation.ignore(name, f"has no effect together with {CONTROLS}… for {control}")
    else:
        translation.set_camera(f"controls.{control}", False if off else equivalent.convert(text), name)


_OFF = {"AWB_MODE": "AwbEnable", "EXPOSURE_MODE": "AeEnable"}
"""Modes whose `off` is another control in libcamera."""
