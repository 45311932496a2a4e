"""Run the daemon on a tenth of a core with 128 MB, and measure what it still does.

usage: python tests/bench/small_machine.py [--percent 10] [--memory 128] [--seconds 20]

The daemon runs in a control group (version 1 or 2) that limits its processor time and its memory. For each row of the
table, it does more: pictures of 1280x720 at 30 fps over MQTT, motion detection, and H.264 video with a reader. The
table has pictures per second, their age, the longest time to the answer of a command, the frames per second of the
video, and how much memory is in use. It fails if the kernel kills the daemon. Needs root and mosquitto; the rows with
video need PyAV.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.bench.frames import ring
from tests.bench.run import CHECKOUT
from tests.bench.wire import Arrival, Subscriber
from tests.support.broker import Mosquitto
from tests.support.waiting import HOST, free_port

_GROUPS = Path("/sys/fs/cgroup")
_PERIOD = 100_000
"""Microseconds over which processor time is limited, as systemd's CPUQuota= has it."""
_START = 120.0
"""Seconds until the first picture: starting takes half a second of processor time."""
_SETTLE = 25.0
"""Seconds in which the daemon finds out what has to give way."""
_VIDEO_FRAME = b"\0\0\1\xe0"
"""The beginning of a frame in MPEG-TS; H.264 never contains these bytes."""
_CAMERA = "mqttcam/bench/cam"
_LOADS: dict[str, tuple[dict[str, Any], bool]] = {
    "pictures": ({}, False),
    "pictures, motion": ({"motion": True}, False),
    "pictures, motion, video": ({"motion": True, "video": {}}, True),
}
"""What a camera does, and whether its video is read."""


class Group:
    """A control group with limits of its own, within which other work on the machine takes nothing from it."""

    def __init__(self, percent: float, megabytes: int) -> None:
        """Make it; raises OSError without the permission to do that."""
        quota, limit = str(int(percent / 100 * _PERIOD)), str(megabytes * 1_000_000)
        name = f"mqttcam-small-{os.getpid()}"
        self._v2 = (_GROUPS / "cgroup.controllers").exists()
        roots = [_GROUPS] if self._v2 else [_GROUPS / "cpu", _GROUPS / "memory"]
        self._folders = [root / name for root in roots]
        for folder in self._folders:
            folder.mkdir()
        if self._v2:
            (self._folders[0] / "cpu.max").write_text(f"{quota} {_PERIOD}")
            (self._folders[0] / "cpu.weight").write_text("10000")
            (self._folders[0] / "memory.max").write_text(limit)
        else:
            (self._folders[0] / "cpu.cfs_period_us").write_text(str(_PERIOD))
            (self._folders[0] / "cpu.cfs_quota_us").write_text(quota)
            (self._folders[0] / "cpu.shares").write_text("262144")
            (self._folders[1] / "memory.limit_in_bytes").write_text(limit)

    def enter(self) -> None:
        """Move the calling process into it."""
        for folder in self._folders:
            (folder / "cgroup.procs").write_text(str(os.getpid()))

    def memory(self) -> float:
        """Return how many MB are in use, caches of files included."""
        name = "memory.current" if self._v2 else "memory.usage_in_bytes"
        return int((self._folders[-1] / name).read_text()) / 1e6

    def close(self) -> None:
        """Remove it; it must be empty."""
        for folder in self._folders:
            folder.rmdir()


