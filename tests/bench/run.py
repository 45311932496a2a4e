"""Measure the daemon against its floor, both fed with the same frames, in the same run.

usage: python tests/bench/run.py [--seconds 8] [--rounds 3] [--dead-minutes 10] [--only NAME …]

Prints a table of ratios for README. Needs mosquitto; the comparison with ha-mqtt-discoverable needs that package.
Machines are shared and noisy: medians of rounds taken in turn, floor and daemon side by side.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
sys.path.insert(0, str(CHECKOUT))

import psutil

from tests.bench.frames import ring
from tests.bench.wire import Arrival, Subscriber
from tests.support.broker import Mosquitto

QUALITY = 85
TOPIC = "mqttcam/bench/cam/image"
FRESH = 0.15
"""Seconds; a younger picture is fresh."""
STALE = 0.5


@dataclass(frozen=True)
class Figures:
    """One side of one round: CPU milliseconds per frame, frames per second, age in milliseconds, memory in MB (PSS)."""

    cpu: float
    fps: float
    p50: float
    p99: float
    memory: float
    first: float


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its threads, from its own clock (see clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def memory_mb(pid: int) -> float:
    """Proportional set size: shared pages are counted by their share."""
    return float(psutil.Process(pid).memory_full_info().pss) / 1e6


def daemon_config(port: int, size: tuple[int, int], fps: float, folder: Path) -> Path:
    """Everything on: discovery, state, meta, results; one camera that reads the ring."""
    width, height = size
    camera = {
        "source": {"type": "file", "path": str(ring(width, height)), "format": "yuv420"},
        "size": f"{width}x{height}",
        "frame_rate": fps or "max",
        "image": {"fps": "max", "quality": QUALITY},
    }
    config = {
        "node": "bench",
        "state_dir": str(folder / "state"),
        "mqtt": {"host": "127.0.0.1", "port": port, "max_packet_size": 20_000_000},
        "cameras": {"cam": camera},
        "log": {"level": "WARNING"},
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(config))
    return path


@contextmanager
def running(command: Sequence[str], checkout: Path = CHECKOUT) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process with the modules of a checkout for the block; it must not end by itself."""
    process = subprocess.Popen(command, cwd=checkout, env={**os.environ, "PYTHONPATH": str(checkout)})
    try:
        yield process
        if process.poll() is not None:
            raise RuntimeError(f"{command[1]} ended with {process.returncode}")
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def compile_modules(checkout: Path) -> None:
    """Write the bytecode of its modules, which would otherwise count as time to start."""
    modules = [str(checkout / name) for name in ("mqttcam", "ha_discovery")]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *modules], check=True)


def command_of(side: str, port: int, size: tuple[int, int], fps: float, folder: Path) -> list[str]:
    """How to start the floor, the peer or the daemon."""
    if side == "daemon":
        return [sys.executable, "-m", "mqttcam", "run", "-c", str(daemon_config(port, size, fps, folder))]
    width, height = size
    arguments = [port, TOPIC, ring(width, height), width, height, fps, QUALITY]
    return [sys.executable, str(HERE / f"{side}.py"), *map(str, arguments)]


def measure(
    side: str, size: tuple[int, int], fps: float, seconds: float, checkout: Path = CHECKOUT
) -> Figures:
    """Run one side for a while, after a second to settle."""
    with tempfile.TemporaryDirectory() as name, Mosquitto(Path(name) / "broker") as broker:
        subscriber = Subscriber(broker.port, TOPIC)
        started = time.time_ns()
        with running(command_of(side, broker.port, size, fps, Path(name)), checkout) as process:
            first = next(subscriber.arrivals(30))
            list(subscriber.arrivals(1))
            cpu, began = cpu_seconds(process.pid), time.monotonic()
            arrivals = list(subscriber.arrivals(seconds))
            used, took = cpu_seconds(process.pid) - cpu, time.monotonic() - began
            memory = memory_mb(process.pid)
    ages = sorted((one.at_ns - one.ts_ns) / 1e6 for one in arrivals if one.ts_ns) or [0.0]
    return Figures(
        cpu=used / len(arrivals) * 1e3,
        fps=len(arrivals) / took,
        p50=statistics.median(ages),
        p99=ages[int(len(ages) * 0.99)],
        memory=memory,
        first=(first.at_ns - started) / 1e9,
    )


def rounds(
    sides: Sequence[str], size: tuple[int, int], fps: float, seconds: float, count: int
) -> dict[str, list[Figures]]:
    """Run the sides in turn, so that a change of the machine's speed affects both."""
    found: dict[str, list[Figures]] = {side: [] for side in sides}
    for _ in range(count):
        for side in sides:
            found[side].append(measure(side, size, fps, seconds))
    return found


def median(figures: Sequence[Figures], of: Callable[[Figures], float]) -> float:
    return statistics.median(of(one) for one in figures)


def ratio(above: Sequence[Figures], below: Sequence[Figures], of: Callable[[Figures], float]) -> float:
    """The median of the rounds' own ratios."""
    return statistics.median(of(a) / of(b) for a, b in zip(above, below, strict=True))


