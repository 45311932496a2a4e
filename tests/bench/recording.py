"""Measure recordings: the cost of a frame against the ffmpeg program, and of video that is passed through.

usage: python tests/bench/recording.py [--seconds 10] [--size 1280x720] [--fps 20] [--rounds 3]

Encoding and writing: both encode the same frames with libx264 and the same options, and write the same kind of MP4.
Passed through: a camera (a process of its own) sends H.264 in MPEG-TS by HTTP; the floor is a loop of PyAV that reads
its packets and does nothing with them, or writes and syncs a file. CPU is that of the whole process. Needs ffmpeg.
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
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.bench.frames import FRAMES, ring
from tests.bench.streams import cpu_seconds

COUNT = 10 * FRAMES
"""Frames encoded in one round."""
_WARM_UP = 4.0


def units(width: int, height: int, fps: float, count: int) -> Iterator[object]:
    """Encode the ring's frames as the encoder's thread does."""
    import numpy as np

    from mqttcam.settings.video import VideoSettings
    from mqttcam.video.encoder import H264Encoder
    from mqttcam.video.unit import CLOCK

    frames = np.fromfile(ring(width, height), np.uint8).reshape(-1, height * 3 // 2, width)
    encoder = H264Encoder(VideoSettings(), width, height, fps)
    for number in range(count):
        yield encoder.encode(frames[number % FRAMES], round(number * CLOCK / fps), time.time_ns())


def write(width: int, height: int, fps: float) -> None:
    """Encode and record as a camera does, and print the CPU milliseconds per frame."""
    asyncio.run(_write(width, height, fps))


async def _write(width: int, height: int, fps: float) -> None:
    from mqttcam.recordings.paths import RecordingsFolder
    from mqttcam.recordings.recording import Recording
    from mqttcam.recordings.timing import WriterTiming
    from mqttcam.recordings.writer import RecordingWriter, WriterCallbacks

    def ignore(*_arguments: object) -> None:
        """Do nothing."""

    with tempfile.TemporaryDirectory() as folder:
        callbacks = WriterCallbacks(ignore, ignore, ignore, ignore, ignore, ignore)
        writer = RecordingWriter("cam", RecordingsFolder(Path(folder)), callbacks, ignore, WriterTiming())
        started = time.process_time()
        for number, unit in enumerate(units(width, height, fps, COUNT)):
            if number == 0:
                draft = Recording(
                    id="x",
                    camera="cam",
                    stem="",
                    reason="motion",
                    begin_ns=time.time_ns(),
                    seconds=0,
                    bytes=0,
                )
                writer.begin(draft, [unit])  # type: ignore[list-item]
            else:
                writer.write(unit)  # type: ignore[arg-type]
        writer.end(draft)
        assert writer.close(60)
        print((time.process_time() - started) * 1000 / COUNT)


def ffmpeg(width: int, height: int, fps: float) -> float:
    """Return the CPU milliseconds per frame of the ffmpeg program."""
    options = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", f"{fps:g}"]
    command = ["ffmpeg", "-v", "error", "-y", "-stream_loop", "-1", *options, "-i", str(ring(width, height))]
    command += ["-frames:v", str(COUNT), "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency"]
    command += ["-crf", "23", "-x264-params", "scenecut=0", "-g", str(round(2 * fps)), "-bf", "0"]
    command += ["-threads", "1", "-profile:v", "main", "-movflags", "empty_moov+frag_keyframe"]
    command += ["-frag_duration", "400000", "-flush_packets", "1"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([*command, f"{folder}/a.mp4"], check=True, stdin=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used * 1000 / COUNT


def serve(width: int, height: int, fps: float) -> None:
    """Be the camera: print the address, and send the same frames again and again."""
    from mqttcam.video.transport_stream import TransportStream
    from mqttcam.video.unit import CLOCK, Unit
    from tests.camera.sources.raw_http_camera import raw_http_camera

    stock = [unit for unit in units(width, height, fps, 2 * FRAMES) if isinstance(unit, Unit)]

    def respond(_request: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\n\r\n"
        stream = TransportStream(stock[0])
        started = time.monotonic()
        for number in range(1_000_000):
            time.sleep(max(0, started + number / fps - time.monotonic()))
            yield stream.mux(stock[number % len(stock)]._replace(pts=round(number * CLOCK / fps)))

    with raw_http_camera(respond) as url:
        print(url, flush=True)
        sys.stdin.read()


def demux(url: str) -> None:
    """Read packets and do nothing with them."""
    import av

    with av.open(url) as container:
        for _packet in container.demux(container.streams.video[0]):
            pass


def remux(url: str, path: Path) -> None:
    """Write what is read to a file, as simply as possible."""
    import av

    options = {"movflags": "empty_moov+frag_keyframe", "frag_duration": "400000", "flush_packets": "1"}
    with av.open(url) as container, av.open(str(path), "w", format="mp4", options=options) as file:
        stream = file.add_stream_from_template(container.streams.video[0])
        synced = time.monotonic()
        for packet in container.demux(container.streams.video[0]):
            if packet.dts is None:
                continue
            packet.stream = stream
            file.mux_one(packet)
            if time.monotonic() - synced > 1:
                synced = time.monotonic()
                with path.open("rb") as written:
                    os.fdatasync(written.fileno())


async def record(url: str, folder: Path) -> None:
    """Record a camera continuously."""
    from mqttcam.devices.build import build_device
    from mqttcam.devices.store import Store
    from mqttcam.recordings.recorder import Recorder
    from mqttcam.settings import CameraSettings
    from tests.recordings.rig import Library

    source = {"type": "url", "url": url, "kind": "video"}
    settings = CameraSettings.model_validate({"source": source, "record": {"continuous": True}})
    device = build_device("cam", settings, Store(folder / "values.json"))
    recorder = Recorder("cam", device.video, settings.record, Library(folder / "recordings"))
    device.camera.start()
    recorder.camera_changed(enabled=True, running=True)
    await asyncio.Event().wait()


@contextmanager
def process(options: argparse.Namespace, what: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run a part of this program until the block ends."""
    command = [
        sys.executable,
        __file__,
        "--size",
        options.size,
        "--fps",
        str(options.fps),
        "--run",
        what,
        *arguments,
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            yield child
        finally:
            child.kill()


def passed_through(options: argparse.Namespace, what: str, url: str) -> float:
    """Return the CPU of a reader in percent of a core."""
    with tempfile.TemporaryDirectory() as folder, process(options, what, url, folder) as child:
        while what != "demux" and not any(file.stat().st_size for file in Path(folder).rglob("*.part")):
            time.sleep(0.1)
        time.sleep(_WARM_UP)
        used, started = cpu_seconds(child.pid), time.monotonic()
        time.sleep(options.seconds)
        cpu = 100 * (cpu_seconds(child.pid) - used) / (time.monotonic() - started)
        written = sum(file.stat().st_size for file in Path(folder).rglob("*.part"))
        assert written or what == "demux", "nothing was recorded"
    return cpu


def table(options: argparse.Namespace) -> None:
    """Print both tables."""
    width, height = map(int, options.size.split("x"))
    print(f"{options.size} at {options.fps:g} frames per second\n")
    print("| encoding and writing | CPU ms per frame |\n| --- | --- |")
    rounds = []
    for _ in range(options.rounds):
        with process(options, "write") as child:
            ours = float(child.communicate()[0])
        rounds.append((ours, ffmpeg(width, height, options.fps)))
    for name, index in (("mqttcam", 0), ("ffmpeg", 1)):
        print(f"| {name} | {statistics.median(found[index] for found in rounds):.2f} |")
    print(f"\nratio, median of the rounds: {statistics.median(a / b for a, b in rounds):.2f} x\n")
    print("| passed through | CPU % of a core |\n| --- | --- |")
    with process(options, "serve") as camera:
        assert camera.stdout is not None
        url = camera.stdout.readline().strip()
        pairs = [
            tuple(passed_through(options, what, url) for what in ("record", "remux", "demux"))
            for _ in range(options.rounds)
        ]
    for name, index in (("camera and recording", 0), ("PyAV: read, write, sync", 1), ("PyAV: read", 2)):
        print(f"| {name} | {statistics.median(found[index] for found in pairs):.2f} |")
    print(
        f"\nratio, median of the rounds: {statistics.median(found[0] / found[1] for found in pairs):.2f} x writing, "
        f"{statistics.median(found[0] / found[2] for found in pairs):.2f} x reading"
    )


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--fps", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--run", choices=("write", "serve", "demux", "remux", "record"), help=argparse.SUPPRESS
    )
    parser.add_argument("arguments", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    if options.run == "write":
        write(width, height, options.fps)
    elif options.run == "serve":
        serve(width, height, options.fps)
    elif options.run == "demux":
        demux(options.arguments[0])
    elif options.run == "remux":
        remux(options.arguments[0], Path(options.arguments[1]) / "a.mp4.part")
    elif options.run == "record":
        asyncio.run(record(options.arguments[0], Path(options.arguments[1])))
    elif shutil.which("ffmpeg") is None:
        raise SystemExit("ffmpeg is not installed")
    else:
        table(options)


if __name__ == "__main__":
    main()
