#!/usr/bin/env python3
"""Analyze the frames of a Kafka topic, and send what was found to another one: a plain consumer group.

Usage: group_job.py BROKERS FRAMES RESULTS [--group NAME] [--max-age SECONDS]

Start it as often as you like, on one machine or several: the processes of a group share the partitions, and so the
cameras, and take over those of one that ends. Every frame has at least one result, in the order of the camera's frames;
after a process was killed, the frames of its last batch have two. With --max-age, frames that were captured longer ago
are skipped, so that a job that is too slow, or was away, stays near the present.

Needs `pip install confluent-kafka opencv-python-headless`; see motion_boxes.py.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from motion_boxes import result

BATCH = 20
"""Frames between two commits: the maximum that is analyzed twice after a process is killed."""
_LARGEST_RECORD = 16 << 20


class Job:
    """A process of the group.

    Attributes:
        running: whether to go on; SIGTERM and SIGINT end it after the present batch.
        analyzed, skipped: numbers of frames.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self.running = True
        self.analyzed = self.skipped = 0
        self._options = options
        self._consumer = Consumer(
            {
                "bootstrap.servers": options.brokers,
                "group.id": options.group,
                "session.timeout.ms": options.session_timeout,
                "heartbeat.interval.ms": options.session_timeout // 3,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "max.partition.fetch.bytes": _LARGEST_RECORD,
                "queued.max.messages.kbytes": 65_536,  # of frames fetched in advance
            }
        )
        # The partitioner of the other clients: a camera's results stay in order, in one partition.
        self._producer = Producer(
            {"bootstrap.servers": options.brokers, "acks": "all", "partitioner": "murmur2_random"}
        )

    def run(self) -> None:
        """Analyze until stopped."""
        self._consumer.subscribe([self._options.frames], on_assign=self._assigned)
        try:
            while self.running:
                if records := self._consumer.consume(BATCH, 0.1):
                    self._analyze(records)
        finally:
            self._consumer.close()

    def _analyze(self, records: list[Any]) -> None:
        """Send the results of a batch, and only then commit it: a process that is killed before repeats it."""
        failed: list[Any] = []
        for record in records:
            if record.error():
                print(f"{self._options.frames}: {record.error().str()}", file=sys.stderr)
            elif self._is_too_old(record):
                self.skipped += 1
            elif (found := self._result(record)) is not None:
                self._producer.produce(
                    self._options.results,
                    json.dumps(found).encode(),
                    record.key(),
                    on_delivery=lambda error, _record: failed.append(error) if error else None,
                )
                self.analyzed += 1
        if self._producer.flush(60) or failed:
            raise SystemExit(f"{self._options.results}: {failed[0].str() if failed else 'no answer'}")
        try:
            self._consumer.commit(asynchronous=False)
        except KafkaException as error:
            # Another process has the partitions now, and repeats the batch.
            print(f"not committed: {error.args[0].str()}", file=sys.stderr)

    def _result(self, record: Any) -> dict[str, Any] | None:
        place = {"topic": record.topic(), "partition": record.partition(), "offset": record.offset()}
        camera = (record.key() or b"?/?").decode()
        return result(camera, record.value() or b"", record.timestamp()[1], record.headers() or (), place)

    def _is_too_old(self, record: Any) -> bool:
        return record.timestamp()[1] < self._oldest_ms

    @property
    def _oldest_ms(self) -> float:
        age = self._options.max_age
        return 0 if age is None else (time.time() - age) * 1000

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Seek to the first frame that is recent enough, without fetching those before it."""
        if self._options.max_age is None:
            return
        # Without a recent frame, begin at the end as it was before the search: frames may arrive during it.
        ends = [consumer.get_watermark_offsets(one, 10)[1] for one in partitions]
        times = [TopicPartition(one.topic, one.partition, int(self._oldest_ms)) for one in partitions]
        young = consumer.offsets_for_times(times, 10)
        committed = consumer.committed(partitions, 10)
        for partition, end, first, last in zip(partitions, ends, young, committed, strict=True):
            partition.offset = max(end if first.offset < 0 else first.offset, last.offset)
        consumer.assign(partitions)


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Analyze the frames of a Kafka topic.")
    parser.add_argument("brokers", help="host:port, several separated by commas")
    parser.add_argument("frames", help="the topic of the frames")
    parser.add_argument("results", help="the topic for what was found")
    parser.add_argument("--group", default="analytics", help="the consumer group")
    parser.add_argument("--max-age", type=float, metavar="SECONDS", help="skip frames that are older")
    parser.add_argument(
        "--session-timeout",
        type=int,
        default=10_000,
        metavar="MS",
        help="when the others take over from a process that was killed",
    )
    job = Job(parser.parse_args())

    def stop(*_: object) -> None:
        job.running = False

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    job.run()
    print(f"{job.analyzed} frames analyzed, {job.skipped} skipped", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
