"""The query parameters of picture addresses: `?fps=&width=&quality=`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from mqttcam.values import InvalidValue, Number
from mqttcam.web.encodings import Encoding
from mqttcam.web.errors import ApiError

PARAMETERS: dict[str, Number] = {
    "fps": Number(0.01, 240),
    "width": Number(16, 16384, integer=True),
    "quality": Number(1, 100, integer=True),
}
"""Every parameter, with the values it may have."""


@dataclass(frozen=True, slots=True)
class PictureQuery:
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
    numbers: dict[str, int | float] = {}
    for name, kind in PARAMETERS.items():
        try:
            if name in values:
                numbers[name] = kind.coerce(values[name])
        except InvalidValue as error:
            raise ApiError(400, "invalid_value", error.message, name, error.allowed) from None
    width, quality = numbers.get("width"), numbers.get("quality")
    return PictureQuery(
        float(numbers.get("fps", math.inf)),
        Encoding(None if width is None else int(width), None if quality is None else int(quality)),
    )
