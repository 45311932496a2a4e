"""Kafka as an output of the daemon: a bridge for each camera."""

from __future__ import annotations

import logging
from pathlib import Path

from mqttcam.outputs.bridge import Bridge, BridgedOutput
from mqttcam.outputs.output import CameraFeed
from mqttcam.outputs.queue import FrameQueue, Queue
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

    def __init__(self, defaults: KafkaSettings, node: str, state_dir: Path) -> None:
        """Does nothing yet; `defaults` holds for every camera, as far as it has not its own."""
        super().__init__()
        self._defaults = defaults
        self._node = node
        self._state_dir = state_dir

    def serves(self, settings: CameraSettings) -> bool:
        """Every camera's frames go to Kafka, or can be switched to."""
        return True

    def make(self, feed: CameraFeed) -> Bridge:
        settings = for_camera(self._defaults, feed.settings.kafka, self._node, feed.id)
        return Bridge(
            self.name,
            feed,
            settings,
            self._queue(feed.id, settings),
            lambda: make_writer(settings, settings.client_id or f"mqttcam-{self._node}-{feed.id}"),
            fit=settings.oversize == "fit",
            at_least_once=settings.consistency != "AT_MOST_ONCE",
        )

    def _queue(self, camera_id: str, settings: KafkaSettings) -> Queue:
        limits = settings.queue
        if settings.spool is not None and settings.schedule is not None:
            from mqttcam.outputs.kafka.spool import SpoolQueue

            return SpoolQueue(self._state_dir / "spool" / camera_id, settings.spool.max_bytes)
        if settings.spool is not None:
            log.warning("kafka %s: spool is for frames on a schedule: not used", camera_id)
        age = limits.age if limits.age is not None or settings.schedule else MAX_AGE
        return FrameQueue(limits.frames, limits.bytes, age)


def make_writer(settings: KafkaSettings, client_id: str) -> Writer:
    """The writer that the settings name; nothing is loaded or connected before its `open`."""
    if settings.client == "confluent":
        from mqttcam.outputs.kafka.confluent_writer import ConfluentWriter

        return ConfluentWriter(settings, client_id)
    from mqttcam.outputs.kafka.sinetstream_writer import SinetstreamWriter

    return SinetstreamWriter(settings, client_id)
