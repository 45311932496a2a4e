"""The reference sender's camera variables, `PICAMERA2_*` and the older `PICAMERA_*`, as our own keys.

The older ones have the ranges of the picamera library (1.13); where libcamera has an equal, they become that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from mqttcam.settings.document.nearest import nearest
from mqttcam.settings.nii_sender.size import size_of
from mqttcam.text import shown
from mqttcam.values import Choice, InvalidValue, Number, Switch, ValueKind, Vector

NEW, OLD = "PICAMERA2_", "PICAMERA_"
CONTROLS = NEW + "CONTROLS_"
_ANY = 1e18
_NUMBER, _WHOLE = Number(-_ANY, _ANY), Number(-_ANY, _ANY, integer=True)


class Sink(Protocol):
    """Where what was understood goes."""

    def put(self, key: str, value: object, name: str, note: str | None = None) -> None:
        """A variable became a key under the camera."""

    def say(self, name: str, note: str) -> None:
        """A variable has no effect, and why."""

    def refuse(self, name: str, message: str, allowed: str | None = None) -> None:
        """A variable is wrong."""


def _choice(text: str) -> Choice:
    return Choice(tuple(text.split()))


CONTROL_KINDS: Mapping[str, ValueKind] = {
    "AeConstraintMode": _choice("Normal Highlight Shadows Custom"),
    "AeEnable": Switch(),
    "AeExposureMode": _choice("Normal Short Long Custom"),
    "AeFlickerMode": _choice("Off Manual Auto"),
    "AeFlickerPeriod": _WHOLE,
    "AeMeteringMode": _choice("CentreWeighted Spot Matrix Custom"),
    "AfMetering": _choice("Auto Windows"),
    "AfMode": _choice("Manual Auto Continuous"),
    "AfPause": _choice("Immediate Deferred Resume"),
    "AfRange": _choice("Normal Macro Full"),
    "AfSpeed": _choice("Normal Fast"),
    "AfTrigger": _choice("Start Cancel"),
    "AfWindows": Vector(_WHOLE, 4),
    "AnalogueGain": _NUMBER,
    "AnalogueGainMode": _choice("Auto Manual"),
    "AwbEnable": Switch(),
    "AwbMode": _choice("Auto Incandescent Tungsten Fluorescent Indoor Daylight Cloudy Custom"),
    "Brightness": _NUMBER,
    "CnnEnableInputTensor": Switch(),
    "ColourCorrectionMatrix": Vector(_NUMBER, 9),
    "ColourGains": Vector(_NUMBER, 2),
    "ColourTemperature": _WHOLE,
    "Contrast": _NUMBER,
    "ExposureTime": _WHOLE,
    "ExposureTimeMode": _choice("Auto Manual"),
    "ExposureValue": _NUMBER,
    "FrameDurationLimits": Vector(_WHOLE, 2),
    "FrameRate": _NUMBER,
    "HdrMode": _choice("Off MultiExposureUnmerged MultiExposure SingleExposure Night"),
    "LensPosition": _NUMBER,
    "NoiseReductionMode": _choice("Off Fast HighQuality Minimal ZSL"),
    "Saturation": _NUMBER,
    "ScalerCrop": Vector(_WHOLE, 4),
    "Sharpness": _NUMBER,
    "StatsOutputEnable": Switch(),
    "SyncFrames": _WHOLE,
    "SyncMode": _choice("Off Server Client"),
}
"""libcamera's controls with the type of their values, to read text by; a camera itself says what it has."""


def control_value(name: str, text: str) -> object:
    """A control's value from text, by its type; the number of an enum's member will do, as for picamera2.

    Raises:
        InvalidValue: it is none.
    """
    kind = CONTROL_KINDS[name]
    if isinstance(kind, Choice) and text.isdecimal() and int(text) < len(kind.options):
        return kind.options[int(text)]
    value = kind.coerce(text)
    return list(value) if isinstance(value, tuple) else value


