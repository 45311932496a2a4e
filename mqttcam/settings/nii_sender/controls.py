"""libcamera's controls and the types of their values, by which the sender's variables are read."""

from __future__ import annotations

from collections.abc import Mapping

from mqttcam.values import Choice, Number, Switch, ValueKind, Vector

_ANY = 1e18
_NUMBER, _WHOLE = Number(-_ANY, _ANY), Number(-_ANY, _ANY, integer=True)


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
"""Every control of libcamera; a camera has some of them."""


def control_value(name: str, text: str) -> object:
    """Return the value of a control from text; the number of an option will do, as in picamera2.

    Raises:
        InvalidValue: The text is not a value of the control.
    """
    kind = CONTROL_KINDS[name]
    if isinstance(kind, Choice) and text.isdecimal() and int(text) < len(kind.options):
        return kind.options[int(text)]
    value = kind.coerce(text)
    return list(value) if isinstance(value, tuple) else value
