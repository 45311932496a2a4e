"""Messages with detections, in the formats that analytics jobs send.

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

from collections.abc import Mapping

import orjson
from msgspec import Struct

from mqttcam.detections.fields import (
    Box,
    InvalidDetections,
    RecordPlace,
    box_of,
    count_of,
    label_of,
    list_of,
    number_of,
    object_of,
    place_of,
    score_of,
    size_of,
    text_of,
    time_ns_of,
)
from mqttcam.text import shorten

MAX_MESSAGE = 1_000_000
"""Bytes of a message."""


class Detection(Struct, frozen=True):
    """One detected object.

    Attributes:
        score: 0 to 1; None if it is unknown.
        box: where it is; None if it is unknown.
    """

    label: str
    score: float | None = None
    box: Box | None = None


class TrackedObject(Struct, frozen=True):
    """The object of one of Frigate's events.

    Attributes:
        id: the same in all events of the object.
        ended: whether it is gone.
    """

    id: str
    ended: bool


class DetectionMessage(Struct, frozen=True):
    """The detections of one picture.

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
        "`detections` is missing", "detections", "a list of detections, which may be empty"
    )


def _own(message: Mapping[str, object], size: tuple[int, int] | None) -> DetectionMessage:
    found = list_of(message, "detections")
    size = size_of(message.get("width"), message.get("height"), "width") or size
    return DetectionMessage(
        text_of(message.get("camera"), "camera"),
        time_ns_of(message.get("ts"), "ts"),
        count_of(message.get("seq"), "seq"),
        tuple(_detection(one, f"detections[{number}]", size) for number, one in enumerate(found)),
        source=place_of(message.get("source")),
    )


def _detection(one: object, field: str, size: tuple[int, int] | None) -> Detection:
    found = object_of(one, field)
    return Detection(
        label_of(found.get("label"), f"{field}.label"),
        score_of(found.get("score"), f"{field}.score"),
        box_of(found.get("box"), f"{field}.box", size),
    )


def _of_frigate(after: Mapping[str, object], kind: str, size: tuple[int, int] | None) -> DetectionMessage:
    ended = kind == "end" or after.get("end_time") is not None or after.get("false_positive") is True
    detection = Detection(
        label_of(after.get("label"), "after.label"),
        score_of(after.get("score"), "after.score"),
        box_of(after.get("box"), "after.box", size),
    )
    return DetectionMessage(
        text_of(after.get("camera"), "after.camera"),
        time_ns_of(after.get("frame_time"), "after.frame_time"),
        None,
        (detection,),
        tracked=TrackedObject(shorten(str(after.get("id")), 100), ended),
    )


def _of_dl_streamer(message: Mapping[str, object], size: tuple[int, int] | None) -> DetectionMessage:
    resolution = message.get("resolution")
    if isinstance(resolution, dict):
        size = size_of(resolution.get("width"), resolution.get("height"), "resolution") or size
    found = []
    for number, one in enumerate(list_of(message, "objects")):
        field = f"objects[{number}]"
        thing = object_of(one, field)
        detection = object_of(thing.get("detection"), f"{field}.detection")
        found.append(
            Detection(
                label_of(detection.get("label"), f"{field}.detection.label"),
                score_of(detection.get("confidence"), f"{field}.detection.confidence"),
                _dl_streamer_box(thing, detection, field, size),
            )
        )
    return DetectionMessage(text_of(message.get("camera"), "camera"), None, None, tuple(found))


def _dl_streamer_box(
    thing: Mapping[str, object], detection: Mapping[str, object], field: str, size: tuple[int, int] | None
) -> Box | None:
    shares = detection.get("bounding_box")
    if isinstance(shares, dict):
        corners = [shares.get(key) for key in ("x_min", "y_min", "x_max", "y_max")]
        return box_of(corners, f"{field}.detection.bounding_box", (1, 1))
    x, y, width, height = (number_of(thing.get(key), f"{field}.{key}") for key in ("x", "y", "w", "h"))
    if x is None or y is None or width is None or height is None:
        return None
    return box_of([x, y, x + width, y + height], field, size)
