#!/usr/bin/env python3
"""Read the frames of a Kafka topic: the example that a consumer of your own can begin with.

Usage: kafka_consumer.py BROKERS TOPIC [--group NAME] [--save FOLDER] [--count N]

It prints one line per frame, and saves the JPEGs with --save. Several of them with the same --group share the
partitions of the topic, and so the cameras. Needs `pip install confluent-kafka`, and either mqttcam or a copy of its
mqttcam/kafka/envelope.py beside this file.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer

try:
    from mqttcam.kafka.envelope import InvalidMessage, unpack
except ImportError:
    from envelope import InvalidMessage, unpack  # type: ignore[import-not-found,no-redef]


def main() -> int:
    """Read until interrupted, or until --count frames were read."""
    options = _options()
    consumer = Consumer(
        {
            "bootstrap.servers": options.brokers,
            "group.id": options.group,
            "auto.offset.reset": "earliest",
            # The largest record; as large as the topic's max.message.bytes.
            "max.partition.fetch.bytes": 16 << 20,
        }
    )
    consumer.subscribe([options.topic])
    read = 0
    try:
        while options.count is None or read < options.count:
            record = consumer.poll(1.0)
            if record is None:
                continue
            if record.error():
                print(f"{options.topic}: {record.error().str()}", file=sys.stderr)
                continue
            read += 1
            _use(record, options.save)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()
    return 0


def _use(record: Any, folder: Path | None) -> None:
    place = f"partition {record.partition()} offset {record.offset()}"
    try:
        message = unpack(record.value() or b"")
    except InvalidMessage as error:
        print(f"{place}: skipped: {error}", file=sys.stderr)
        return
    headers = {name: (value or b"").decode() for name, value in record.headers() or ()}
    # From the envelope: the record's own time is the broker's in some topics.
    milliseconds = record.timestamp()[1] if message.timestamp_us is None else message.timestamp_us / 1000
    captured = datetime.fromtimestamp(milliseconds / 1000, UTC)
    camera = (record.key() or b"?").decode()  # <node>/<camera>
    seq = headers.get("seq", "?")
    print(f"{place}: {camera} {seq} {captured.isoformat()} {len(message.payload)} bytes", flush=True)
    if folder is not None:
        path = folder / camera.replace("/", "_") / f"{captured:%Y%m%dT%H%M%S.%fZ}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(message.payload)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Read the frames of a Kafka topic.")
    parser.add_argument("brokers", help="host:port, several separated by commas")
    parser.add_argument("topic")
    parser.add_argument("--group", default="frames", help="the consumer group")
    parser.add_argument("--save", type=Path, metavar="FOLDER", help="save the JPEGs here")
    parser.add_argument("--count", type=int, metavar="N", help="end after N frames")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
