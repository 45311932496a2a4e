"""Measure the live stream against ustreamer, both fed with the same camera, for 1, 5 and 20 viewers.

usage: python tests/bench/ustreamer.py [--seconds 6] [--rounds 3] [--fps 24] [--size 640x480] [--device /dev/video0]

ustreamer (Debian's package) reads V4L2 devices and nothing else. Without `--device` both get a file as one, by the C
library of `v4l2_file.c` (wants a compiler): once raw YUYV, which both encode, and once MJPEG, which both pass through.
With `--device` it is a real device, raw and as it comes, at its own rate.

CPU is in percent of one core. Age is from the frame's capture to its last byte here; ustreamer's from its own stamp
(`extra_headers`). The ratio is the median of the rounds' own ratios. Machines are shared and noisy: compare what stands
in one table.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np
import simplejpeg

from tests.bench.frames import ring
from tests.bench.served_camera import serve
from tests.bench.streams import HEADER, Figures, Side, measure

QUALITY = 85
VIEWERS = ((1, 0), (5, 0), (20, 0), (20, 1))
_FORMATS = {"YUYV": "yuyv", "MJPEG": "mjpeg"}
"""ustreamer's names to ours."""


async def serve_device(options: argparse.Namespace) -> None:
    """Ours: the real V4L2 source, camera and web server."""
    camera = {
        "source": {"type": "v4l2", "device": options.device, "format": _FORMATS[options.format]},
        "size": options.size,
        "frame_rate": options.fps,
        "image": {"quality": QUALITY},
    }
    await serve(camera)


def recording(format_: str, options: argparse.Namespace, folder: Path) -> Path:
    """The ring of frames as a file for `v4l2_file.c`."""
    width, height = map(int, options.size.split("x"))
    raw = np.fromfile(ring(width, height), np.uint8).reshape(-1, height * 3 // 2, width)
    frames = [_yuyv(one, width, height) if format_ == "YUYV" else _jpeg(one, width, height) for one in raw]
    slot = (max(map(len, frames)) + 7) // 4 * 4
    fourcc = int.from_bytes(b"YUYV" if format_ == "YUYV" else b"MJPG", "little")
    path = folder / f"{format_}.v4l2"
    with path.open("wb") as file:
        file.write(struct.pack("<6I", fourcc, width, height, round(1e6 / options.fps), len(frames), slot))
        for one in frames:
            file.write((struct.pack("<I", len(one)) + one).ljust(slot, b"\0"))
    return path


def _yuyv(frame: np.ndarray, width: int, height: int) -> bytes:
    chroma = frame[height:].reshape(2, height // 2, width // 2)
    packed = np.empty((height, width, 2), np.uint8)
    packed[..., 0] = frame[:height]
    packed[:, 0::2, 1], packed[:, 1::2, 1] = chroma.repeat(2, axis=1)
    return packed.tobytes()


def _jpeg(frame: np.ndarray, width: int, height: int) -> bytes:
    planes = frame[:height], *frame[height:].reshape(2, height // 2, width // 2)
    data: bytes = simplejpeg.encode_jpeg_yuv_planes(*planes, quality=QUALITY)
    return data


def sides(device: str, format_: str, options: argparse.Namespace, environment: dict[str, str]) -> list[Side]:
    """Both, for one device."""
    rate = f"{options.fps:g}"
    ours = [sys.executable, __file__, "--serve", "--device", device, "--format", format_]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    theirs = ["ustreamer", "--device", device, "--format", format_, "--resolution", options.size]
    # Not `--desired-fps`: told the rate that the camera has, it leaves out every third frame.
    theirs += ["--quality", str(QUALITY), "--encoder", "CPU" if format_ == "YUYV" else "HW"]
    theirs += ["--port", str(port), "--tcp-nodelay", "--log-level", "0"]
    return [
        Side("mqttcam", [*ours, "--size", options.size, "--fps", rate], environment=environment),
        Side(
            "ustreamer",
            theirs,
            path="/stream?extra_headers=1",
            port=port,
            stamp="X-UStreamer-Grab-Time",
            clock=lambda: time.clock_gettime(time.CLOCK_MONOTONIC_RAW),
            environment=environment,
        ),
    ]


async def table(device: str, format_: str, options: argparse.Namespace, environment: dict[str, str]) -> None:
    """Run the two in turn; print the last round's lines and the ratios of all rounds."""
    print(f"\n{format_}, {options.size} at {options.fps:g} frames a second, {options.seconds:g} s each\n")
    print(HEADER)
    ratios = {}
    for viewers, stalled in VIEWERS:
        rounds: list[list[Figures]] = []
        for _ in range(options.rounds):
            both = sides(device, format_, options, environment)
            rounds.append([await measure(side, viewers, stalled, options.seconds) for side in both])
        for side, figures in zip(both, rounds[-1], strict=True):
            print(figures.line(side.name), flush=True)
        ratios[rounds[-1][0].viewers] = statistics.median(
            ours.a_frame / theirs.a_frame for ours, theirs in rounds
        )
    for name, ratio in ratios.items():
        print(f"{name} viewers: CPU a frame {ratio:.2f} x ustreamer's")


def run(options: argparse.Namespace) -> None:
    """With the device that is named, or with files."""
    if shutil.which("ustreamer") is None:
        raise SystemExit("ustreamer is not installed: apt install ustreamer")
    if options.device:
        asyncio.run(table(options.device, options.format, options, {}))
        return
    with tempfile.TemporaryDirectory() as name:
        library = Path(name) / "v4l2_file.so"
        source = HERE / "v4l2_file.c"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
        for format_ in _FORMATS:
            path = str(recording(format_, options, Path(name)))
            environment = {"LD_PRELOAD": str(library), "V4L2_FILE": path}
            asyncio.run(table(path, format_, options, environment))


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--fps", type=float, default=24.0)
    parser.add_argument("--device")
    parser.add_argument("--format", choices=list(_FORMATS), default="YUYV", help="of --device")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        asyncio.run(serve_device(options))
    else:
        run(options)


if __name__ == "__main__":
    main()
