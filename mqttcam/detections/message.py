"""Messages with detections, in the shapes in which analytics jobs send them.

Three shapes are read:

- mqttcam's own: `{"camera", "ts", "seq", "width", "height", "detections": [{"label", "score", "box": [x1, y1, x2,
  y2]}], "source": {"topic", "partition", "offset"}}`. Boxes are in pixels of `width` x `height`, or in shares of the
  picture if no number is over 1.
- Frigate's events (`frigate/events`): `{"type", "before", "after": {"id", "label", "score", "box", "frame_time"}}`, one
  tracked object each (https://docs.frigate.video/integrations/mqtt).
- DL Streamer's (`gvametaconvert`): `{"objects": [{"detection": {"label", "confidence", "bounding_box"}, "x", "y", "w",
  "h"}], "resolution": {"width", "height"}}`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

import orjson

from mqttcam.text import shorten, shown

MAX_MESSAGE = 1_000_000
"""Bytes of a message."""
MAX_DETECTIONS = 500
"""Of one message."""
_LATEST = 2.5e11
"""Unix seconds; what is later is in milliseconds, microseconds or nanoseconds."""


class InvalidDetections(ValueError):
    """A message is not understood.

    Attributes:
        field: the key at fault, such as `detections[2].box`; None for the message as a whole.
        allowed: what would have been understood; None if the message itself says it.
    """

    def __init__(self, message: str, field: str | None = None, allowed: str | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.allowed = allowed


class Box(NamedTuple):
    """A rectangle in shares of the picture's width and height, from the top left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing that was found.

    Attributes:
        score: 0 to 1; None if it is unknown.
        box: where it is; None if it is unknown.
    """

    label: str
    score: float | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """The Kafka record of the picture in which something was found."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class TrackedObject:
    """The object of one of Frigate's events.

    Attributes:
        id: the same in all events of the object.
        ended: whether it is gone.
    """

    id: str
    ended: bool


@dataclass(frozen=True, slots=True)
class DetectionMessage:
    """What was found in one picture.

    Attributes:
        camera: `<node>/<camera>`, or the camera's id; None if the message does not say it.
        ts_ns: when the picture was captured, Unix nanoseconds; None if unknown.
        seq: the number of the frame; None if unknown.
        detections: everything in the picture; of Frigate's events, the one object.
        tracked: the object of one of Frigate's events, which says nothing of all other objects; None otherwise.
        source: where the picture is in Kafka; None if unknown.
    """

    camera: str | None
    ts_ns: int | None
    seq: int | None
    detections: tuple[Detection, ...]
    tracked: TrackedObject | None = None
    source: RecordPlace | None = None


def parse(payload: bytes, size: tuple[int, int] | None = None) -> DetectionMessage:
    """Return the contents of a message.

    Args:
        size: width and height of the camera's pictures, in which boxes without a size are.

    Raises:
        InvalidDetections: it is in none of the shapes.
    """
    if len(payload) > MAX_MESSAGE:
        raise InvalidDetections(f"the message has {len(payload):,} bytes", None, f"up to {MAX_MESSAGE:,}")
    try:
        message = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise InvalidDetections(f"not valid JSON: {error}") from None
    if not isinstance(message, dict):
        raise InvalidDetections("the message is not an object", None, '{"detections": […]}')
    if "detections" in message:
        return _own(message, size)
    if isinstance(message.get("after"), dict):
        return _of_frigate(message["after"], str(message.get("type")), size)
    if "objects" in message:
        return _of_dl_streamer(message, size)
    raise InvalidDetections(
        "`detections` is missing", "detections", "a list of what was found, also if it is empty"
    )


def _own(message: Mapping[str, object], size: tuple[int, int] | None) -> DetectionMessage:
    found = _list(message, "detections")
    size = _size(message.get("width"), message.get("height"), "width") or size
    return DetectionMessage(
        _text(message.get("camera"), "camera"),
        _time(message.get("ts"), "ts"),
        _count(message.get("seq"), "seq"),
        tuple(_detection(one, f"detections[{number}]", size) for number, one in enumerate(found)),
        source=_source(message.get("source")),
    )


def _detection(one: object, field: str, size: tuple[int, int] | None) -> Detection:
    found = _object(one, field)
    return Detection(
        _label(found.get("label"), f"{field}.label"),
        _score(found.get("score"), f"{field}.score"),
        _box(found.get("box"), f"{field}.box", size),
    )


def _of_frigate(after: Mapping[str, object], kind: str, size: tuple[int, int] | None) -> DetectionMessage:
    ended = kind == "end" or after.get("end_time") is not None or after.get("false_positive") is True
    detection = Detection(
        _label(after.get("label"), "after.label"),
        _score(after.get("score"), "after.score"),
        _box(after.get("box"), "after.box", size),
    )
    return DetectionMessage(
        _text(after.get("camera"), "after.camera"),
        _time(after.get("frame_time"), "after.frame_time"),
        None,
        (detection,),
        tracked=TrackedObject(shorten(str(after.get("id")), 100), ended),
    )


