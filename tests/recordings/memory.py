"""The memory of a daemon that records for long: `python -m tests.recordings.memory --minutes 30`.

Two cameras with motion every twenty seconds, one of which records continuously and the other what moves, with the
seconds before it; readers of the video and the pictures of each; and a limit of bytes, over which the oldest recordings
are deleted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import psutil

from tests.support.broker import Mosquitto
from tests.support.daemon import Daemon, pattern_camera
from tests.support.waiting import HOST, free_port, wait_for

BOUNCES_EVERY = 20
"""Seconds."""
CAMERAS = {
    "door": {"record": {"before": 5, "after": 5}},
    "yard": {"record": {"continuous": True, "longest": 60}},
}


def memory(folder: Path, minutes: float) -> list[tuple[float, float, int, int]]:
    """Return the seconds, USS in MiB, the events and the bytes of recordings, every ten seconds."""
    port = free_port()
    with Mosquitto(folder / "broker") as broker:
        camera = {"motion": {"clear_after": 3}, "controls": {"Speed": 0}, "frame_rate": 15, "size": "640x480"}
        config = {
            "node": "memory",
            "mqtt": {"host": HOST, "port": broker.port},
            "web": {"enabled": True, "port": port},
            "state_dir": str(folder / "state"),
            "recordings": {"keep": {"size": "50MB", "free": 0}},
            "cameras": {name: pattern_camera(**camera, **more) for name, more in CAMERAS.items()},
        }
        with Daemon(folder / "daemon", config) as daemon:
            page = f"http://{HOST}:{port}"
            wait_for(lambda: "door: open" in daemon.log and "yard: open" in daemon.log, "the cameras")
            for name in CAMERAS:
                for path in ("stream.ts", "stream.mjpg"):
                    address = f"{page}/cameras/{name}/{path}"
                    threading.Thread(target=_read, args=(address,), daemon=True).start()
            return _sample(daemon, page, folder / "state" / "recordings", minutes)


def _sample(
    daemon: Daemon, page: str, recordings: Path, minutes: float
) -> list[tuple[float, float, int, int]]:
    begin, samples = time.monotonic(), []
    bounced = begin
    while (now := time.monotonic()) < begin + minutes * 60:
        if now - bounced >= BOUNCES_EVERY:
            bounced = now
            for name in CAMERAS:
                _post(f"{page}/api/cameras/{name}/cmd/bounce")
        with urllib.request.urlopen(f"{page}/api/events?limit=500", timeout=60) as answer:
            events = len(json.load(answer)["events"])
        size = sum(path.stat().st_size for path in recordings.rglob("*.mp4"))
        samples.append((now - begin, psutil.Process(daemon.pid).memory_full_info().uss / 2**20, events, size))
        print("{:6.0f} s  {:6.1f} MiB  {:4d} events  {:10d} bytes".format(*samples[-1]), flush=True)
        time.sleep(10)
    return samples


def _post(address: str) -> None:
    request = urllib.request.Request(address, b"{}", {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()


def _read(address: str) -> None:
    with urllib.request.urlopen(address, timeout=60) as answer:
        while answer.read(65536):
            pass


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    minutes = parser.parse_args().minutes
    with tempfile.TemporaryDirectory() as folder:
        samples = memory(Path(folder), minutes)
    later = [pss for seconds, pss, *_ in samples if seconds > minutes * 15]
    half = len(later) // 2
    first, second = statistics.median(later[:half]), statistics.median(later[half:])
    print(f"after the first quarter: {first:.1f} MiB, and {second:.1f} MiB in the second half")


if __name__ == "__main__":
    main()
