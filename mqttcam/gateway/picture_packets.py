"""The MQTT packets of a picture: the JPEG, and the JSON that describes it."""

from __future__ import annotations

import orjson

from mqttcam.camera.frame import Picture
from mqttcam.mqtt.client import MQTT_5
from mqttcam.mqtt.connection import Connection
from mqttcam.mqtt.network_connection import NetworkConnection
from mqttcam.mqtt.packets import (
    CONTENT_TYPE,
    LONGEST_HEAD,
    PUBLISH,
    QOS_1,
    USER_PROPERTY,
    prefixed,
    publish_head,
)
from mqttcam.mqtt.topics import CameraTopics

_LONGEST_PROPERTIES = 110
"""Upper bound in bytes of a picture's MQTT 5 properties, packet identifier and topic length."""

MAX_LABEL_KEY = 40
"""Characters of a label in a topic; those of other pictures are shorter."""
_CONTENT_TYPE_JPEG = bytes((CONTENT_TYPE,)) + prefixed(b"image/jpeg")
_USER_TS = bytes((USER_PROPERTY,)) + prefixed(b"ts")
_USER_SEQ = bytes((USER_PROPERTY,)) + prefixed(b"seq")
_LENGTHS = [length.to_bytes(2, "big") for length in range(40)]
"""The prefix of a text of that many bytes: made beforehand, as two are needed for each picture."""


def picture_properties(ts_ns: int, seq: int) -> bytes:
    """Return the content type `image/jpeg` and the user properties `ts` (Unix nanoseconds) and `seq`."""
    ts, number = b"%d" % ts_ns, b"%d" % seq
    return b"".join(
        (_CONTENT_TYPE_JPEG, _USER_TS, _LENGTHS[len(ts)], ts, _USER_SEQ, _LENGTHS[len(number)], number)
    )


def largest_jpeg(connection: Connection, topics: CameraTopics) -> int:
    """Return the size in bytes of the largest JPEG that fits into a packet now."""
    topic = len(topics.detection_image("")) + MAX_LABEL_KEY
    return connection.max_packet_size - LONGEST_HEAD - topic - _LONGEST_PROPERTIES


def picture_meta(picture: Picture, trigger: str) -> dict[str, object]:
    """Return the fields of `image/meta`; `ts` is the time of capture in Unix seconds."""
    return {
        "seq": picture.seq,
        "ts": picture.ts_ns / 1e9,
        "width": picture.width,
        "height": picture.height,
        "bytes": len(picture.jpeg),
        "quality": picture.quality,
        "trigger": trigger,
    }


def image_head(
    network: NetworkConnection, first: int, topic: bytes, mid: int | None, picture: Picture
) -> bytes:
    """Return the packet of an image up to its JPEG; for the arguments see `publish_head`."""
    properties = picture_properties(picture.ts_ns, picture.seq) if network.protocol == MQTT_5 else None
    return publish_head(first, topic, mid, properties, len(picture.jpeg))


def meta_packet(network: NetworkConnection, topic: bytes, mid: int, fields: dict[str, object]) -> bytes:
    """Return the packet that publishes `fields` as JSON at QoS 1."""
    payload = orjson.dumps(fields)
    properties = b"" if network.protocol == MQTT_5 else None
    return publish_head(PUBLISH | QOS_1, topic, mid, properties, len(payload)) + payload
