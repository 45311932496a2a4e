"""What became of the frames of each camera at each output, and whether that adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.soak.setting import ALL_FRAMES, Setting

MQTT, KAFKA, TCP = "MQTT", "Kafka", "TCP"
_AT_ONCE = 3
"""Frames that may be captured, encoded or in flight at the moment of counting."""
_LOST_PER_OUTAGE = 20
"""Images at QoS 0 that may be lost on their way at each outage of the broker: two seconds of them."""


@dataclass(frozen=True, slots=True)
class Count:
    """The frames of one camera for one output.

    Attributes:
        received: what arrived at the other end; None if it is not counted there.
    """

    camera: str
    output: str
    captured: int
    delivered: int
    dropped: int
    waiting: int = 0
    received: int | None = None

    @property
    def left_out(self) -> int:
        """Frames that were not due by rate or schedule, or while the output was off."""
        return self.captured - self.delivered - self.dropped - self.waiting


def take_counts(setting: Setting, *, in_kafka: bool = False) -> list[Count]:
    """Return the counts now, with the number of records of each topic if `in_kafka`.

    Call it while nothing is in flight for long.
    """
    images = dict(setting.observer.images)
    received = setting.listener.received
    cameras = setting.get("/api/health")["cameras"]
    counts = []
    for name, report in cameras.items():
        frames, dropped = report["frames"], report["dropped"]
        counts.append(Count(name, MQTT, frames, images.get(name, 0), dropped))
        if (kafka := report.get("kafka")) and kafka["enabled"]:
            stored = _records(setting, name) if in_kafka else None
            counts.append(_of_output(name, KAFKA, frames, kafka, stored))
        if tcp := report.get("tcp"):
            counts.append(_of_output(name, TCP, frames, tcp, received))
    return counts


def _of_output(
    camera: str, output: str, frames: int, report: Mapping[str, Any], received: int | None = None
) -> Count:
    return Count(camera, output, frames, report["sent"], report["dropped"], report["waiting"], received)


def _records(setting: Setting, camera: str) -> int:
    from confluent_kafka import Consumer, TopicPartition

    assert setting.kafka is not None
    consumer = Consumer({"bootstrap.servers": setting.kafka.address(), "group.id": "soak"})
    try:
        low, high = consumer.get_watermark_offsets(TopicPartition(f"soak.{camera}", 0), timeout=20)
    finally:
        consumer.close()
    return int(high - low)


def mistakes(counts: list[Count], outages: int) -> list[str]:
    """Return where the counts of a whole run do not add up; `outages` is how often the broker was away."""
    found = []
    for count in counts:
        name = f"{count.camera}, {count.output}"
        if count.left_out < -_AT_ONCE:
            found.append(f"{name}: {-count.left_out} more frames delivered and dropped than captured")
        most = _AT_ONCE + (outages * _LOST_PER_OUTAGE if count.output == MQTT else 0)
        if count.camera == ALL_FRAMES and count.left_out > most:
            found.append(f"{name}: {count.left_out} frames are neither delivered nor dropped")
        if count.received is None:
            continue
        # What Kafka has acknowledged is there, some of it twice; what was sent by TCP may get lost on its way.
        surplus = count.received - count.delivered
        if (-surplus if count.output == KAFKA else surplus) > _AT_ONCE:
            found.append(f"{name}: {count.received} received, {count.delivered} sent")
    return found


def calm_mistakes(before: list[Count], after: list[Count]) -> list[str]:
    """Return where the counts between two moments without a fault do not add up; then nothing is lost."""
    earlier = {(count.camera, count.output): count for count in before}
    found = []
    for count in after:
        if (old := earlier.get((count.camera, count.output))) is None:
            continue
        captured = count.captured - old.captured
        gone = count.delivered + count.dropped + count.waiting - old.delivered - old.dropped - old.waiting
        name = f"{count.camera}, {count.output}, without a fault"
        if count.camera == ALL_FRAMES and abs(captured - gone) > _AT_ONCE:
            found.append(f"{name}: {captured} captured, {gone} delivered and dropped")
        if count.received is not None and old.received is not None:
            sent, received = count.delivered - old.delivered, count.received - old.received
            if abs(sent - received) > _AT_ONCE:
                found.append(f"{name}: {sent} sent, {received} received")
    return found
