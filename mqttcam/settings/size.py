"""The size of a picture."""

from __future__ import annotations

import re
from typing import Annotated, NamedTuple

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from mqttcam.settings.section import refuse

MIN_SIDE, MAX_SIDE = 16, 16384
_TEXT = re.compile(r"\(?\s*(\d{1,6})\s*[xX×]\s*(\d{1,6})\s*\)?")
ALLOWED = f"WIDTHxHEIGHT, both even and from {MIN_SIDE} to {MAX_SIDE}, or QVGA VGA SVGA HD FHD 2K 4K"


class Size(NamedTuple):
    """Width and height in pixels; ``str`` gives `1280x720`."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


NAMED_SIZES = {
    "QVGA": Size(320, 240),
    "VGA": Size(640, 480),
    "SVGA": Size(800, 600),
    "HD": Size(1280, 720),
    "FHD": Size(1920, 1080),
    "2K": Size(1920, 1080),
    "4K": Size(3840, 2160),
}


def parse_size(raw: object) -> Size:
    """Return the size written as `1280x720`, `(1280x720)`, `[1280, 720]` or a name in any case.

    Raises:
        PydanticCustomError: It is none of these, odd (pictures are 4:2:0) or out of range.
    """
    if isinstance(raw, str):
        if named := NAMED_SIZES.get(raw.strip().upper()):
            return named
        match = _TEXT.fullmatch(raw.strip())
        sides: tuple[object, ...] = tuple(map(int, match.groups())) if match else ()
    else:
        sides = tuple(raw) if isinstance(raw, tuple | list) else ()
    if len(sides) != 2:
        raise refuse("is not a size", ALLOWED)
    width, height = (_side(side) for side in sides)
    return Size(width, height)


def _side(raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int):
        raise refuse("is not a size", ALLOWED)
    if not MIN_SIDE <= raw <= MAX_SIDE or raw % 2:
        raise refuse("has an odd side" if raw % 2 else "is out of range", ALLOWED)
    return raw


_NAMES = "|".join("".join(f"[{c}{c.lower()}]" if c.isalpha() else c for c in name) for name in NAMED_SIZES)
SizeSetting = Annotated[
    Size,
    PlainValidator(parse_size),
    PlainSerializer(str, return_type=str),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": rf"^({_NAMES}|\(?\d+ ?[xX×] ?\d+\)?)$"},
                {
                    "type": "array",
                    "items": {"type": "integer", "minimum": MIN_SIDE, "maximum": MAX_SIDE, "multipleOf": 2},
                    "minItems": 2,
                    "maxItems": 2,
                },
            ],
            "examples": ["1280x720", "FHD"],
        }
    ),
]
