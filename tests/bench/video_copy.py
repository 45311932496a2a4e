"""Measure H.264 of a network camera that is passed on, against loops of PyAV that do no more than they must.

usage: python tests/bench/video_copy.py [--seconds 10] [--size 1280x720] [--fps 25] [--rounds 3]

An RTSP camera (GStreamer's server) is read by one process after the other, and the CPU of each is that of the whole
process. The floors read packets, and write them into an MP4 of the same kind. Machines are shared and noisy: compare
what stands in one table. Needs ffmpeg, and the packages of an RTSP server (`tests/camera/sources/conftest.py`).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.bench.frames import ring
from tests.camera.sources.camera_process import CameraProcess

WARM_UP = 5.0
"""Seconds until a reader has opened the camera."""
MODES = {
    "demux": "floor: `for packet in container.demux()`",
    "mp4": "floor: the same, muxed into an MP4",
    "closed": "mqttcam, nothing reads",
    "copy": "mqttcam, a reader of units",
    "record": "mqttcam, recording",
    "frames": "mqttcam, every picture is decoded",
}
_RATIOS = (("copy", "demux"), ("record", "mp4"))


def film(options: argparse.Namespace) -> Path:
    """Return a file of H.264, made once per machine."""
    path = Path(tempfile.gettempdir()) / f"mqttcam-bench-{options.size}-{options.fps:g}.h264"
    if not path.exists():
        width, height = map(int, options.size.split("x"))
        command = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", options.size]
        command += ["-r", f"{options.fps:g}", "-stream_loop", "3", "-i", str(ring(width, height))]
        command += ["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-threads", "1"]
        command += ["-g", f"{2 * options.fps:g}", "-f", "h264", f"{path}.new"]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        Path(f"{path}.new").rename(path)
    return path


def read_bare(url: str, target: Path | None) -> None:
    """Read packets for ever; write them if there is a target."""
    import av

    options = {"movflags": "hybrid_fragmented+frag_keyframe", "frag_duration": "500000", "flush_packets": "1"}
    with ExitStack() as stack:
        container: Any = stack.enter_context(av.open(url, options={"rtsp_transport": "tcp"}))
        stream = container.streams.video[0]
        output: Any = None
        if target is not None:
            output = stack.enter_context(av.open(str(target), "w", format="mp4", options=options))
            copy = output.add_stream_from_template(stream)
        for packet in container.demux(stream):
            if packet.size and output is not None:
                packet.stream = copy
                output.mux_one(packet)


async def read_ours(url: str, mode: str, folder: Path) -> None:
    """Run a camera for ever, as the mode says."""
    from mqttcam.camera.camera import Camera
    from mqttcam.recordings.recorder import Recorder
    from mqttcam.settings import CameraSettings
    from mqttcam.settings.recordings import RecordSettings
    from mqttcam.video.camera_video import CameraVideo
    from tests.recordings.rig import Library
    from tests.support.cameras import running
    from tests.support.video_reader import Counter

    source = {"type": "url", "url": url, "kind": "rtsp"}
    camera = Camera("front", CameraSettings.model_validate({"source": source}))
    video = CameraVideo(camera, camera.settings.video)
    camera.start()
    await running(camera)
    with ExitStack() as stack:
        if mode == "copy":
            stack.enter_context(video.read(Counter()))
        elif mode == "frames":
            camera.hub.subscribe(Taker())
        elif mode == "record":
            settings = RecordSettings.model_validate({"continuous": True, "on_motion": False})
            recorder = Recorder("front", video, settings, Library(folder))
            recorder.camera_changed(enabled=True, running=True)
        await asyncio.Event().wait()


class Taker:
    """Wants every frame, and does nothing with it."""

    def wants(self, frame: object) -> bool:
        return True

    def deliver(self, frame: object) -> None:
        """Do nothing."""


def cpu_ns(pid: int) -> int:
    """Return the nanoseconds that all threads of a process have run so far."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)


def measure(options: argparse.Namespace, mode: str, url: str) -> float:
    """Return the CPU of one reader in percent of a core."""
    process = subprocess.Popen([sys.executable, __file__, "--run", mode, "--url", url])
    try:
        time.sleep(WARM_UP)
        before, started = cpu_ns(process.pid), time.monotonic()
        time.sleep(options.seconds)
        assert process.poll() is None, f"{mode} has ended"
        return (cpu_ns(process.pid) - before) / 1e7 / (time.monotonic() - started)
    finally:
        process.kill()
        process.wait()


def table(options: argparse.Namespace) -> None:
    """Print the table."""
    script = HERE.parent / "camera" / "sources" / "rtsp_camera.py"
    camera = CameraProcess("/usr/bin/python3", str(script), "0", str(film(options)))
    url = f"rtsp://127.0.0.1:{camera.port}/camera"
    try:
        rounds = [{mode: measure(options, mode, url) for mode in MODES} for _ in range(options.rounds)]
    finally:
        camera.kill()
    print(f"{options.size} at {options.fps:g} frames per second\n\n| | CPU % of a core |\n| --- | --- |")
    for mode, name in MODES.items():
        print(f"| {name} | {statistics.median(found[mode] for found in rounds):.2f} |")
    for mode, floor in _RATIOS:
        ratio = statistics.median(found[mode] / found[floor] for found in rounds)
        print(f"\n{MODES[mode]}, against {MODES[floor]}: {ratio:.2f} x")


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--fps", type=float, default=25.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", choices=MODES, help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run is None:
        table(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        if options.run in ("demux", "mp4"):
            read_bare(options.url, Path(folder) / "clip.mp4" if options.run == "mp4" else None)
        else:
            asyncio.run(read_ours(options.url, options.run, Path(folder)))


if __name__ == "__main__":
    main()