def paced(size: tuple[int, int], arguments: argparse.Namespace) -> None:
    """24 frames per second: cost and age of each frame, and memory."""
    sides = ["floor", "daemon", *(["peer"] if find_spec("ha_mqtt_discoverable") else [])]
    found = rounds(sides, size, 24, arguments.seconds, arguments.rounds)
    floor, daemon = found["floor"], found["daemon"]
    label = f"{size[0]}x{size[1]} at 24 fps"
    say(f"{label}: CPU a frame", f"{ratio(daemon, floor, lambda f: f.cpu):.2f} x the floor "
        f"({median(daemon, lambda f: f.cpu):.2f} / {median(floor, lambda f: f.cpu):.2f} ms)")  # fmt: skip
    if "peer" in found:
        say(
            f"{label}: CPU a frame against ha-mqtt-discoverable",
            f"{ratio(daemon, found['peer'], lambda f: f.cpu):.2f} x",
        )
    ages: dict[str, Callable[[Figures], float]] = {"p50": lambda f: f.p50, "p99": lambda f: f.p99}
    for name, of in ages.items():
        added = statistics.median(of(d) - of(f) for d, f in zip(daemon, floor, strict=True))
        say(f"{label}: age {name}", f"floor {added:+.2f} ms ({median(daemon, of):.2f} ms)")
    say(
        f"{label}: memory (PSS)",
        f"{median(daemon, lambda f: f.memory):.0f} MB (floor {median(floor, lambda f: f.memory):.0f} MB)",
    )
    say(
        f"{label}: first picture after exec",
        f"{median(daemon, lambda f: f.first):.2f} s (floor {median(floor, lambda f: f.first):.2f} s)",
    )


def unpaced(size: tuple[int, int], arguments: argparse.Namespace) -> None:
    """As fast as possible."""
    found = rounds(["floor", "daemon"], size, 0, arguments.seconds, arguments.rounds)
    speed = ratio(found["daemon"], found["floor"], lambda f: f.fps)
    say(
        f"{size[0]}x{size[1]} unpaced: frames a second",
        f"{speed:.2f} x the floor ({median(found['daemon'], lambda f: f.fps):.0f})",
    )


def first_discovery(checkout: Path = CHECKOUT) -> tuple[float, float]:
    """Return the seconds from exec to the first discovery message, and how many of them are CPU time."""
    with tempfile.TemporaryDirectory() as name, Mosquitto(Path(name) / "broker") as broker:
        subscriber = Subscriber(broker.port, "homeassistant/#")
        command = command_of("daemon", broker.port, (640, 480), 24, Path(name))
        started = time.time_ns()
        with running(command, checkout) as process:
            first = next(subscriber.arrivals(30))
            return (first.at_ns - started) / 1e9, cpu_seconds(process.pid)


def discovery_time(arguments: argparse.Namespace) -> None:
    """From exec to the first discovery message."""
    times = [first_discovery() for _ in range(arguments.rounds)]
    took, used = (statistics.median(values) for values in zip(*times, strict=True))
    say("first discovery after exec", f"{took:.2f} s ({used:.2f} s of CPU time)")


def frozen(arguments: argparse.Namespace) -> None:
    """The broker is stopped for 8 s at 1920x1080: the growth of memory, and the time until pictures are fresh again."""
    with tempfile.TemporaryDirectory() as name, Mosquitto(Path(name) / "broker") as broker:
        subscriber = Subscriber(broker.port, TOPIC)
        with running(command_of("daemon", broker.port, (1920, 1080), 30, Path(name))) as process:
            list(subscriber.arrivals(4))
            before = peak = memory_mb(process.pid)
            broker.pause()
            end = time.monotonic() + 8
            while time.monotonic() < end:
                time.sleep(0.2)
                peak = max(peak, memory_mb(process.pid))
            broker.resume()
            resumed = time.time_ns()
            after = list(subscriber.arrivals(4))
    stale = [one for one in after if age(one) > STALE]
    fresh = next((one for one in after if age(one) < FRESH), None)
    say("broker frozen for 8 s at 1920x1080: memory", f"{peak - before:+.1f} MB")
    say("broker frozen for 8 s at 1920x1080: stale pictures after", f"{len(stale)}")
    say(
        "broker frozen for 8 s at 1920x1080: fresh again after",
        "never" if fresh is None else f"{(fresh.at_ns - resumed) / 1e9:.2f} s",
    )


def age(one: Arrival) -> float:
    return (one.at_ns - one.ts_ns) / 1e9


def dead(arguments: argparse.Namespace) -> None:
    """The broker is killed for good: memory over the minutes."""
    with tempfile.TemporaryDirectory() as name, Mosquitto(Path(name) / "broker") as broker:
        subscriber = Subscriber(broker.port, TOPIC)
        with running(command_of("daemon", broker.port, (640, 480), 24, Path(name))) as process:
            list(subscriber.arrivals(4))
            os.kill(broker.pid, signal.SIGKILL)
            time.sleep(10)
            before = memory_mb(process.pid)
            time.sleep(arguments.dead_minutes * 60)
            grown = memory_mb(process.pid) - before
    say(f"broker dead for {arguments.dead_minutes:g} minutes: memory", f"{grown:+.1f} MB")


def say(what: str, how: str) -> None:
    print(f"| {what} | {how} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dead-minutes", type=float, default=10)
    parser.add_argument("--only", nargs="*", default=["paced", "unpaced", "discovery", "frozen", "dead"])
    arguments = parser.parse_args()
    compile_modules(CHECKOUT)
    print("| measured | |\n| --- | --- |")

    def each(part: Callable[[tuple[int, int], argparse.Namespace], None]) -> None:
        for size in ((640, 480), (1920, 1080)):
            part(size, arguments)

    parts: dict[str, Callable[[], None]] = {
        "paced": lambda: each(paced),
        "unpaced": lambda: each(unpaced),
        "discovery": lambda: discovery_time(arguments),
        "frozen": lambda: frozen(arguments),
        "dead": lambda: dead(arguments),
    }
    for name in arguments.only:
        parts[name]()


if __name__ == "__main__":
    main()
