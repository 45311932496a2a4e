"""Measure H.264: the cost of a frame against the ffmpeg program, and `stream.ts` and `live` for 0, 1 and 20 readers.

usage: python tests/bench/video.py [--seconds 6] [--size 1280x720] [--fps 20] [--rounds 3]

Both encode the same frames with libx264 and the same options. CPU is that of the whole
process. Machines are shared and noisy: compare what stands in one table. Needs ffmpeg.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.bench.frames import FRAMES, ring
from tests.bench.served_camera import serve_ring
from tests.bench.streams import WARM_UP, Side, cpu_seconds, server

COUNT = 20 * FRAMES
"""Frames encoded in one round."""
STREAMS = {
    "stream.ts": b"",
    "live": b"Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
}
"""What is read, and the headers of its request."""


def encode(width: int, height: int, fps: float) -> None:
    """Encode the ring's frames as the encoder's thread does, and print the CPU milliseconds per frame."""
    import numpy as np

    from mqttcam.camera.frame import Frame
    from mqttcam.settings.video import VideoSettings
    from mqttcam.video.conversion import raster_to_i420
    from mqttcam.video.encoder import H264Encoder
    from mqttcam.video.unit import CLOCK

    raw = np.fromfile(ring(width, height), np.uint8).reshape(-1, height * 3 // 2, width)
    frames = [(f[:height], *f[height:].reshape(2, height // 2, width // 2)) for f in raw]
    encoder = H264Encoder(VideoSettings(), width, height, fps)
    started = time.process_time()
    for number in range(COUNT):
        y, u, v = frames[number % FRAMES]
        copy = Frame(0, width, height, (y, u, v)).copy()
        encoder.encode(raster_to_i420(copy.raster()), round(number * CLOCK / fps), 0)
    print((time.process_time() - started) * 1000 / COUNT)


def ffmpeg(width: int, height: int, fps: float) -> float:
    """Return the CPU milliseconds per frame of the ffmpeg program."""
    options = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", f"{fps:g}"]
    command = ["ffmpeg", "-v", "error", "-stream_loop", "-1", *options, "-i", str(ring(width, height))]
    command += ["-frames:v", str(COUNT), "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency"]
    command += ["-crf", "23", "-x264-params", "scenecut=0", "-g", str(round(2 * fps)), "-bf", "0"]
    command += ["-threads", "1", "-profile:v", "main", "-f", "null", "-"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used * 1000 / COUNT


def ours(options: argparse.Namespace) -> float:
    """Return the CPU milliseconds per frame of this project's encoder, in a process of its own."""
    command = [sys.executable, __file__, "--run", "encode", "--size", options.size, "--fps", str(options.fps)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


class Reader(asyncio.Protocol):
    """Reads a stream and counts its bytes."""

    def __init__(self, request: bytes) -> None:
        self.received = 0
        self._request = request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.received += len(data)


async def measure(options: argparse.Namespace, stream: str, readers: int) -> tuple[float, float]:
    """Return the server's CPU in percent of a core, and the Mbit/s of a reader."""
    command = [sys.executable, __file__, "--run", "serve", "--size", options.size, "--fps", str(options.fps)]
    side = Side(stream, command, f"/cameras/front/{stream}")
    request = side.request[:-2] + STREAMS[stream] + b"\r\n"
    with server(side) as (process, port):
        loop = asyncio.get_running_loop()
        pairs = [
            await loop.create_connection(lambda: Reader(request), "127.0.0.1", port) for _ in range(readers)
        ]
        await asyncio.sleep(WARM_UP)
        for _, reader in pairs:
            reader.received = 0
        used, started = cpu_seconds(process.pid), time.monotonic()
        await asyncio.sleep(options.seconds)
        took = time.monotonic() - started
        cpu = 100 * (cpu_seconds(process.pid) - used) / took
        rates = [reader.received * 8 / took / 1e6 for _, reader in pairs]
        for transport, _ in pairs:
            transport.close()
    return cpu, statistics.median(rates) if rates else 0.0


async def table(options: argparse.Namespace) -> None:
    """Print both tables."""
    width, height = map(int, options.size.split("x"))
    print(f"{options.size} at {options.fps:g} frames per second\n")
    print("| encoding | CPU ms per frame |\n| --- | --- |")
    rounds = [(ours(options), ffmpeg(width, height, options.fps)) for _ in range(options.rounds)]
    for name, index in (("mqttcam", 0), ("ffmpeg", 1)):
        print(f"| {name} | {statistics.median(found[index] for found in rounds):.2f} |")
    print(f"\nratio, median of the rounds: {statistics.median(a / b for a, b in rounds):.2f} x\n")
    for stream in STREAMS:
        print(f"| readers of {stream} | CPU % of a core | Mbit/s each |\n| --- | --- | --- |")
        found = {}
        for readers in (0, 1, 20):
            runs = [await measure(options, stream, readers) for _ in range(options.rounds)]
            found[readers] = statistics.median(cpu for cpu, _ in runs)
            print(f"| {readers} | {found[readers]:.1f} | {statistics.median(rate for _, rate in runs):.1f} |")
        print(f"\n20 readers: {found[20] / found[1]:.2f} x one\n")


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--fps", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", choices=("encode", "serve"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    if options.run == "encode":
        encode(width, height, options.fps)
    elif options.run == "serve":
        asyncio.run(serve_ring(width, height, options.fps))
    elif shutil.which("ffmpeg") is None:
        raise SystemExit("ffmpeg is not installed")
    else:
        asyncio.run(table(options))


if __name__ == "__main__":
    main()
