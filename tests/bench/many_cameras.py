"""Measure what each camera of a daemon costs when there are many, and what one bad camera changes for the others.

usage: python tests/bench/many_cameras.py [--cameras 1 4 16] [--seconds 6] [--rounds 3]

The first table: processor time per frame, threads and memory of daemons whose cameras give frames of 640x480 at 5 fps,
all published over MQTT. The second: rate and age of the pictures of four such cameras, by themselves and beside a fifth
that hangs, floods (1280x720 as fast as possible) or is huge (7680x4320 at 5 fps). Needs mosquitto.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.frames import ring
from tests.bench.run import cpu_seconds, memory_mb, running
from tests.bench.wire import Subscriber
from tests.support.broker import Mosquitto

_RATE = 5
_SETTLE = 3.0
"""Seconds from the first picture of all cameras until the measurement begins."""


@dataclass(frozen=True)
class Figures:
    """One daemon: CPU milliseconds per frame, threads, memory in MB.

    Of the good cameras' pictures: how many come per second from the slowest camera, and their ages in milliseconds.
    """

    cpu: float
    threads: int
    memory: float
    slowest: float
    p50: float
    p99: float


def camera(width: int = 640, height: int = 480, rate: float | None = _RATE) -> dict[str, Any]:
    """Return the settings of a camera that reads raw frames; without a rate, as fast as possible."""
    return {
        "source": {"type": "file", "path": str(ring(width, height)), "format": "yuv420"},
        "size": f"{width}x{height}",
        "frame_rate": rate or "max",
        "image": {"fps": "max"},
    }


def measure(good: int, seconds: float, bad: dict[str, Any] | None = None) -> Figures:
    """Run a daemon with so many good cameras and at most one bad one."""
    cameras = {f"good{number}": camera() for number in range(good)}
    with tempfile.TemporaryDirectory() as name, Mosquitto(Path(name) / "broker") as broker:
        subscriber = Subscriber(broker.port, "mqttcam/bench/+/image")
        config = {
            "node": "bench",
            "state_dir": f"{name}/state",
            "mqtt": {"host": "127.0.0.1", "port": broker.port, "max_packet_size": 30_000_000},
            "cameras": cameras | ({} if bad is None else {"bad": bad}),
            "log": {"level": "CRITICAL"},
        }
        path = Path(name) / "config.yaml"
        path.write_text(json.dumps(config))
        with running([sys.executable, "-m", "mqttcam", "run", "-c", str(path)]) as process:
            _wait_for_all(subscriber, set(cameras))
            list(subscriber.arrivals(_SETTLE))
            cpu, began = cpu_seconds(process.pid), time.monotonic()
            arrivals = list(subscriber.arrivals(seconds))
            used, took = cpu_seconds(process.pid) - cpu, time.monotonic() - began
            threads, memory = len(os.listdir(f"/proc/{process.pid}/task")), memory_mb(process.pid)
    names = [one.topic.split("/")[2] for one in arrivals]
    ages = sorted(
        (one.at_ns - one.ts_ns) / 1e6 for one, name in zip(arrivals, names, strict=True) if name != "bad"
    )
    return Figures(
        cpu=used / len(arrivals) * 1e3,
        threads=threads,
        memory=memory,
        slowest=min(names.count(name) for name in cameras) / took,
        p50=statistics.median(ages),
        p99=ages[int(len(ages) * 0.99)],
    )


def _wait_for_all(subscriber: Subscriber, names: set[str]) -> None:
    missing = set(names)
    for arrival in subscriber.arrivals(60):
        missing.discard(arrival.topic.split("/")[2])
        if not missing:
            return
    raise RuntimeError(f"no pictures of {missing}")


def by_number(counts: Sequence[int], options: argparse.Namespace) -> None:
    """Print the table of what each camera costs; the counts take turns."""
    found: dict[int, list[Figures]] = {count: [] for count in counts}
    for _ in range(options.rounds):
        for count in counts:
            found[count].append(measure(count, options.seconds))
    print("| cameras | CPU per frame | against the first row | threads | memory (PSS) | age p50 / p99 |")
    print("| --- | --- | --- | --- | --- | --- |")
    for count, figures in found.items():
        cpu, memory, p50, p99 = (
            statistics.median(getattr(one, name) for one in figures)
            for name in ("cpu", "memory", "p50", "p99")
        )
        pairs = zip(figures, found[counts[0]], strict=True)
        ratio = statistics.median(one.cpu / first.cpu for one, first in pairs)
        print(
            f"| {count} | {cpu:.2f} ms | {ratio:.2f} x | {figures[-1].threads} | {memory:.0f} MB"
            f" | {p50:.1f} / {p99:.1f} ms |",
            flush=True,
        )


def beside_a_bad_one(options: argparse.Namespace) -> None:
    """Print the table of what a bad camera changes for four good ones."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/stream"
        cameras: dict[str, dict[str, Any] | None] = {
            "nothing": None,
            "one that hangs": {"source": {"type": "url", "url": url, "kind": "mjpeg"}},
            "one that floods": camera(1280, 720, None),
            "one that is huge": camera(7680, 4320),
        }
        print("\n| beside | pictures per second of the slowest | age p50 / p99 | memory (PSS) |")
        print("| --- | --- | --- | --- |")
        for name, bad in cameras.items():
            found = [measure(4, options.seconds, bad) for _ in range(options.rounds)]
            slowest, p50, p99, memory = (
                statistics.median(getattr(one, field) for one in found)
                for field in ("slowest", "p50", "p99", "memory")
            )
            print(f"| {name} | {slowest:.2f} | {p50:.1f} / {p99:.1f} ms | {memory:.0f} MB |", flush=True)


def main() -> None:
    """Run the measurements."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    by_number(options.cameras, options)
    beside_a_bad_one(options)


if __name__ == "__main__":
    main()
