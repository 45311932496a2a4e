"""The older `PICAMERA_ANNOTATE_*` variables (picamera 1.13), as the overlay of our camera."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import PydanticCustomError

from mqttcam.settings.nii_sender.translation import OLD, Translation
from mqttcam.settings.overlay import parse_colour
from mqttcam.values import InvalidValue, Number, Switch

PREFIX = f"{OLD}ANNOTATE_"
_TEXT, _SIZE, _FRAME_NUM = f"{PREFIX}TEXT", f"{PREFIX}TEXT_SIZE", f"{PREFIX}FRAME_NUM"
_COLOURS = {f"{PREFIX}FOREGROUND": "colour", f"{PREFIX}BACKGROUND": "background"}
_MOST = 255
"""Characters of a text in picamera."""
_PIXELS = Number(6, 160, integer=True)
"""Height of a line in picamera."""
_USUAL_HEIGHT = 720
"""Pixels of a picture without a configured size."""


def translate_annotations(variables: Mapping[str, str], height: int | None, translation: Translation) -> None:
    """Translate them. Without a text and a frame number they have no effect, as in picamera.

    The reference sender does not read them, so that they never cause an error.

    Args:
        height: of the picture in pixels, if it is configured.
    """
    given = {name: text for name, text in variables.items() if name.startswith(PREFIX)}
    text = given.pop(_TEXT, None)
    number = given.pop(_FRAME_NUM, None)
    shows_number = number is not None and _is_true(number, translation)
    if text is None and not shows_number:
        for name in given:
            translation.ignore(name, f"has no effect without {_TEXT}")
        return
    # In picamera, it is neither a time nor a value.
    literal = (text or "")[:_MOST].replace("{", "{{").replace("}", "}}").replace("%", "%%")
    whole = " ".join(part for part in (literal, "{seq}" if shows_number else "") if part)
    for name in ([] if text is None else [_TEXT]) + ([_FRAME_NUM] if shows_number else []):
        translation.set_camera("overlay.text", whole, name)
        translation.set_camera("overlay.position", "top", name)
    for name, value in given.items():
        _look(name, value, height or _USUAL_HEIGHT, translation)


def _is_true(text: str, translation: Translation) -> bool:
    try:
        if Switch().coerce(text):
            return True
    except InvalidValue as error:
        translation.ignore(_FRAME_NUM, f"no effect: {error.message}")
    else:
        translation.ignore(_FRAME_NUM, "as here")
    return False


def _look(name: str, text: str, height: int, translation: Translation) -> None:
    try:
        if name == _SIZE:
            pixels = int(_PIXELS.coerce(text))
            size = min(max(round(pixels / height * 100, 1), 1), 25)
            translation.set_camera("overlay.size", size, name, f"{pixels} of {height} pixels, in percent")
        elif name in _COLOURS:
            translation.set_camera(f"overlay.{_COLOURS[name]}", parse_colour(text), name)
        else:
            translation.ignore(name, "unknown to picamera as well")
    except InvalidValue as error:
        translation.ignore(name, f"no effect: {error.message}")
    except PydanticCustomError:
        translation.ignore(name, "no effect: it is not a colour")
