"""The Kafka output: one bridge per camera."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from mqttcam.outputs.bridge import Bridge, BridgedOutput
from mqttcam.outputs.kafka.events import EventSender, settings_of_events
from mqttcam.outputs.kafka.record import EventFields, RecordFields
from mqttcam.outputs.output import CameraFeed
from mqttcam.outputs.pictures_before import PicturesBefore
from mqttcam.outputs.queue import FrameQueue, Queue
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import Writer
from mqttcam.settings import CameraSettings
from mqttcam.settings.kafka import KafkaSettings, for_camera, pictures_kept_before

MAX_AGE = 60.0
"""Seconds that a frame may wait if the settings do not say; one on a schedule may wait for any time."""


class KafkaBridge(Bridge):
    """Sends a camera's frames, and its events if they have a topic.

    Attributes:
        events: sends the events; None if they have no topic.
    """

    events: EventSender | None = None

    @property
    def problem(self) -> str | None:
        return super().problem or (self.events.problem if self.events is not None else None)

    def report(self) -> Mapping[str, object]:
        return {**super().report(), **({} if self.events is None else {"events": self.events.report()})}

    def set_enabled(self, enabled: bool) -> None:
        super().set_enabled(enabled)
        if self.events is not None:
            self.events.set_enabled(enabled)

    def start(self) -> None:
        super().start()
        if self.events is not None:
            self.events.start()

    def stop(self, timeout: float) -> None:
        if self.events is None:
            super().stop(timeout)
            return
        other = threading.Thread(target=self.events.stop, args=(timeout,), name=f"{self.name} events stop")
        other.start()
        super().stop(timeout)
        other.join()

    def send_event(self, event: Mapping[str, object]) -> None:
        if self.events is not None:
            self.events.send(event)


class KafkaOutput(BridgedOutput):
    """Sends the frames of every camera to Kafka, and the events of those that have a topic for them."""

    name = "kafka"
    title = "Kafka"

    def __init__(
        self, defaults: KafkaSettings, node: str, state_dir: Path, *, timing: OutputTiming | None = None
    ) -> None:
        """Do nothing yet; `defaults` are the settings of every camera, except for those that it has itself."""
        super().__init__()
        self._defaults = defaults
        self._node = node
        self._state_dir = state_dir
        self._timing = timing or OutputTiming()

    def serves(self, settings: CameraSettings) -> bool:
        """Return True: the frames of every camera can be sent to Kafka."""
        return True

    def make(self, feed: CameraFeed) -> KafkaBridge:
        settings = for_camera(self._defaults, feed.settings.kafka, self._node, feed.id)
        record = RecordFields(self._node, feed.id, settings)
        client_id = settings.client_id or f"mqttcam-{self._node}-{feed.id}"
        bridge = KafkaBridge(
            self.name,
            feed,
            settings,
            self._queue(feed.id, settings),
            lambda: make_writer(settings, client_id, record, self._state_dir, self._timing),
            fit=settings.oversize == "fit",
            at_least_once=settings.consistency != "AT_MOST_ONCE",
            before=self._pictures_before(settings),
            timing=self._timing,
        )
        if settings.events is not None:
            bridge.events = self._event_sender(feed, settings, f"{client_id}-events")
        return bridge

    def _event_sender(self, feed: CameraFeed, settings: KafkaSettings, client_id: str) -> EventSender:
        settings = settings_of_events(settings)
        record = EventFields(self._node, feed.id, settings)
        return EventSender(
            feed,
            settings,
            lambda: make_writer(settings, client_id, record, self._state_dir, self._timing),
            self._timing,
        )

    @staticmethod
    def _pictures_before(settings: KafkaSettings) -> PicturesBefore | None:
        limits = settings.queue  # half of it, which leaves room for the pictures of the event
        if not settings.before:
            return None
        return PicturesBefore(settings.before, pictures_kept_before(settings), limits.bytes // 2)

    def _queue(self, camera_id: str, settings: KafkaSettings) -> Queue:
        limits = settings.queue
        if settings.spool is not None and settings.schedule is not None:
            from mqttcam.outputs.kafka.spool import SpoolQueue

            return SpoolQueue(self._state_dir / "spool" / camera_id, settings.spool.max_bytes)
        age = limits.age if limits.age is not None or settings.schedule else MAX_AGE
        return FrameQueue(limits.frames, limits.bytes, age)


def make_writer(
    settings: KafkaSettings, client_id: str, record: RecordFields, state_dir: Path, timing: OutputTiming
) -> Writer:
    """Return the writer that the settings name; its library is imported in `open`."""
    if settings.type == "mqtt":
        from mqttcam.outputs.kafka.mqtt_writer import MqttWriter

        return MqttWriter(settings, client_id, timing.open)
    if settings.client == "confluent":
        from mqttcam.outputs.kafka.confluent_writer import ConfluentWriter

        return ConfluentWriter(settings, client_id, record, timing.open)
    from mqttcam.outputs.kafka.sinetstream_writer import SinetstreamWriter

    return SinetstreamWriter(settings, client_id, record, state_dir, timing)
