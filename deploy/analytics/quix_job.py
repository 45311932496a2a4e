#!/usr/bin/env python3
"""Analyze the frames of a Kafka topic with Quix Streams, and send what was found to another one.

Usage: quix_job.py BROKERS FRAMES RESULTS [--group NAME] [--max-age SECONDS]

Start it as often as you like; it promises the same as group_job.py. What Quix Streams adds is the rest of a stream
processor, such as windows ("how many persons in the last minute?") and state that survives a restart.

Needs `pip install quixstreams opencv-python-headless`, in an environment without mqttcam[confluent]; see
motion_boxes.py.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

from motion_boxes import result
from quixstreams import Application, message_context

_LARGEST_RECORD = 16 << 20


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Analyze the frames of a Kafka topic with Quix Streams.")
    parser.add_argument("brokers", help="host:port, several separated by commas")
    parser.add_argument("frames", help="the topic of the frames")
    parser.add_argument("results", help="the topic for what was found")
    parser.add_argument("--group", default="analytics", help="the consumer group")
    parser.add_argument("--max-age", type=float, metavar="SECONDS", help="skip frames that are older")
    parser.add_argument("--session-timeout", type=int, default=10_000, metavar="MS")
    options = parser.parse_args()

    app = Application(
        broker_address=options.brokers,
        consumer_group=options.group,
        auto_offset_reset="earliest",
        auto_create_topics=False,
        commit_interval=1.0,  # after a kill, the frames of a second have two results
        consumer_extra_config={
            "session.timeout.ms": options.session_timeout,
            "heartbeat.interval.ms": options.session_timeout // 3,
            "max.partition.fetch.bytes": _LARGEST_RECORD,
            "queued.max.messages.kbytes": 65_536,
        },
        producer_extra_config={"acks": "all", "partitioner": "murmur2_random"},
    )

    def look(value: bytes, key: str, timestamp: int, headers: Any) -> dict[str, Any] | None:
        if options.max_age is not None and timestamp < (time.time() - options.max_age) * 1000:
            return None
        record = message_context()
        place = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
        return result(key, value, timestamp, headers or (), place)

    frames = app.topic(options.frames, key_deserializer="str", value_deserializer="bytes")
    results = app.topic(options.results, key_serializer="str", value_serializer="json")
    found = app.dataframe(frames).apply(look, metadata=True)
    found.filter(lambda message: message is not None).to_topic(results)
    app.run()


if __name__ == "__main__":
    main()
