"""Compare mqttcam's live MJPEG with picamera2's own example server, on the same virtual camera.

usage: python tests/bench/picamera2_mjpeg.py [--seconds 8] [--rounds 3]

Wants the virtual Pi (bash tests/virtual_pi/setup.sh) and root. One viewer, quality 85, CPU of the serving process.
The camera itself takes CPU as well, as no real one does: that of a picamera2 that only takes frames is measured beside
and counted out of the ratio.
"""

from __future__ import annotations

import argparse
import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_INSIDE = Path("/src/tests/virtual_pi/inside")
_SIZES = (("640x480", 24), ("1280x720", 30), ("1920x1080", 30))
_QUALITY = 85
_PORT = 18230

# --- in the virtual Pi -----------------------------------------------------------------------------------------------


def serve(side: str, size: str, rate: float, port: int) -> None:
    from tests.virtual_pi.inside import bridge

    with bridge.pace(rate):
        {"camera": camera_alone, "picamera2": picamera2_server, "mqttcam": mqttcam_server}[side](
            size, rate, port
        )


def camera_alone(size: str, rate: float, port: int) -> None:
    """Frames are taken and released: the cost of the virtual camera."""
    camera = picamera2_camera(size)
    camera.start()
    while True:
        camera.capture_request(wait=5.0).release()


def picamera2_camera(size: str) -> Any:
    from picamera2 import Picamera2

    width, height = map(int, size.split("x"))
    ids = [info["Id"] for info in Picamera2.global_camera_info()]
    camera = Picamera2(ids.index("Virtual0"))
    camera.configure(camera.create_video_configuration(main={"size": (width, height)}))
    return camera


