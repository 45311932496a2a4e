"""The query parameters of picture addresses: `?fps=&width=&quality=`."""

from __future__ import annotations

import math
from collections.abc import Mapping

from msgspec import Struct

from mqttcam.values import InvalidValue, Number
from mqttcam.web.encodings import Encoding
from mqttcam.web.errors import ApiError

PARAMETERS: dict[str, Number] = {
    "fps": Number(0.01, 240),
    "width": Number(16, 16384, integer=True),
    "quality": Number(1, 100, integer=True),
}
"""Every parameter, with the values it may have."""


class PictureQuery(Struct, frozen=True):
    """The pictures that a request asks for.

    Attributes:
        fps: maximum frames per second; infinity for every frame.
        encoding: their width and quality.
    """

    fps: float
    encoding: Encoding


def picture_query(values: Mapping[str, object]) -> PictureQuery:
    """Return the parameters of a request, from the query of its URL or from JSON.

    Raises:
        ApiError: one of them is not a number, or out of range.
    """
    fps, width, quality = (_number(values, name) for name in PARAMETERS)
    return PictureQuery(
        math.inf if fps is None else float(fps),
        Encoding(None if width is None else int(width), None if quality is None else int(quality)),
    )


def width_in(values: Mapping[str, object]) -> int | None:
    """Return the width that a request for a stored picture names; None if it names none.

    Raises:
        ApiError: it is not a number, or out of range.
    """
    width = _number(values, "width")
    return None if width is None else int(width)


def _number(values: Mapping[str, object], name: str) -> int | float | None:
    if name not in values:
        return None
    try:
        return PARAMETERS[name].coerce(values[name])
    except InvalidValue as error:
        raise ApiError(400, "invalid_value", error.message, name, error.allowed) from None
