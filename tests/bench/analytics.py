"""Measure how many frames per second the example jobs of deploy/analytics look at, with one process and with two.

usage: python -m tests.bench.analytics [--frames 250] [--workers 1 2]

Prints the table of docs/analytics.md. Needs Java, Maven and tests/outputs/kafka/setup.sh. Frames of 1280x720 from eight
cameras are in four partitions before the processes start; the time counts from the first result to the last one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.docs.markdown import table
from tests.outputs.kafka.rig import make_topic, topic_name
from tests.outputs.kafka.test_analytics_jobs import CAMERAS, JOBS, PARTITIONS, Frames, Results, working
from tests.support.kafka import KafkaBroker
from tests.support.pictures import jpeg
from tests.support.waiting import wait_for


def rate(broker: KafkaBroker, frames: Frames, job: str, workers: int, count: int, folder: Path) -> float:
    """Return the frames per second of a job with so many processes."""
    topic = make_topic(broker, topic_name("results"), partitions=PARTITIONS)
    results = Results(broker, topic)
    with working(folder / f"{job}-{workers}", job, broker, frames.topic, topic) as processes:
        processes.start(workers)
        wait_for(lambda: results.of_cameras(), "the first results", 120)
        first, began = len(results.records), time.monotonic()
        wait_for(
            lambda: sum(map(len, results.of_cameras().values())) >= count * len(CAMERAS), "all results", 600
        )
        seconds = time.monotonic() - began
    results.close()
    return (len(results.records) - first) / seconds


def main() -> None:
    """Run all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=250, help="of each camera")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    pictures = [jpeg(1280, 720, seed=number, noise=12, quality=80) for number in range(4)]
    print(f"pictures of {len(pictures[0]) // 1000} kB")
    rows = []
    with tempfile.TemporaryDirectory() as folder, KafkaBroker(Path(folder) / "kafka") as broker:
        frames = Frames(broker, picture=lambda seq: pictures[seq % len(pictures)])
        frames.send(options.frames)
        for job, name in JOBS.items():
            rates = [
                rate(broker, frames, job, workers, options.frames, Path(folder))
                for workers in options.workers
            ]
            rows.append([name, *(f"{found:.0f}" for found in rates)])
            print(rows[-1], flush=True)
    print(table(["Job", *(f"{workers} processes" for workers in options.workers)], rows))


if __name__ == "__main__":
    main()
