"""Kafka as an output of the daemon: a bridge for each camera."""

from __future__ import annotations

import logging
from pathlib import Path

from mqttcam.outputs.bridge import Bridge
from mqttcam.outputs.bridged import BridgedOutput, Line
from mqttcam.outputs.message import FrameQueue, Queue, Tally
from mqttcam.outputs.output import CameraFeed, spec_of
from mqttcam.outputs.selection import selection
from mqttcam.outputs.writer import Writer
from mqttcam.settings import CameraSettings
from mqttcam.settings.kafka import KafkaSettings, for_camera

log = logging.getLogger(__name__)

MAX_AGE = 60.0
"""Seconds that a frame may wait, where the settings do not say; one on a schedule waits as long as it has to."""


class KafkaOutput(BridgedOutput):
    """Every camera's way to Kafka."""

    name = "kafka"
    title = "Kafka"

    def __init__(self, everyone: KafkaSettings, node: str, state_dir: Path) -> None:
        """Does nothing yet; `everyone` holds for every camera, as far as it has not its own."""
        super().__init__()
        self._everyone = everyone
        self._node = node
        self._state_dir = state_dir

    def serves(self, settings: CameraSettings) -> bool:
        """Every camera's frames go to Kafka, or can be switched to."""
        return True

    def make(self, feed: CameraFeed) -> Line:
        settings = for_camera(self._everyone, feed.settings.kafka, self._node, feed.id)
        tally = Tally()
        queue = self._queue(feed.id, settings, tally)
        bridge = Bridge(
            f"kafka {feed.id}",
            queue,
            tally,
            selection(settings.fps, settings.schedule),
            spec_of(feed, settings.quality),
            lambda: make_writer(settings, settings.client_id or f"mqttcam-{self._node}-{feed.id}"),
            fit=settings.oversize == "fit",
            sure=settings.consistency != "AT_MOST_ONCE",
            enabled=settings.enabled,
            changed=feed.changed,
        )
        return Line(bridge, queue, feed)

    def _queue(self, camera_id: str, settings: KafkaSettings, tally: Tally) -> Queue:
        limits = settings.queue
        if settings.spool is not None and settings.schedule is not None:
            from mqttcam.outputs.kafka.spool import SpoolQueue

            return SpoolQueue(self._state_dir / "spool" / f"{camera_id}.db", settings.spool.max_bytes, tally)
        if settings.spool is not None:
            log.warning("kafka %s: spool is for frames on a schedule: not used", camera_id)
        age = limits.age if limits.age is not None or settings.schedule else MAX_AGE
        return FrameQueue(limits.frames, limits.bytes, age, tally)


def make_writer(settings: KafkaSettings, client_id: str) -> Writer:
    """The writer that the settings name; nothing is loaded or connected before its `open`."""
    special = (
        settings.data_compression or settings.data_encryption or settings.user_data_only or settings.config
    )
    if settings.client == "confluent" and not special and settings.message_format == 3:
        from mqttcam.outputs.kafka.confluent_writer import ConfluentWriter

        return ConfluentWriter(settings, client_id)
    from mqttcam.outputs.kafka.sinetstream_writer import SinetstreamWriter

    return SinetstreamWriter(settings, client_id)