def read_camera(variables: Mapping[str, str], sink: Sink) -> None:
    """Tell `sink` what each `PICAMERA2_*` and `PICAMERA_*` variable is."""
    _size(variables, sink)
    _rate(variables, sink)
    given = {_plain(name) for name in variables if name.startswith(CONTROLS)}
    rate = next((name for name in (_NEW_RATE, _OLD_RATE) if name in variables), None)
    for name, text in variables.items():
        if name in (*_SIZES, _NEW_RATE, _OLD_RATE):
            continue
        if rate is not None and (_plain(name) == "framedurationlimits" or name == f"{OLD}FRAMERATE_RANGE"):
            sink.say(name, f"has no effect beside {rate}")
            continue
        if name.startswith(CONTROLS):
            _control(name, text, sink)
        elif name.startswith(NEW):
            _other(name, text, sink)
        elif name.startswith(OLD):
            _old(name, text, given, sink)


_SIZES = (f"{NEW}MAIN_SIZE", f"{NEW}SIZE", f"{OLD}RESOLUTION")
_NEW_RATE, _OLD_RATE = f"{CONTROLS}FRAME_RATE", f"{OLD}FRAMERATE"


def _first(names: tuple[str, ...], variables: Mapping[str, str], sink: Sink) -> str | None:
    """The one of several that counts; the others are said to have no effect."""
    there = [name for name in names if name in variables]
    for name in there[1:]:
        sink.say(name, f"has no effect beside {there[0]}")
    return there[0] if there else None


def _size(variables: Mapping[str, str], sink: Sink) -> None:
    if (name := _first(_SIZES, variables, sink)) is None:
        return
    size, note = size_of(variables[name], old=name.startswith(OLD))
    sink.put("size", size, name, note)


def _rate(variables: Mapping[str, str], sink: Sink) -> None:
    if (name := _first((_NEW_RATE, _OLD_RATE), variables, sink)) is not None:
        sink.put("frame_rate", variables[name], name)


def _plain(name: str) -> str:
    """The control of a variable, as all spellings of it are one."""
    return name.removeprefix(CONTROLS).replace("_", "").casefold()


def _control(name: str, text: str, sink: Sink) -> None:
    wanted = _plain(name)
    known = next((control for control in CONTROL_KINDS if control.casefold() == wanted), None)
    if known is None:
        spelled = "".join(part.capitalize() for part in name.removeprefix(CONTROLS).split("_"))
        near = nearest(spelled, CONTROL_KINDS)
        message = f"{spelled} is not a control" + (f" (nearest: {near})" if near else "")
        sink.refuse(name, message, ", ".join(CONTROL_KINDS))
        return
    try:
        sink.put(f"controls.{known}", control_value(known, text), name)
    except InvalidValue as error:
        if isinstance(error.allowed, list):
            sink.refuse(name, f"{shown(text)!r} is not known", ", ".join(map(str, error.allowed)))
        else:
            sink.refuse(name, error.message, _shape(CONTROL_KINDS[known]))


def _shape(kind: ValueKind) -> str:
    return f"{kind.length} numbers" if isinstance(kind, Vector) else "a number"


def _truth(name: str, text: str, sink: Sink) -> bool | None:
    try:
        return Switch().coerce(text)
    except InvalidValue as error:
        sink.refuse(name, error.message, "true or false, 1 or 0")
        return None


_NO_EFFECT = {
    "COLOUR_SPACE": "pictures are JPEGs, whose colour space is sYCC",
    "FORMAT": "the JPEG is made from the camera's own format",
    "MAIN_FORMAT": "the JPEG is made from the camera's own format",
}


