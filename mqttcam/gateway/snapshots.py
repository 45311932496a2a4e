"""Pictures taken by a command: published at QoS 1 with their meta, and awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from mqttcam.camera.frame import Picture
from mqttcam.devices.errors import Code, CommandError
from mqttcam.gateway.picture_packets import (
    image_head,
    largest_jpeg,
    meta_packet,
    picture_meta,
)
from mqttcam.mqtt.connection import Connection
from mqttcam.mqtt.network_connection import NetworkConnection
from mqttcam.mqtt.packets import PUBLISH, QOS_1, prefixed
from mqttcam.mqtt.reasons import FIRST_FAILURE, PACKET_TOO_LARGE, reason_text
from mqttcam.mqtt.topics import CameraTopics

MAX_PENDING = 2
"""Snapshots of one camera that may wait for their acknowledgement at the same time."""
ACK_TIMEOUT = 30.0
"""Seconds that the broker has to acknowledge a snapshot."""
_TRIGGER = "command"


class SnapshotPublisher:
    """Publishes the snapshots of one camera."""

    def __init__(
        self, connection: Connection, topics: CameraTopics, *, ack_timeout: float = ACK_TIMEOUT
    ) -> None:
        self._connection = connection
        self._topics = topics
        self._ack_timeout = ack_timeout
        self._pending = 0
        self._on_idle: Callable[[], None] | None = None

    @property
    def max_bytes(self) -> int:
        """The size in bytes of the largest JPEG that can be published now."""
        return largest_jpeg(self._connection, self._topics)

    async def publish(self, picture: Picture, request_id: str | None) -> None:
        """Publish a picture and its meta; return once the broker has acknowledged both.

        Raises:
            CommandError: There is no connection, `MAX_PENDING` snapshots are pending, the picture is larger than
                `max_bytes`, or the broker refuses it or does not acknowledge it in time.
        """
        network = self._connection.network
        if network is None:
            raise CommandError(Code.UNAVAILABLE, "there is no connection to the broker")
        if self._pending >= MAX_PENDING:
            raise CommandError(Code.BUSY, f"{self._pending} snapshots are waiting for the broker")
        if len(picture.jpeg) > self.max_bytes:
            raise CommandError(
                Code.TOO_LARGE, f"the picture is {len(picture.jpeg)} bytes; allowed: {self.max_bytes}"
            )
        self._pending += 1
        try:
            await self._send(network, picture, request_id)
        finally:
            self._pending -= 1
            if not self._pending and self._on_idle is not None:
                on_idle, self._on_idle = self._on_idle, None
                on_idle()

    def discard(self, on_idle: Callable[[], None]) -> None:
        """Note that the camera was switched off.

        Args:
            on_idle: called once the snapshots in flight have reached the broker or never will; not called if there are
                none.
        """
        self._on_idle = on_idle if self._pending else None

    async def _send(self, network: NetworkConnection, picture: Picture, request_id: str | None) -> None:
        acknowledged: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        reasons: list[int] = []

        def on_ack(reason: int, _seconds: float) -> None:
            reasons.append(reason)
            if len(reasons) == 2 and not acknowledged.done():
                acknowledged.set_result(max(reasons))

        mid = network.next_mid()
        head = image_head(network, PUBLISH | QOS_1, prefixed(self._topics.snapshot.encode()), mid, picture)
        network.write((head, picture.jpeg), len(head) + len(picture.jpeg), mid, on_ack)
        mid = network.next_mid()
        fields = picture_meta(picture, _TRIGGER) | {"request_id": request_id}
        meta = meta_packet(network, prefixed(self._topics.snapshot_meta.encode()), mid, fields)
        network.write((meta,), len(meta), mid, on_ack)
        await asyncio.wait(
            (acknowledged, network.ended), timeout=self._ack_timeout, return_when=asyncio.FIRST_COMPLETED
        )
        if not acknowledged.done():
            raise CommandError(Code.UNAVAILABLE, "the broker did not acknowledge the snapshot")
        if (reason := acknowledged.result()) >= FIRST_FAILURE:
            code = Code.TOO_LARGE if reason == PACKET_TOO_LARGE else Code.UNAVAILABLE
            raise CommandError(code, f"the broker refused the snapshot: {reason_text(reason)}")