class Commands:
    """Sets the quality of the images every second, and notes how long the answer takes."""

    def __init__(self, port: int) -> None:
        self.seconds: list[float] = []
        self._sent = 0.0
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._answered = threading.Event()
        self._client.on_connect = lambda client, *_: client.subscribe(f"{_CAMERA}/result")
        self._client.on_message = lambda *_: self._answered.set()
        self._client.connect(HOST, port)
        self._client.loop_start()

    def run(self, seconds: float) -> None:
        """Send commands for a while, each after the answer to the one before."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._answered.clear()
            began = time.monotonic()
            self._client.publish(f"{_CAMERA}/set", json.dumps({"image_quality": 80 + int(began) % 10}), qos=1)
            self._answered.wait(60)
            self.seconds.append(time.monotonic() - began)
            time.sleep(max(0.0, 1 - self.seconds[-1]))


@contextmanager
def daemon(folder: Path, port: int, web: int, extra: dict[str, Any], group: Group) -> Iterator[int]:
    """Run the daemon in the group, and yield its process id."""
    camera = {
        "source": {"type": "file", "path": str(ring(1280, 720)), "format": "yuv420"},
        "size": "1280x720",
        "frame_rate": 30,
        "image": {"fps": "max"},
        **extra,
    }
    config = {
        "node": "bench",
        "state_dir": str(folder / "state"),
        "mqtt": {"host": HOST, "port": port},
        "web": {"enabled": True, "host": HOST, "port": web},
        "cameras": {"cam": camera},
        "log": {"level": "WARNING"},
    }
    path = folder / "config.yaml"
    path.write_text(json.dumps(config))
    command = [sys.executable, "-m", "mqttcam", "run", "-c", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    process = subprocess.Popen(command, env=environment, preexec_fn=group.enter)
    try:
        yield process.pid
        if process.poll() is not None:
            raise RuntimeError(f"the daemon has ended with {process.returncode}")
    finally:
        process.kill()
        process.wait()


def read_video(web: int, stop: threading.Event, received: list[int]) -> None:
    """Read the camera's video until `stop`, and count its frames."""
    rest = b""
    with socket.create_connection((HOST, web), 60) as sock:
        sock.sendall(f"GET /cameras/cam/stream.ts HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        sock.settimeout(0.5)
        while not stop.is_set():
            with suppress(TimeoutError):
                data = rest + sock.recv(1 << 16)
                received[0] += data.count(_VIDEO_FRAME)
                rest = data[1 - len(_VIDEO_FRAME) :]


def row(name: str, options: argparse.Namespace) -> str:
    """Measure one load, and return its row of the table."""
    extra, with_video = _LOADS[name]
    received, stop = [0], threading.Event()
    group = Group(options.percent, options.memory)
    with ExitStack() as stack:
        stack.callback(group.close)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(Mosquitto(folder / "broker"))
        subscriber, web = Subscriber(broker.port, f"{_CAMERA}/image"), free_port()
        stack.enter_context(daemon(folder, broker.port, web, extra, group))
        next(subscriber.arrivals(_START))
        if with_video:
            reader = threading.Thread(target=read_video, args=(web, stop, received))
            stack.callback(reader.join)
            stack.callback(stop.set)
            reader.start()
        list(subscriber.arrivals(_SETTLE))
        commands, frames_before = Commands(broker.port), received[0]
        asking = threading.Thread(target=commands.run, args=(options.seconds,))
        asking.start()
        arrivals = list(subscriber.arrivals(options.seconds))
        asking.join()
        video = (received[0] - frames_before) / options.seconds
        memory = group.memory()
    rate, (p50, p99) = len(arrivals) / options.seconds, _ages(arrivals)
    slowest = max(commands.seconds)
    return f"| {name} | {rate:.1f} | {p50:.0f} / {p99:.0f} ms | {slowest:.2f} s | {video:.1f} | {memory:.0f} MB |"


def _ages(arrivals: list[Arrival]) -> tuple[float, float]:
    ages = sorted((one.at_ns - one.ts_ns) / 1e6 for one in arrivals)
    return statistics.median(ages), ages[int(len(ages) * 0.99)]


def main() -> None:
    """Measure all loads."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--percent", type=float, default=10)
    parser.add_argument("--memory", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    print(
        "| load | pictures per second | age p50 / p99 | slowest answer | frames of video per second | memory |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for name in _LOADS:
        print(row(name, options), flush=True)


if __name__ == "__main__":
    main()
