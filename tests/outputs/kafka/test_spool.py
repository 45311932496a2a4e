"""Scheduled frames survive a power cut: delivered at least once, whether Kafka is available or not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.outputs.kafka.rig import (
    SPOOL,
    FakeCapture,
    RunningBridge,
    raw,
    read,
    records,
    running_bridge,
    sized,
)
from tests.support.kafka import KafkaBroker
from tests.support.project import PROJECT
from tests.support.waiting import wait_for


class Victim:
    """The daemon that is killed."""

    def __init__(self, broker: KafkaBroker, topic: str, state: Path, first: int) -> None:
        self._output = state / f"{first}.txt"
        environment = dict(os.environ, PYTHONPATH=str(PROJECT))
        command = [
            sys.executable,
            "-m",
            "tests.outputs.kafka.spooler",
            broker.address(),
            topic,
            str(state),
            str(first),
        ]
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, env=environment
            )

    @property
    def safe(self) -> list[int]:
        """Return the frames that it reported as safe."""
        lines = self._output.read_text().split("\n")[:-1]
        assert all(line.isdecimal() for line in lines), lines
        return [int(line) for line in lines]

    def kill_when(self, ready: Callable[[], object]) -> list[int]:
        """Send SIGKILL; return the frames that were reported as safe."""
        try:
            wait_for(lambda: self._process.poll() is not None or ready(), "the victim works")
        finally:
            self._process.kill()
            self._process.wait(10)
        return self.safe


def test_kill_9(real_kafka: KafkaBroker, topic: str, tmp_path: Path) -> None:
    """Killed once without Kafka and twice while sending: every frame reported as safe is delivered."""
    real_kafka.pause()
    try:
        victim = Victim(real_kafka, topic, tmp_path, 0)
        safe = victim.kill_when(lambda: len(victim.safe) >= 40)
    finally:
        real_kafka.resume()
    assert raw(real_kafka, topic) == []
    for first in (10_000, 20_000):
        delivered = len(raw(real_kafka, topic))
        victim = Victim(real_kafka, topic, tmp_path, first)
        safe += victim.kill_when(lambda: len(victim.safe) >= 20 and len(raw(real_kafka, topic)) > delivered)  # noqa: B023
    capture = FakeCapture(keep=False)
    with running_bridge(real_kafka, topic, capture, state=tmp_path, **SPOOL) as bridge:
        wait_for(lambda: bridge.report["connected"] and not list(tmp_path.rglob("*.jpg")), "all is sent")
        assert bridge.report["dropped"] == 0
    arrived = [message.value for message in read(real_kafka, topic, len(raw(real_kafka, topic)))]
    expected = [sized(20_000, number) for number in safe]
    assert len(safe) >= 80
    assert not [number for number, picture in zip(safe, expected, strict=True) if picture not in set(arrived)]
    # In order; and what is repeated is at most what was on its way at each death.
    assert len(arrived) - len(set(arrived)) <= 3
    once = list(dict.fromkeys(arrived))
    assert [picture for picture in once if picture in set(expected)] == expected


def adds_up(bridge: RunningBridge) -> bool:
    """Whether the counts are those of the camera, with at most one frame in flight."""
    before = bridge.capture.taken
    report = bridge.report
    counted = report["left_out"] + report["sent"] + report["dropped"] + report["waiting"]
    return bool(before == bridge.capture.taken and 0 <= before - counted <= 1)


def test_kafka_away(real_kafka: KafkaBroker, topic: str, tmp_path: Path) -> None:
    """What is taken while Kafka is away goes out when it is back, with key, headers and times of capture."""
    capture = FakeCapture(fps=50)
    with (
        running_bridge(
            real_kafka, topic, capture, state=tmp_path, node="pi", request_timeout_ms=1000, **SPOOL
        ) as bridge,
        capture,
    ):
        bridge.wait_sent(2)
        real_kafka.kill()
        wait_for(lambda: bridge.report["waiting"] >= 20, "frames wait")
        wait_for(lambda: adds_up(bridge), "captured = left out + delivered + dropped + spooled + in flight")
        real_kafka.start()
        capture.__exit__(None, None, None)
        counts = bridge.output.bridges["cam"].counts
        wait_for(lambda: counts.taken == counts.sent, "all is sent")
        report = bridge.report
        assert (report["dropped"], report["waiting"], report["lag"]) == (0, 0, 0)
        assert report["left_out"] + report["sent"] == capture.taken
        assert not list(tmp_path.rglob("*.jpg"))
    messages = read(real_kafka, topic, len(raw(real_kafka, topic)))  # one may be there twice
    assert len({message.value for message in messages}) == counts.taken
    times = [message.timestamp_us for message in messages]
    assert times == sorted(times)
    for record, message in zip(records(real_kafka, topic), messages, strict=True):
        assert record.key() == b"pi/cam"
        assert dict(record.headers())["seq"] == b"%d" % capture.jpegs.index(message.value)
        assert record.timestamp()[1] == message.timestamp_us // 1000


def test_spool_needs_a_schedule(kafka: KafkaBroker, topic: str, tmp_path: Path) -> None:
    """Every frame of a video on the disk would only wear it out."""
    capture = FakeCapture()
    with running_bridge(kafka, topic, capture, state=tmp_path, spool=True) as bridge:
        capture.publish(1)
        bridge.wait_sent(1)
    assert not (tmp_path / "spool").exists()