def _of_dl_streamer(message: Mapping[str, object], size: tuple[int, int] | None) -> DetectionMessage:
    resolution = message.get("resolution")
    if isinstance(resolution, dict):
        size = _size(resolution.get("width"), resolution.get("height"), "resolution") or size
    found = []
    for number, one in enumerate(_list(message, "objects")):
        field = f"objects[{number}]"
        thing = _object(one, field)
        detection = _object(thing.get("detection"), f"{field}.detection")
        found.append(
            Detection(
                _label(detection.get("label"), f"{field}.detection.label"),
                _score(detection.get("confidence"), f"{field}.detection.confidence"),
                _dl_streamer_box(thing, detection, field, size),
            )
        )
    return DetectionMessage(_text(message.get("camera"), "camera"), None, None, tuple(found))


def _dl_streamer_box(
    thing: Mapping[str, object], detection: Mapping[str, object], field: str, size: tuple[int, int] | None
) -> Box | None:
    shares = detection.get("bounding_box")
    if isinstance(shares, dict):
        corners = [shares.get(key) for key in ("x_min", "y_min", "x_max", "y_max")]
        return _box(corners, f"{field}.detection.bounding_box", (1, 1))
    x, y, width, height = (_number(thing.get(key), f"{field}.{key}") for key in ("x", "y", "w", "h"))
    if x is None or y is None or width is None or height is None:
        return None
    return _box([x, y, x + width, y + height], field, size)


# values


def _list(message: Mapping[str, object], key: str) -> list[object]:
    found = message[key]
    if not isinstance(found, list):
        raise InvalidDetections(f"`{key}` is not a list", key, "a list, also if it is empty")
    if len(found) > MAX_DETECTIONS:
        raise InvalidDetections(f"`{key}` has {len(found)} items", key, f"up to {MAX_DETECTIONS}")
    return found


def _object(value: object, field: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise InvalidDetections(f"`{field}` is not an object", field, "an object with a label")
    return value


def _text(value: object, field: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise InvalidDetections(f"`{field}` is not a text: {shown(value)}", field, "a text")


def _label(value: object, field: str) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidDetections(f"`{field}` is not a label: {shown(value)}", field, "a text such as person")
    return value


def _number(value: object, field: str) -> float | None:
    """Return a number as it is, None if it is missing."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidDetections(f"`{field}` is not a number: {shown(value)}", field, "a number")
    return float(value)


def _count(value: object, field: str) -> int | None:
    number = _number(value, field)
    if number is None or (number >= 0 and number.is_integer()):
        return None if number is None else int(number)
    raise InvalidDetections(f"`{field}` is not a count: {shown(value)}", field, "a whole number from 0 on")


def _score(value: object, field: str) -> float | None:
    score = _number(value, field)
    if score is not None and 1 < score <= 100:
        score /= 100  # a percentage
    if score is not None and not 0 <= score <= 1:
        raise InvalidDetections(f"`{field}` is out of range: {shown(value)}", field, "0 to 1")
    return score


def _size(width: object, height: object, field: str) -> tuple[int, int] | None:
    wide, high = _count(width, field), _count(height, field)
    return (wide, high) if wide and high else None


def _box(value: object, field: str, size: tuple[int, int] | None) -> Box | None:
    """Return a box of its two corners, in pixels of a picture of `size`, or in shares if no number is over 1."""
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 4:
        raise InvalidDetections(f"`{field}` is not a box: {shown(value)}", field, "[x1, y1, x2, y2]")
    corners = [_number(one, field) for one in value]
    if any(corner is None for corner in corners):
        raise InvalidDetections(f"`{field}` is not a box: {shown(value)}", field, "[x1, y1, x2, y2]")
    x1, y1, x2, y2 = (float(corner or 0) for corner in corners)
    if max(x1, y1, x2, y2) > 1:
        if size is None:
            raise InvalidDetections(
                f"`{field}` is in pixels of an unknown size", field, "`width` and `height`, or shares"
            )
        x1, y1, x2, y2 = x1 / size[0], y1 / size[1], x2 / size[0], y2 / size[1]
    left, right = sorted((_share(x1), _share(x2)))
    top, bottom = sorted((_share(y1), _share(y2)))
    return Box(left, top, right - left, bottom - top)


def _share(value: float) -> float:
    """Return a share within the picture: boxes of objects at its edge reach beyond it."""
    return min(max(value, 0.0), 1.0)


def _time(value: object, field: str) -> int | None:
    """Return an ISO time, without a zone in UTC, or a Unix time as Unix nanoseconds."""
    if value is None:
        return None
    if isinstance(value, str):
        try:
            when = datetime.fromisoformat(value)
            return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1e6) * 1000
        except (ValueError, OverflowError):
            raise InvalidDetections(
                f"`{field}` is not a time: {shown(value)}", field, "an ISO time, or Unix seconds"
            ) from None
    seconds = _number(value, field)
    assert seconds is not None
    while seconds > _LATEST:
        seconds /= 1000
    return round(seconds * 1e6) * 1000 if seconds >= 0 else None


def _source(value: object) -> RecordPlace | None:
    if value is None:
        return None
    place = _object(value, "source")
    topic = _text(place.get("topic"), "source.topic")
    partition = _count(place.get("partition"), "source.partition")
    offset = _count(place.get("offset"), "source.offset")
    if topic is None or partition is None or offset is None:
        return None
    return RecordPlace(topic, partition, offset)
