"""Measures the live stream: CPU and memory of the server, and each viewer's rate and age, for 0, 1, 5 and 20 viewers.

usage: python tests/bench/viewers.py [--seconds 6] [--size 640x480] [--fps 24]

Beside it the floor, fed with the same frames: planes, simplejpeg and bare sockets, nothing else. CPU is in percent of
one core; age is from the frame's capture to its last byte here. `stalled`: one more viewer that reads nothing.
Machines are shared and noisy: compare what stands in one table.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parents[1])]

import psutil
from frames import ring

QUALITY = 85
WARM_UP = 1.5
_HEAD = re.compile(rb"Content-Length: (\d+)\r\n(?:.*\r\n)*?X-Timestamp: ([\d.]+)\r\n(?:.*\r\n)*?\r\n")
_REQUEST = b"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


# the servers, each a process of its own


async def serve(width: int, height: int, fps: float) -> None:
    """Ours: the real camera and web server."""
    from web.serving import serving

    camera = {
        "source": {"type": "file", "path": str(ring(width, height)), "format": "yuv420"},
        "size": f"{width}x{height}",
        "frame_rate": fps,
    }
    async with serving({"front": camera}) as served:
        print(served.server.port, flush=True)
        await asyncio.Event().wait()


class Bare(asyncio.Protocol):
    """The least that a server of MJPEG can do."""

    clients: set[Bare] = set()  # noqa: RUF012 - one server a process

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=f\r\n\r\n"
        )
        self.clients.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.clients.discard(self)

    @classmethod
    def hand_out(cls, part: bytes) -> None:
        for client in cls.clients:
            if not client.transport.get_write_buffer_size():
                client.transport.write(part)


async def serve_bare(width: int, height: int, fps: float) -> None:
    """The floor."""
    import numpy as np
    import simplejpeg

    raw = np.memmap(ring(width, height), np.uint8, "r").reshape(-1, height * 3 // 2, width)
    frames = [(f[:height], *f[height:].reshape(2, height // 2, width // 2)) for f in raw]
    loop = asyncio.get_running_loop()

    def capture() -> None:
        started = time.perf_counter()
        number = 0
        while True:
            if (wait := started + number / fps - time.perf_counter()) > 0:
                time.sleep(wait)
            number += 1
            if Bare.clients:
                taken = time.time()
                jpeg = simplejpeg.encode_jpeg_yuv_planes(*frames[number % len(frames)], quality=QUALITY)
                head = b"--f\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\nX-Timestamp: %.6f\r\n\r\n"
                loop.call_soon_threadsafe(Bare.hand_out, head % (len(jpeg), taken) + jpeg + b"\r\n")

    server = await loop.create_server(Bare, "127.0.0.1", 0)
    threading.Thread(target=capture, daemon=True).start()
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


# the viewers


class Viewer(asyncio.Protocol):
    """Reads a stream, and notes when each picture was complete and how old it was."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.ages: list[float] = []
        self._data = bytearray()
        self._missing = 0
        self._taken = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(_REQUEST)

    def data_received(self, data: bytes) -> None:
        self._data += data
        while True:
            if not self._missing:
                head = _HEAD.search(self._data)
                if head is None:
                    return
                self._missing, self._taken = int(head[1]), float(head[2])
                del self._data[: head.end()]
            if len(self._data) < self._missing:
                return
            now = time.time()
            self.times.append(now)
            self.ages.append((now - self._taken) * 1000)
            del self._data[: self._missing]
            self._missing = 0


@contextmanager
def server(kind: str, options: argparse.Namespace) -> Iterator[tuple[psutil.Process, int]]:
    """A server process and its port."""
    command = [sys.executable, __file__, "--serve", kind, "--size", options.size, "--fps", str(options.fps)]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            assert process.stdout is not None
            port = process.stdout.readline()
            if not port:
                log.seek(0)
                raise SystemExit(f"the server did not start:\n{log.read().decode()}")
            yield psutil.Process(process.pid), int(port)
        finally:
            process.terminate()


async def measure(kind: str, viewers: int, stalled: int, options: argparse.Namespace) -> str:
    """One line of the table."""
    with server(kind, options) as (process, port):
        loop = asyncio.get_running_loop()
        pairs = [await loop.create_connection(Viewer, "127.0.0.1", port) for _ in range(viewers)]
        idle = []
        for _ in range(stalled):
            sock = socket.create_connection(("127.0.0.1", port))
            sock.sendall(_REQUEST)
            idle.append(sock)
        await asyncio.sleep(WARM_UP)
        for _, viewer in pairs:
            viewer.times.clear()
            viewer.ages.clear()
        before, started = process.cpu_times(), time.monotonic()
        await asyncio.sleep(options.seconds)
        after, took = process.cpu_times(), time.monotonic() - started
        memory = process.memory_full_info().pss / 1e6
        for transport, _ in pairs:
            transport.close()
        for sock in idle:
            sock.close()
    user, system = (100 * (b - a) / took for a, b in zip(before[:2], after[:2], strict=True))
    rates = [len(viewer.times) / took for _, viewer in pairs] or [0.0]
    ages = sorted(age for _, viewer in pairs for age in viewer.ages) or [0.0]
    p50, p99 = statistics.median(ages), ages[int(len(ages) * 0.99)]
    name = f"{viewers}{' + 1 stalled' if stalled else ''}"
    return (
        f"| {kind:5} | {name:14} | {user + system:5.1f} ({user:4.1f} + {system:4.1f}) | {min(rates):5.1f} "
        f"| {max(rates):5.1f} | {p50:5.1f} | {p99:5.1f} | {memory:4.0f} |"
    )


async def table(options: argparse.Namespace) -> None:
    """All of it."""
    print(
        f"{options.size} at {options.fps:g} frames a second, quality {QUALITY}, {options.seconds:g} s each\n"
    )
    print("|       | viewers        | CPU % (user + system) | slowest | fastest | age p50 | p99 ms | MB |")
    print("| ----- | -------------- | --------------------- | ------- | ------- | ------- | ------ | -- |")
    for viewers, stalled in ((0, 0), (1, 0), (5, 0), (20, 0), (20, 1)):
        for kind in ("ours", "floor"):
            print(await measure(kind, viewers, stalled, options), flush=True)


def main() -> None:
    """See the top of this file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--fps", type=float, default=24.0)
    parser.add_argument("--serve", choices=("ours", "floor"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    if options.serve:
        asyncio.run((serve if options.serve == "ours" else serve_bare)(width, height, options.fps))
    else:
        ring(width, height)
        asyncio.run(table(options))


if __name__ == "__main__":
    main()
