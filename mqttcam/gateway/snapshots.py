"""A picture taken on demand: published at QoS 1 with its meta, and awaited."""

from __future__ import annotations

import asyncio

import orjson

from mqttcam.camera.frame import Picture
from mqttcam.mqtt.client import MQTT_5
from mqttcam.mqtt.network_connection import NetworkConnection
from mqttcam.mqtt.packets import PUBLISH, QOS_1, picture_properties, prefixed, publish_head
from mqttcam.mqtt.topics import CameraTopics

TIMEOUT = 30.0
"""Seconds that the broker gets to acknowledge one."""
REFUSED = 128
"""Reason codes from here on say no (MQTT 5, 2.4)."""


class PublishError(Exception):
    """A snapshot could not be published; `code` is one of the error codes of results."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def meta_of(picture: Picture, trigger: str) -> dict[str, object]:
    """What is told of every picture; `ts` is the capture in Unix seconds."""
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
    """The packet of an image up to the JPEG; arguments as for `publish_head`."""
    properties = picture_properties(picture.ts_ns, picture.seq) if network.protocol == MQTT_5 else None
    return publish_head(first, topic, mid, properties, len(picture.jpeg))


def meta_packet(network: NetworkConnection, topic: bytes, mid: int, fields: dict[str, object]) -> bytes:
    """The packet of a meta, at QoS 1."""
    payload = orjson.dumps(fields)
    properties = b"" if network.protocol == MQTT_5 else None
    return publish_head(PUBLISH | QOS_1, topic, mid, properties, len(payload)) + payload


async def send_snapshot(
    network: NetworkConnection, topics: CameraTopics, picture: Picture, trigger: str, request_id: str | None
) -> None:
    """Publish the picture and its meta, and return when the broker has acknowledged both.

    Raises:
        PublishError: it refuses one of them, or does not answer.
    """
    acknowledged: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    reasons: list[int] = []

    def on_ack(reason: int, _seconds: float) -> None:
        reasons.append(reason)
        if len(reasons) == 2 and not acknowledged.done():
            acknowledged.set_result(max(reasons))

    mid = network.next_mid()
    head = image_head(network, PUBLISH | QOS_1, prefixed(topics.snapshot.encode()), mid, picture)
    network.write((head, picture.jpeg), len(head) + len(picture.jpeg), mid, on_ack)
    mid = network.next_mid()
    fields = meta_of(picture, trigger) | {"request_id": request_id}
    meta = meta_packet(network, prefixed(topics.snapshot_meta.encode()), mid, fields)
    network.write((meta,), len(meta), mid, on_ack)
    await asyncio.wait((acknowledged, network.ended), timeout=TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
    if not acknowledged.done():
        raise PublishError("unavailable", "the broker has not acknowledged the snapshot")
    if (reason := acknowledged.result()) >= REFUSED:
        raise PublishError("unavailable", f"the broker refuses the snapshot (reason code {reason})")
