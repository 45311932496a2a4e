"""The sender's `PICAMERA2_TRANSFORM_*`, which are libcamera's transform, as rotation and mirroring of our camera.

libcamera (`transform.h`) mirrors, then transposes; a rotation by 90 degrees is a vertical flip and a transposition, and
several arguments of a transform are combined by exclusive or. Our camera turns, then mirrors.
"""

from __future__ import annotations

from collections.abc import Mapping

from mqttcam.settings.nii_sender.translation import NEW, Translation
from mqttcam.values import InvalidValue, Switch

PREFIX = f"{NEW}TRANSFORM_"
_HFLIP, _VFLIP, _ROTATION, _TRANSPOSE = (
    PREFIX + name for name in ("HFLIP", "VFLIP", "ROTATION", "TRANSPOSE")
)
NAMES = frozenset({_HFLIP, _VFLIP, _ROTATION, _TRANSPOSE})
_QUARTERS = {"90": (False, True), "270": (True, False)}
"""By degrees: whether the rotation is a transposition after mirroring horizontally and vertically."""
_SWAPPED = "the sender mirrors before the quarter turn, mqttcam after it"


def translate_transform(variables: Mapping[str, str], translation: Translation) -> None:
    """Translate the four variables, as far as they are there."""
    hflip, vflip, transpose = (_truth(name, variables, translation) for name in (_HFLIP, _VFLIP, _TRANSPOSE))
    degrees = variables.get(_ROTATION)
    if not transpose and (degrees not in _QUARTERS or not (hflip or vflip)):
        _one_by_one(variables, hflip, vflip, translation)
        return
    turn, (across, down) = (
        _TRANSPOSE if transpose else _ROTATION,
        _QUARTERS.get(degrees or "", (False, False)),
    )
    horizontal, vertical = bool(hflip) is not across, bool(vflip) is not down
    if degrees == "180":
        horizontal, vertical = not horizontal, not vertical
    elif degrees is not None and degrees not in ("0", *_QUARTERS):
        translation.set_camera("rotation", degrees, _ROTATION)  # for the model to refuse
        return
    if transpose and degrees in _QUARTERS:  # two transpositions undo each other
        _mirror(variables, "hflip", horizontal, _HFLIP, translation)
        _mirror(variables, "vflip", vertical, _VFLIP, translation)
        translation.ignore(_ROTATION, f"together with {_TRANSPOSE}, it only mirrors")
        translation.ignore(_TRANSPOSE, f"together with {_ROTATION}, it only mirrors")
        return
    translation.set_camera("rotation", "90", turn)
    if degrees is not None and transpose:
        translation.ignore(_ROTATION, f"included in the translation of {_TRANSPOSE}")
    _mirror(variables, "hflip", not vertical, _VFLIP, translation, turn)
    _mirror(variables, "vflip", horizontal, _HFLIP, translation, turn)


def _one_by_one(
    variables: Mapping[str, str], hflip: bool | None, vflip: bool | None, translation: Translation
) -> None:
    for name, flip in ((_HFLIP, hflip), (_VFLIP, vflip)):
        if flip is not None:
            _mirror(variables, name.removeprefix(PREFIX).lower(), flip, name, translation)
    if _ROTATION in variables:
        translation.set_camera("rotation", variables[_ROTATION], _ROTATION)
    if _TRANSPOSE in variables:
        translation.ignore(_TRANSPOSE, "as here")


def _mirror(
    variables: Mapping[str, str],
    key: str,
    value: bool,
    name: str,
    translation: Translation,
    turn: str | None = None,
) -> None:
    """Set a flip.

    Args:
        name: the variable that it comes from, if that is set.
        turn: the variable that turns the picture by a quarter, if there is one.
    """
    if name not in variables:
        if value:
            translation.set_camera(key, value, turn or _ROTATION)
        return
    word = variables[name].strip().lower()
    note = _SWAPPED if turn else None
    if note is None and not value and word not in ("0", ""):
        note = f"the reference sender treats any text as true, even `{word}`"
    translation.set_camera(key, value, name, note)


def _truth(name: str, variables: Mapping[str, str], translation: Translation) -> bool | None:
    if name not in variables:
        return None
    try:
        return Switch().coerce(variables[name])
    except InvalidValue as error:
        translation.add_problem(name, error.message, "true or false, 1 or 0")
        return None
