"""Compare a camera whose JPEGs are passed through with one whose JPEGs are encoded again, by the whole daemon.

usage: python tests/bench/pass_through.py [--seconds 6] [--rounds 3]

An HTTP camera (a process of its own) sends MJPEG; mqttcam publishes every frame on MQTT. CPU of the daemon a picture.
Made anew is what comes as JPEG wherever another quality, size or orientation is asked for. Needs mosquitto.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np
import simplejpeg

from tests.bench.frames import FRAMES, ring
from tests.bench.run import TOPIC, cpu_seconds, running
from tests.bench.wire import Subscriber
from tests.camera.sources.camera_process import CameraProcess, http_camera_command
from tests.support.broker import Mosquitto

_SIZES = ((640, 480), (1280, 720), (1920, 1080))
_SIDES = {"passed through": 85, "made anew": 80}
"""The requested JPEG quality; at 85, the default, a JPEG is passed through."""


def jpegs(folder: Path, width: int, height: int) -> int:
    """Write the ring's frames as a camera would send them; return their mean size in bytes."""
    folder.mkdir()
    raw = np.fromfile(ring(width, height), np.uint8).reshape(FRAMES, -1)
    total = 0
    for number, frame in enumerate(raw):
        y, chroma = frame[: width * height].reshape(height, width), frame[width * height :]
        u, v = chroma.reshape(2, height // 2, width // 2)
        jpeg = simplejpeg.encode_jpeg_yuv_planes(y, u, v, 90)
        (folder / f"{number:02}.jpg").write_bytes(jpeg)
        total += len(jpeg)
    return total // FRAMES


def measure(quality: int, port: int, seconds: float) -> tuple[float, float]:
    """Return CPU milliseconds per picture, and pictures per second."""
    with tempfile.TemporaryDirectory() as name, Mosquitto(Path(name) / "broker") as broker:
        config = {
            "node": "bench",
            "state_dir": f"{name}/state",
            "mqtt": {"host": "127.0.0.1", "port": broker.port, "max_packet_size": 20_000_000},
            "cameras": {
                "cam": {
                    "source": {"type": "url", "url": f"http://127.0.0.1:{port}/stream"},
                    "image": {"fps": "max", "quality": quality},
                }
            },
            "log": {"level": "WARNING"},
        }
        path = Path(name) / "config.yaml"
        path.write_text(json.dumps(config))
        subscriber = Subscriber(broker.port, TOPIC)
        with running([sys.executable, "-m", "mqttcam", "run", "-c", str(path)]) as process:
            next(subscriber.arrivals(30))
            list(subscriber.arrivals(1))
            cpu = cpu_seconds(process.pid)
            count = len(list(subscriber.arrivals(seconds)))
            return (cpu_seconds(process.pid) - cpu) / count * 1000, count / seconds


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(f"| JPEGs to MQTT | {' | '.join(_SIDES)} | ratio |\n| --- | --- | --- | --- |")
    for width, height in _SIZES:
        with tempfile.TemporaryDirectory() as name:
            bytes_each = jpegs(Path(name) / "pictures", width, height)
            camera = CameraProcess(*http_camera_command(Path(name) / "pictures"))
            try:
                found: dict[str, list[tuple[float, float]]] = {side: [] for side in _SIDES}
                for _ in range(arguments.rounds):
                    for side, quality in _SIDES.items():
                        found[side].append(measure(quality, camera.port, arguments.seconds))
            finally:
                camera.kill()
        cpu = [statistics.median(one for one, _ in found[side]) for side in _SIDES]
        fps = [statistics.median(rate for _, rate in found[side]) for side in _SIDES]
        cells = " | ".join(f"{one:.2f} ms ({rate:.0f} fps)" for one, rate in zip(cpu, fps, strict=True))
        print(f"| {width}x{height}, {bytes_each // 1000} kB | {cells} | {cpu[0] / cpu[1]:.2f} |", flush=True)


if __name__ == "__main__":
    main()