def _other(name: str, text: str, sink: Sink) -> None:
    """What is neither a size nor a control."""
    key = name.removeprefix(NEW)
    if key in ("TRANSFORM_HFLIP", "TRANSFORM_VFLIP"):
        if (flip := _truth(name, text, sink)) is not None:
            word = text.strip().lower()
            differs = not flip and word not in ("0", "")
            note = f"the reference sender takes any text for true, `{word}` as well" if differs else None
            sink.put(key.removeprefix("TRANSFORM_").lower(), flip, name, note)
    elif key == "TRANSFORM_ROTATION":
        sink.put("rotation", text, name)
    elif key == "TRANSFORM_TRANSPOSE":
        if _truth(name, text, sink):
            sink.refuse(name, "no camera can transpose", "TRANSFORM_HFLIP and TRANSFORM_VFLIP")
    elif key == "BUFFER_COUNT":
        buffers = str(min(max(int(text), 2), 16)) if text.isdecimal() else text
        sink.put("source.buffers", buffers, name, None if buffers == text else "from 2 to 16")
    else:
        sink.say(name, _NO_EFFECT.get(key, "unknown to the reference sender as well"))


@dataclass(frozen=True)
class _Equal:
    """What an older variable is in libcamera's terms."""

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
_EQUALS: Mapping[str, _Equal] = {
    "AWB_GAINS": _Equal("ColourGains", _vector(2, list)),
    "AWB_MODE": _Equal("AwbMode", _AWB_MODES),
    "BRIGHTNESS": _Equal("Brightness", _number(0, 100, lambda v: v / 50 - 1)),
    "CONTRAST": _Equal("Contrast", _number(-100, 100, lambda v: 1 + v / 100)),
    "EXPOSURE_COMPENSATION": _Equal("ExposureValue", _number(-25, 25, lambda v: v / 6)),
    "EXPOSURE_MODE": _Equal("AeExposureMode", _EXPOSURE_MODES),
    "FRAMERATE_RANGE": _Equal("FrameDurationLimits", _vector(2, _durations, 0.001)),
    "IMAGE_DENOISE": _Equal("NoiseReductionMode", _switch("HighQuality", "Off")),
    "ISO": _Equal("AnalogueGain", _number(0, 1600, lambda v: v / 100)),
    "METER_MODE": _Equal("AeMeteringMode", _METER_MODES),
    "SATURATION": _Equal("Saturation", _number(-100, 100, lambda v: 1 + v / 100)),
    "SHARPNESS": _Equal("Sharpness", _number(-100, 100, lambda v: max(1 + v / 100, 0))),
    "SHUTTER_SPEED": _Equal("ExposureTime", lambda text: Number(0, 1e9, integer=True).coerce(text)),
    "VIDEO_DENOISE": _Equal("NoiseReductionMode", _switch("Fast", "Off")),
}  # fmt: skip


def _old(name: str, text: str, given: set[str], sink: Sink) -> None:
    """An older variable. The reference sender kept two; the others cannot be wrong, only without effect."""
    key = name.removeprefix(OLD)
    try:
        if key in _EQUALS:
            _old_control(name, key, text, given, sink)
        elif key in ("HFLIP", "VFLIP"):
            sink.put(key.lower(), Switch().coerce(text), name)
        elif key == "ROTATION":
            degrees = Number(0, 270, integer=True).coerce(text)
            if degrees % 180:
                sink.say(name, "a quarter turn is more than the camera can do")
            else:
                sink.put("rotation", str(degrees), name)
        elif key == "CAMERA_NUM":
            sink.put("source.camera", text, name)
        elif key == "COLOR_EFFECTS":
            grey = Vector(Number(0, 255), 2).coerce(text) == (128, 128)
            sink.put("controls.Saturation", 0.0, name) if grey else sink.say(
                name, "no colour effects but (128,128)"
            )
        else:
            sink.say(name, "nothing in libcamera is equal to it")
    except InvalidValue as error:
        sink.say(name, f"no effect: {error.message}")


def _old_control(name: str, key: str, text: str, given: set[str], sink: Sink) -> None:
    equal = _EQUALS[key]
    off = _OFF.get(key) if text.strip().lower() == "off" else None
    control = off or equal.control
    if control.casefold() in given:
        sink.say(name, f"has no effect beside {CONTROLS}… for {control}")
    else:
        sink.put(f"controls.{control}", False if off else equal.convert(text), name)


_OFF = {"AWB_MODE": "AwbEnable", "EXPOSURE_MODE": "AeEnable"}
"""Where `off` is not a member of the mode, but another control."""
