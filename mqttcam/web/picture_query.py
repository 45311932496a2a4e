"""The query parameters of picture addresses: `?fps=&width=&quality=`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from aiohttp import web

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


def picture_query(request: web.Request) -> PictureQuery:
    """Return the parameters of a request.

    Raises:
        ApiError: one of them is not a number, or out of range.
    """
    numbers: dict[str, int | float] = {}
    for name, kind in PARAMETERS.items():
        try:
            if name in request.query:
                numbers[name] = kind.coerce(request.query[name])
        except InvalidValue as error:
            raise ApiError(400, "invalid_value", error.message, name, error.allowed) from None
    width, quality = numbers.get("width"), numbers.get("quality")
    return PictureQuery(
        float(numbers.get("fps", math.inf)),
        Encoding(None if width is None else int(width), None if quality is None else int(quality)),
    )
