"""Measure the live stream: CPU and memory of the server, and each viewer's rate and age, for 0, 1, 5 and 20 viewers.

usage: python tests/bench/viewers.py [--seconds 6] [--size 640x480] [--fps 24] [--each]

Beside it the floor, fed with the same frames: planes, simplejpeg and bare sockets, nothing else. CPU is in percent of
one core; age is from the frame's capture to its last byte here. `stalled`: one more viewer that reads nothing.
`--each`: a line for each viewer, too. Machines are shared and noisy: compare what stands in one table.
The comparison with ustreamer is in `ustreamer.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import threading
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.bench.frames import ring
from tests.bench.served_camera import serve_ring
from tests.bench.streams import HEADER, Figures, Side, measure

QUALITY = 85


# the servers, each a process of its own


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


def side(name: str, options: argparse.Namespace) -> Side:
    """Run ours or the floor as a separate process."""
    command = [sys.executable, __file__, "--serve", name, "--size", options.size, "--fps", str(options.fps)]
    return Side(name, command)


async def table(options: argparse.Namespace) -> None:
    """Run all of it; print what further viewers cost."""
    print(
        f"{options.size} at {options.fps:g} frames a second, quality {QUALITY}, {options.seconds:g} s each\n"
    )
    print(HEADER)
    found: dict[tuple[str, int], Figures] = {}
    for viewers, stalled in ((0, 0), (1, 0), (5, 0), (20, 0), (20, 1)):
        for name in ("ours", "floor"):
            figures = await measure(side(name, options), viewers, stalled, options.seconds)
            print(figures.line(name), *(figures.each() if options.each else ()), sep="\n", flush=True)
            found.setdefault((name, viewers), figures)
    one, twenty = found["ours", 1], found["ours", 20]
    kernel = max(0.0, found["floor", 20].system - found["floor", 1].system)
    print(f"\n20 viewers: {twenty.cpu:.1f} %; twice one and the kernel's share: {2 * one.cpu + kernel:.1f} %")
    for viewers in (1, 5, 20):
        ratio = found["ours", viewers].a_frame / found["floor", viewers].a_frame
        print(f"{viewers} viewers: CPU a frame {ratio:.2f} x the floor")


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--fps", type=float, default=24.0)
    parser.add_argument("--each", action="store_true")
    parser.add_argument("--serve", choices=("ours", "floor"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    if options.serve:
        asyncio.run((serve_ring if options.serve == "ours" else serve_bare)(width, height, options.fps))
    else:
        ring(width, height)
        asyncio.run(table(options))


if __name__ == "__main__":
    main()
