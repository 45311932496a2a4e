"""The sender's camera variables, `PICAMERA2_*` and the older `PICAMERA_*`, as keys of our camera."""

from __future__ import annotations

from collections.abc import Mapping

from mqttcam.settings.document.nearest import nearest
from mqttcam.settings.nii_sender.annotations import PREFIX as ANNOTATIONS
from mqttcam.settings.nii_sender.annotations import translate_annotations
from mqttcam.settings.nii_sender.controls import CONTROL_KINDS, control_value
from mqttcam.settings.nii_sender.older_camera import translate_older
from mqttcam.settings.nii_sender.size import size_of
from mqttcam.settings.nii_sender.transform import NAMES, translate_transform
from mqttcam.settings.nii_sender.translation import CONTROLS, NEW, OLD, UNKNOWN, Translation
from mqttcam.text import shown
from mqttcam.values import InvalidValue, ValueKind, Vector


def translate_camera(variables: Mapping[str, str], translation: Translation) -> None:
    """Translate each `PICAMERA2_*` and `PICAMERA_*` variable."""
    size = _size(variables, translation)
    translate_annotations(variables, size, translation)
    _rate(variables, translation)
    translate_transform(variables, translation)
    given = {_plain(name) for name in variables if name.startswith(CONTROLS)}
    rate = next((name for name in (_NEW_RATE, _OLD_RATE) if name in variables), None)
    for name, text in variables.items():
        if name in (*_SIZES, _NEW_RATE, _OLD_RATE, *NAMES):
            continue
        if rate is not None and (_plain(name) == "framedurationlimits" or name == f"{OLD}FRAMERATE_RANGE"):
            translation.ignore(name, f"has no effect together with {rate}")
            continue
        if name.startswith(CONTROLS):
            _control(name, text, translation)
        elif name.startswith(NEW):
            _other(name, text, translation)
        elif name.startswith(OLD) and not name.startswith(ANNOTATIONS):
            translate_older(name, text, given, translation)


_SIZES = (f"{NEW}MAIN_SIZE", f"{NEW}SIZE", f"{OLD}RESOLUTION")
_NEW_RATE, _OLD_RATE = f"{CONTROLS}FRAME_RATE", f"{OLD}FRAMERATE"


def _first(names: tuple[str, ...], variables: Mapping[str, str], translation: Translation) -> str | None:
    """Return the first of several variables that is set; the others have no effect."""
    there = [name for name in names if name in variables]
    for name in there[1:]:
        translation.ignore(name, f"has no effect together with {there[0]}")
    return there[0] if there else None


def _size(variables: Mapping[str, str], translation: Translation) -> int | None:
    """Translate the size; return the height, if it is one."""
    if (name := _first(_SIZES, variables, translation)) is None:
        return None
    size, note = size_of(variables[name], old=name.startswith(OLD))
    translation.set_camera("size", size, name, note)
    height = size.rpartition("x")[2]
    return int(height) if height.isdecimal() else None


def _rate(variables: Mapping[str, str], translation: Translation) -> None:
    if (name := _first((_NEW_RATE, _OLD_RATE), variables, translation)) is not None:
        translation.set_camera("frame_rate", variables[name], name)


def _plain(name: str) -> str:
    """Return the control of a variable, without case and underscores."""
    return name.removeprefix(CONTROLS).replace("_", "").casefold()


def _control(name: str, text: str, translation: Translation) -> None:
    wanted = _plain(name)
    known = next((control for control in CONTROL_KINDS if control.casefold() == wanted), None)
    if known is None:
        spelled = "".join(part.capitalize() for part in name.removeprefix(CONTROLS).split("_"))
        near = nearest(spelled, CONTROL_KINDS)
        message = f"{spelled} is not a control" + (f" (did you mean {near}?)" if near else "")
        translation.add_problem(name, message, ", ".join(CONTROL_KINDS))
        return
    try:
        translation.set_camera(f"controls.{known}", control_value(known, text), name)
    except InvalidValue as error:
        if isinstance(error.allowed, list):
            translation.add_problem(name, f"{shown(text)!r} is unknown", ", ".join(map(str, error.allowed)))
        else:
            translation.add_problem(name, error.message, _allowed(CONTROL_KINDS[known]))


def _allowed(kind: ValueKind) -> str:
    return f"{kind.length} numbers" if isinstance(kind, Vector) else "a number"


_NO_EFFECT = {
    "DISPLAY": "there is no preview window",
    "ENCODE": "each output has pictures of its own",
    "QUEUE": "each picture is the newest frame",
    "COLOUR_SPACE": "pictures are JPEGs, whose colour space is sYCC",
    "FORMAT": "the JPEG is made from the camera's own format",
    "MAIN_FORMAT": "the JPEG is made from the camera's own format",
}


def _other(name: str, text: str, translation: Translation) -> None:
    """Translate a variable that is neither a size, nor a transform, nor a control."""
    key = name.removeprefix(NEW)
    if key == "BUFFER_COUNT":
        buffers = str(min(max(int(text), 2), 16)) if text.isdecimal() else text
        translation.set_camera("source.buffers", buffers, name, None if buffers == text else "from 2 to 16")
    else:
        translation.ignore(name, _NO_EFFECT.get(key, UNKNOWN))
