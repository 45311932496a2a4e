"""Read the MJPEG stream of a server process with many viewers, and measure CPU, memory, rates and ages."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

WARM_UP = 1.5
_START = 30.0
HEADER = (
    "| | viewers | CPU % (user + system) | ms a frame | frames/s slowest | fastest | age ms p50 | p99 "
    "| worst viewer p99 | MB |\n" + "| --- " * 10 + "|"
)


@dataclass(frozen=True)
class Side:
    """A server, and how its stream is read.

    Attributes:
        command: it prints its port when it listens, where `port` does not say it already.
        stamp: the header that has the time of capture, in seconds of `clock`.
    """

    name: str
    command: Sequence[str]
    path: str = "/stream.mjpg"
    port: int | None = None
    stamp: str = "X-Timestamp"
    clock: Callable[[], float] = time.time
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def request(self) -> bytes:
        """What a viewer sends."""
        return f"GET {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


@dataclass(frozen=True)
class Figures:
    """One line of a table: CPU in percent of one core; rate and ages (ms) of each viewer; memory in MB (PSS)."""

    viewers: str
    user: float
    system: float
    rates: Sequence[float]
    ages: Sequence[Sequence[float]]
    memory: float

    @property
    def cpu(self) -> float:
        return self.user + self.system

    @property
    def a_frame(self) -> float:
        """Return CPU milliseconds per frame of the fastest viewer, including the delivery to the others."""
        return 10 * self.cpu / max(self.rates) if self.rates and max(self.rates) else 0.0

    def line(self, name: str) -> str:
        together = [age for ages in self.ages for age in ages]
        worst = max((percentile(ages, 99) for ages in self.ages), default=0.0)
        return (
            f"| {name} | {self.viewers} | {self.cpu:.1f} ({self.user:.1f} + {self.system:.1f}) | {self.a_frame:.2f} "
            f"| {min(self.rates, default=0):.1f} | {max(self.rates, default=0):.1f} | {percentile(together, 50):.1f} "
            f"| {percentile(together, 99):.1f} | {worst:.1f} | {self.memory:.0f} |"
        )

    def each(self) -> Iterator[str]:
        """Return one line per viewer."""
        for number, (rate, ages) in enumerate(zip(self.rates, self.ages, strict=True), 1):
            p50, p99 = percentile(ages, 50), percentile(ages, 99)
            yield f"    viewer {number}: {rate:.1f} frames a second, age {p50:.1f} / {p99:.1f} ms"


def percentile(values: Sequence[float], percent: int) -> float:
    """Return 0 if there are none."""
    if percent == 50:
        return statistics.median(values) if values else 0.0
    return sorted(values)[int(len(values) * percent / 100)] if values else 0.0


class Viewer(asyncio.Protocol):
    """Reads a stream, and notes when each picture was complete and how old it was."""

    def __init__(self, side: Side) -> None:
        self.times: list[float] = []
        self.ages: list[float] = []
        self._side = side
        stamp = side.stamp.encode()
        self._head = re.compile(
            rb"Content-Length: (\d+)\r\n(?:.*\r\n)*?" + stamp + rb": ([\d.]+)\r\n(?:.*\r\n)*?\r\n"
        )
        self._data = bytearray()
        self._missing = 0
        self._taken = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._side.request)

    def data_received(self, data: bytes) -> None:
        self._data += data
        while True:
            if not self._missing:
                head = self._head.search(self._data)
                if head is None:
                    return
                self._missing, self._taken = int(head[1]), float(head[2])
                del self._data[: head.end()]
            if len(self._data) < self._missing:
                return
            now = self._side.clock()
            self.times.append(now)
            self.ages.append((now - self._taken) * 1000)
            del self._data[: self._missing]
            self._missing = 0

    def forget(self) -> None:
        """Start counting."""
        self.times.clear()
        self.ages.clear()


@contextmanager
def server(side: Side) -> Iterator[tuple[psutil.Process, int]]:
    """A server process and its port."""
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            side.command, stdout=subprocess.PIPE, stderr=log, env=os.environ | dict(side.environment)
        ) as process,
    ):
        try:
            port = side.port or _said(process)
            if not port or not _listens(port, process):
                log.seek(0)
                raise SystemExit(f"{side.name} did not start:\n{log.read().decode()}")
            yield psutil.Process(process.pid), port
        finally:
            process.terminate()


def _said(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline() or 0)


def _listens(port: int, process: subprocess.Popen[bytes]) -> bool:
    end = time.monotonic() + _START
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.05)
    return False


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its threads, from its own clock (clock_getcpuclockid(3)): finer than its ticks."""
    return time.clock_gettime((~pid << 3) | 2)


async def measure(side: Side, viewers: int, stalled: int, seconds: float) -> Figures:
    """Viewers that read, and viewers that read nothing, for a while."""
    with server(side) as (process, port):
        loop = asyncio.get_running_loop()
        pairs = [
            await loop.create_connection(lambda: Viewer(side), "127.0.0.1", port) for _ in range(viewers)
        ]
        idle = []
        for _ in range(stalled):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.sendall(side.request)
            idle.append(sock)
        await asyncio.sleep(WARM_UP)
        for _, viewer in pairs:
            viewer.forget()
        before, used, started = process.cpu_times(), cpu_seconds(process.pid), time.monotonic()
        await asyncio.sleep(seconds)
        after, took = process.cpu_times(), time.monotonic() - started
        cpu = 100 * (cpu_seconds(process.pid) - used) / took
        memory = process.memory_full_info().pss / 1e6
        for transport, _ in pairs:
            transport.close()
        for sock in idle:
            sock.close()
    system = min(cpu, 100 * (after.system - before.system) / took)
    return Figures(
        viewers=f"{viewers}{' + 1 stalled' if stalled else ''}",
        user=cpu - system,
        system=system,
        rates=[len(viewer.times) / took for _, viewer in pairs],
        ages=[list(viewer.ages) for _, viewer in pairs],
        memory=memory,
    )
