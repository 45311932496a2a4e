"""The events of a camera, sent to a Kafka topic of their own over a connection of their own.

A topic that is missing, or a queue of frames that is full, does not delay them, nor they the frames.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import orjson

from mqttcam.outputs.output import CameraFeed
from mqttcam.outputs.queue import FrameQueue, QueuedMessage
from mqttcam.outputs.timing import OutputTiming
from mqttcam.outputs.writer import Writer
from mqttcam.outputs.writer_thread import WriterThread
from mqttcam.settings.kafka import KafkaSettings

MAX_EVENTS, MAX_BYTES = 1000, 1_000_000
"""Of the events that wait while Kafka is slow or away; the oldest are dropped."""


def settings_of_events(settings: KafkaSettings) -> KafkaSettings:
    """Return the settings of a camera's frames, changed for its events: another topic, and nothing around the JSON."""
    plain = {"user_data_only": True, "data_compression": False, "data_encryption": False}
    return settings.model_copy(update={**plain, "topic": settings.events})


class EventSender:
    """Queues the events of one camera, and sends them in a thread of its own."""

    def __init__(
        self,
        feed: CameraFeed,
        settings: KafkaSettings,
        make_writer: Callable[[], Writer],
        timing: OutputTiming,
    ) -> None:
        """Do nothing before `start`; `settings` are those of `settings_of_events`."""
        self._queue = FrameQueue(MAX_EVENTS, MAX_BYTES, None)
        self._thread = WriterThread(
            f"kafka {feed.id} events",
            self._queue,
            make_writer,
            lambda payload, limit: None,  # an event is not made smaller
            lambda: False,
            feed.changed,
            enabled=settings.enabled,
            at_least_once=settings.consistency != "AT_MOST_ONCE",
            timing=timing,
        )

    @property
    def problem(self) -> str | None:
        """The problem in words; None while events are sent."""
        return self._thread.status.problem

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Send what can be sent within `timeout` seconds, and end."""
        self._thread.stop(timeout)

    def set_enabled(self, enabled: bool) -> None:
        """Switch sending on or off; off drops the events that wait."""
        self._thread.set_enabled(enabled)

    def send(self, event: Mapping[str, object]) -> None:
        """Queue an event; it is ignored while sending is switched off."""
        if not self._thread.enabled or self._thread.stopping:
            return
        ts = event.get("ts")
        ts_ns = int(ts * 1e9) if isinstance(ts, int | float) else time.time_ns()
        motion = event.get("event", event.get("id"))  # a recording names the event that it shows
        self._queue.counts.add_taken()
        self._queue.put(
            QueuedMessage(orjson.dumps(event), 0, ts_ns, motion if isinstance(motion, str) else None)
        )

    def report(self) -> Mapping[str, object]:
        """The object `events` in the camera's report."""
        counts = self._queue.counts
        return {
            "connected": self._thread.status.connected,
            "taken": counts.taken,
            "sent": counts.sent,
            "dropped": counts.total_dropped,
            "errors": counts.errors,
            "waiting": len(self._queue),
        }
