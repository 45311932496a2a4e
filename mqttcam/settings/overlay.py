"""The text that is written into the pictures of a camera."""

import string
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mqttcam.settings.field_types import ExistingFile
from mqttcam.settings.section import AnyCase, Section, refuse

VALUES = (
    "name",
    "seq",
    "ExposureTime",
    "AnalogueGain",
    "DigitalGain",
    "Lux",
    "ColourTemperature",
    "SensorTemperature",
    "LensPosition",
    "FocusFoM",
    "AfState",
)
"""What may stand in braces: the camera's name, the frame's number, and libcamera's metadata."""
Position = Literal["top-left", "top", "top-right", "bottom-left", "bottom", "bottom-right"]
_ALLOWED_VALUES = ", ".join(f"{{{name}}}" for name in VALUES) + "; {{ and }} for braces"


def overlay_parts(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield the text in parts: some of it, to be formatted as a time, and the name of a value that follows, if any.

    Raises:
        PydanticCustomError: a brace is alone, or there is no such value.
    """
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        raise refuse("has a brace that is not one of a pair", _ALLOWED_VALUES) from None
    for literal, name, form, conversion in parts:
        if name is not None and (name not in VALUES or form or conversion):
            raise refuse(f"has an unknown value {{{name}}}", _ALLOWED_VALUES)
        yield literal, name


def _text(text: str) -> str:
    if not all(character.isprintable() or character == "\n" for character in text):
        raise refuse("has a character that cannot be printed", "text, and line breaks")
    list(overlay_parts(text))
    return text


def parse_colour(text: str) -> str:
    """Return a colour as it is written.

    Raises:
        PydanticCustomError: it is not a colour.
    """
    from PIL import ImageColor

    try:
        ImageColor.getrgb(text)
    except ValueError:
        raise refuse("is not a colour", "a name such as white or yellow, or #rrggbb") from None
    return text


Colour = Annotated[str, Field(max_length=40), AfterValidator(parse_colour)]


class OverlaySettings(Section):
    """The text that is written into the pictures."""

    text: Annotated[str, Field(min_length=1, max_length=600), AfterValidator(_text)] = Field(
        "{name} %Y-%m-%d %H:%M:%S",
        description="Text with strftime's directives for the time of capture, and values in braces: {name}, {seq} (the "
        "frame number), and what the camera measures by libcamera's names, such as {ExposureTime} or {Lux}.",
    )
    position: Annotated[Position, AnyCase()] = Field("bottom-left", description="Where in the picture.")
    size: float = Field(
        3.5,
        ge=1,
        le=25,
        description="Height of a line in percent of the picture's height; at least 10 pixels.",
    )
    colour: Colour = Field("white", description="Colour of the letters, which have a black or white outline.")
    background: Colour | None = Field(
        None, description="The colour of a half-transparent box behind the text; default: no box."
    )
    font: ExistingFile | None = Field(
        None,
        description="A TrueType or OpenType file; default: DejaVu Sans where it is installed, else a font with the "
        "letters of English only.",
    )
