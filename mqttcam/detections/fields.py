"""Parsers for the fields of messages with detections; errors name the field.

All functions raise `InvalidDetections`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from msgspec import Struct

from mqttcam.text import shown

MAX_DETECTIONS = 500
"""Of one message."""
_LARGEST_COUNT = 2**63 - 1
"""What JSON and databases hold; also of nanoseconds."""
_LATEST = 9.2e9
"""Unix seconds, whose nanoseconds fit in 64 bits; what is later is in milliseconds, microseconds or nanoseconds."""


class InvalidDetections(ValueError):
    """A message is invalid.

    Attributes:
        field: the key at fault, such as `detections[2].box`; None for the message as a whole.
        allowed: what would have been understood; None if the message itself says it.
    """

    def __init__(self, message: str, field: str | None = None, allowed: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.allowed = allowed


class Box(NamedTuple):
    """A rectangle in fractions of the picture's width and height, from the top left corner."""

    x: float
    y: float
    width: float
    height: float


class RecordPlace(Struct, frozen=True):
    """The Kafka record of the picture in which something was found."""

    topic: str
    partition: int
    offset: int


def list_of(message: Mapping[str, object], key: str) -> list[object]:
    """Return a list of a message."""
    found = message[key]
    if not isinstance(found, list):
        raise InvalidDetections(f"`{key}` is not a list", key, "a list, which may be empty")
    if len(found) > MAX_DETECTIONS:
        raise InvalidDetections(f"`{key}` has {len(found)} items", key, f"up to {MAX_DETECTIONS}")
    return found


def object_of(value: object, field: str) -> Mapping[str, object]:
    """Return an object."""
    if not isinstance(value, dict):
        raise InvalidDetections(f"`{field}` is not an object", field, "an object with a label")
    return value


def text_of(value: object, field: str) -> str | None:
    """Return a string, or None if it is missing."""
    if value is None or isinstance(value, str):
        return value
    raise InvalidDetections(f"`{field}` is not a text: {shown(value)}", field, "a text")


def label_of(value: object, field: str) -> str:
    """Return the label of a detection."""
    if not isinstance(value, str) or not value:
        raise InvalidDetections(f"`{field}` is not a label: {shown(value)}", field, "a text such as person")
    return value


def number_of(value: object, field: str) -> float | None:
    """Return a number unchanged, or None if it is missing."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidDetections(f"`{field}` is not a number: {shown(value)}", field, "a number")
    return float(value)


def count_of(value: object, field: str) -> int | None:
    """Return an integer, or None if it is missing."""
    number = number_of(value, field)
    if number is None or (0 <= number < _LARGEST_COUNT and number.is_integer()):
        return None if number is None else int(number)
    raise InvalidDetections(f"`{field}` is not a count: {shown(value)}", field, "an integer, 0 or more")


def score_of(value: object, field: str) -> float | None:
    """Return a score from 0 to 1; percentages are converted. None if it is missing."""
    score = number_of(value, field)
    if score is not None and 1 < score <= 100:
        score /= 100  # a percentage
    if score is not None and not 0 <= score <= 1:
        raise InvalidDetections(f"`{field}` is out of range: {shown(value)}", field, "0 to 1")
    return score


def size_of(width: object, height: object, field: str) -> tuple[int, int] | None:
    """Return width and height; None if one of them is missing or 0."""
    wide, high = count_of(width, field), count_of(height, field)
    return (wide, high) if wide and high else None


def box_of(value: object, field: str, size: tuple[int, int] | None) -> Box | None:
    """Return a box from two corners, in pixels of a picture of `size`, or fractions if no number exceeds 1."""
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 4:
        raise InvalidDetections(f"`{field}` is not a box: {shown(value)}", field, "[x1, y1, x2, y2]")
    corners = [number_of(one, field) for one in value]
    if any(corner is None for corner in corners):
        raise InvalidDetections(f"`{field}` is not a box: {shown(value)}", field, "[x1, y1, x2, y2]")
    x1, y1, x2, y2 = (float(corner or 0) for corner in corners)
    if max(x1, y1, x2, y2) > 1:
        if size is None:
            raise InvalidDetections(
                f"`{field}` is in pixels of an unknown size", field, "`width` and `height`, or fractions"
            )
        x1, y1, x2, y2 = x1 / size[0], y1 / size[1], x2 / size[0], y2 / size[1]
    left, right = sorted((_share(x1), _share(x2)))
    top, bottom = sorted((_share(y1), _share(y2)))
    return Box(left, top, right - left, bottom - top)


def _share(value: float) -> float:
    """Return a fraction limited to the picture: boxes of objects at its edge may reach beyond it."""
    return min(max(value, 0.0), 1.0)


def time_ns_of(value: object, field: str) -> int | None:
    """Return an ISO time, without a zone in UTC, or a Unix time as Unix nanoseconds; None if it is missing."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            when = datetime.fromisoformat(value)
            seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            seconds = math.inf
        if seconds > _LATEST:
            raise InvalidDetections(
                f"`{field}` is not a time: {shown(value)}", field, "an ISO time, or Unix seconds"
            )
        return _ns(seconds)
    number = number_of(value, field)
    assert number is not None
    while number > _LATEST:
        number /= 1000
    return _ns(number)


def _ns(seconds: float) -> int | None:
    """Return Unix seconds as nanoseconds; None if they are before 1970, as a time that was never set."""
    return round(seconds * 1e6) * 1000 if seconds >= 0 else None


def place_of(value: object) -> RecordPlace | None:
    """Return the place of a Kafka record; None if it is incomplete."""
    if value is None:
        return None
    place = object_of(value, "source")
    topic = text_of(place.get("topic"), "source.topic")
    partition = count_of(place.get("partition"), "source.partition")
    offset = count_of(place.get("offset"), "source.offset")
    if topic is None or partition is None or offset is None:
        return None
    return RecordPlace(topic, partition, offset)
