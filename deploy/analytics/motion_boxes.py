"""The example jobs' model: boxes around what has moved since the camera's previous frame.

It stands in for a model: replace `find` by a function that calls yours. Needs `pip install opencv-python-headless`, and
either mqttcam or a copy of its mqttcam/kafka/envelope.py beside this file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import cv2
import numpy as np

try:
    from mqttcam.kafka.envelope import InvalidMessage, unpack
except ImportError:
    from envelope import InvalidMessage, unpack  # type: ignore[import-not-found,no-redef]

REDUCED = 4
"""Frames are decoded at a quarter of their width and height, which is several times faster."""
_DIFFERENCE, _SMALLEST = 20, 0.001
"""Difference in levels (of 256) that counts as movement, and the smallest box as a fraction of the picture."""
_before: dict[str, Any] = {}

Headers = Sequence[tuple[str, bytes]]


def result(
    camera: str, value: bytes, record_ms: int, headers: Headers, source: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """Return the message for a frame, as described in docs/detections.md, or None if the record is not a frame.

    Args:
        camera: the record's key, `<node>/<camera>`.
        value: of the record.
        record_ms: the record's timestamp, for messages without a time of their own.
        source: where the frame is in Kafka: `topic`, `partition` and `offset`.
    """
    try:
        message = unpack(value)
    except InvalidMessage:
        return None
    time_us = record_ms * 1000 if message.timestamp_us is None else message.timestamp_us
    captured = datetime.fromtimestamp(time_us / 1e6, UTC).isoformat(timespec="milliseconds")
    found: dict[str, Any] = {"camera": camera, "ts": captured.replace("+00:00", "Z")}
    if seq := dict(headers).get("seq"):
        found["seq"] = int(seq)
    return found | find(camera, message.payload) | ({} if source is None else {"source": source})


def find(camera: str, jpeg: bytes) -> dict[str, Any]:
    """Return `width`, `height` and `detections` of a frame; boxes are `[x1, y1, x2, y2]` in its pixels."""
    grey = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_REDUCED_GRAYSCALE_4)
    if grey is None:
        return {"detections": []}
    smooth = cv2.blur(grey, (5, 5))
    before, _before[camera] = _before.get(camera), smooth
    height, width = grey.shape
    detections = []
    if before is not None and before.shape == smooth.shape:
        difference = cv2.absdiff(smooth, before)
        mask = cv2.dilate(
            cv2.threshold(difference, _DIFFERENCE, 255, cv2.THRESH_BINARY)[1], None, iterations=3
        )
        for contour in cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]:
            x, y, w, h = cv2.boundingRect(contour)
            if w * h >= _SMALLEST * width * height:
                score = round(float(difference[y : y + h, x : x + w].max()) / 255, 3)
                box = [int(side) * REDUCED for side in (x, y, x + w, y + h)]
                detections.append({"label": "motion", "score": score, "box": box})
    return {"width": width * REDUCED, "height": height * REDUCED, "detections": detections}