def picamera2_server(size: str, rate: float, port: int) -> None:
    """picamera2's JpegEncoder into a buffer, and a thread of http.server for each viewer."""
    import io
    import threading
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    import numpy as np
    import simplejpeg
    from picamera2.encoders import JpegEncoder
    from picamera2.outputs import FileOutput
    from picamera2.request import MappedArray

    class Encoder(JpegEncoder):  # type: ignore[misc]
        """Read NV12, the virtual cameras' only format, as picamera2's request.save does."""

        def encode_func(self, request: Any, name: str) -> bytes:
            width, height = request.config[name]["size"]
            with MappedArray(request, name, write=False) as mapped:
                chroma = mapped.array[height:].reshape(height // 2, width)
                halves = [np.ascontiguousarray(chroma[:, first::2]) for first in (0, 1)]
                jpeg: bytes = simplejpeg.encode_jpeg_yuv_planes(mapped.array[:height], *halves, self.q)
            return jpeg

    class Newest(io.BufferedIOBase):
        def __init__(self) -> None:
            self.jpeg = b""
            self.changed = threading.Condition()

        def write(self, jpeg: Any) -> int:
            with self.changed:
                self.jpeg = jpeg
                self.changed.notify_all()
            return len(jpeg)

    newest = Newest()

    class Viewer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            while True:
                with newest.changed:
                    newest.changed.wait()
                    jpeg = newest.jpeg
                self.wfile.write(
                    b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
                )
                self.wfile.write(jpeg)
                self.wfile.write(b"\r\n")

        def log_message(self, *_: object) -> None:
            """Silent."""

    picamera2_camera(size).start_recording(Encoder(q=_QUALITY), FileOutput(newest))
    ThreadingHTTPServer(("127.0.0.1", port), Viewer).serve_forever()


def mqttcam_server(size: str, rate: float, port: int) -> None:
    """The whole daemon, as it is installed."""
    from mqttcam.cli.main import main

    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        camera = f"{{source: {{type: picamera2, camera: Virtual0}}, size: {size}, frame_rate: {rate}}}"
        web = f"{{enabled: true, port: {port}}}"
        config.write_text(
            f"state_dir: {folder}\nweb: {web}\ncameras: {{bench: {camera}}}\n", encoding="utf-8"
        )
        sys.exit(main(["run", "-c", str(config)]))


# --- outside ---------------------------------------------------------------------------------------------------------


def cpu_seconds(pid: int) -> float:
    """CPU time of a process with all its threads, from its own clock (clock_getcpuclockid(3))."""
    return time.clock_gettime((~pid << 3) | 2)


def measure(root: Path, side: str, size: str, rate: float, seconds: float) -> tuple[float, float]:
    """Return CPU milliseconds per frame, and frames per second of one viewer."""
    command = ["chroot", str(root), "/usr/bin/env", "-C", str(_INSIDE), "PYTHONPATH=/src"]
    command += ["OPENBLAS_NUM_THREADS=1", "/opt/venv/bin/python", "/src/tests/bench/picamera2_mjpeg.py"]
    command += ["--serve", side, size, str(rate), str(_PORT)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        if side == "camera":
            time.sleep(2)
            start, cpu = time.monotonic(), cpu_seconds(process.pid)
            time.sleep(seconds)
            frames = (time.monotonic() - start) * rate
        else:
            path = "/cameras/bench/stream.mjpg" if side == "mqttcam" else "/"
            response = connected(path)
            count_frames(response, 2)
            start, cpu = time.monotonic(), cpu_seconds(process.pid)
            frames = count_frames(response, seconds)
        spent, took = cpu_seconds(process.pid) - cpu, time.monotonic() - start
    finally:
        process.kill()
        process.wait()
    return spent / frames * 1000, frames / took


def connected(path: str) -> http.client.HTTPResponse:
    end = time.monotonic() + 20
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", _PORT, timeout=10)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            if response.status == 200:
                return response
        except OSError:
            pass
        connection.close()
        if time.monotonic() > end:
            raise SystemExit(f"nothing is served at {path}")
        time.sleep(0.1)


def count_frames(response: http.client.HTTPResponse, seconds: float) -> int:
    frames, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        frames += response.read1(1 << 20).count(b"Content-Type: image/jpeg")
    return frames


def live(root: Path, seconds: float, rounds: int) -> None:
    print(
        "| live, one viewer | camera alone | picamera2's example | mqttcam | ratio | ratio without the camera |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for size, rate in _SIZES:
        sides = ("camera", "picamera2", "mqttcam")
        runs: dict[str, list[tuple[float, float]]] = {side: [] for side in sides}
        for _ in range(rounds):
            for side in sides:
                runs[side].append(measure(root, side, size, rate, seconds))
        cpu = {side: statistics.median(one[0] for one in runs[side]) for side in sides}
        fps = {side: statistics.median(one[1] for one in runs[side]) for side in sides}
        net = (cpu["mqttcam"] - cpu["camera"]) / (cpu["picamera2"] - cpu["camera"])
        ours, theirs = (f"{cpu[side]:.2f} ms ({fps[side]:.1f} fps)" for side in ("mqttcam", "picamera2"))
        ratio = cpu["mqttcam"] / cpu["picamera2"]
        print(
            f"| {size} at {rate} | {cpu['camera']:.2f} ms | {theirs} | {ours} | {ratio:.2f} | {net:.2f} |",
            flush=True,
        )


def prepared() -> Path:
    """The virtual Pi with this checkout in `/src`."""
    import shutil

    root = Path(os.environ.get("VIRTUAL_PI", "/var/cache/mqttcam/virtual-pi"))
    if not (root / "made").exists():
        raise SystemExit("no virtual Pi; make one with: bash tests/virtual_pi/setup.sh")
    project = Path(__file__).resolve().parents[2]
    shutil.rmtree(root / "src", ignore_errors=True)
    for folder in ("mqttcam", "ha_discovery", "tests/virtual_pi", "tests/bench"):
        shutil.copytree(project / folder, root / "src" / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(project / "tests" / "__init__.py", root / "src" / "tests")
    return root


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", nargs=4, metavar=("SIDE", "SIZE", "RATE", "PORT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        side, size, rate, port = arguments.serve
        serve(side, size, float(rate), int(port))
        return
    live(prepared(), arguments.seconds, arguments.rounds)


if __name__ == "__main__":
    main()
