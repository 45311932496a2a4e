"""The size of a picture in the reference sender's variables."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic_core import PydanticCustomError

from mqttcam.settings.size import parse_size

_OLD_NAMES: Mapping[str, str] = {
    "XGA": "1024x768",
    "SXGA": "1280x1024",
    "UXGA": "1600x1200",
    "720P": "1280x720",
    "1080P": "1920x1080",
}
"""The names that the picamera library (1.13, `to_resolution`) has in addition to ours."""
_SIDES = re.compile(r"(\d{1,6})\s*[x,]\s*(\d{1,6})")


def size_of(text: str, *, old: bool) -> tuple[str, str | None]:
    """Return a size as the model expects it, and a note if it was changed.

    Text that is not a size is returned unchanged, for the model to refuse.

    Args:
        old: whether it is picamera's `resolution`, which may also be another name, or `(640,480)`.
    """
    plain, note = text.strip("() \t").lower(), None
    if old:
        plain = _OLD_NAMES.get(plain.upper(), plain)
    if (match := _SIDES.fullmatch(plain)) and (old or "," not in plain):
        sides = [int(side) for side in match.groups()]
        plain = "x".join(str(side - side % 2) for side in sides)
        note = "made even" if any(side % 2 for side in sides) else None
    try:
        return str(parse_size(plain)), note
    except PydanticCustomError:
        return text, note
