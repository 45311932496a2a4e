"""Measure how soon an event of motion has its picture on MQTT, and its clip after the last second wanted.

usage: python tests/bench/events.py [--size 1280x720] [--events 10]

A ball in the test pattern starts and stops; mosquitto and the daemon run on this machine. The times are from the
capture of the first frame with motion to its picture, from the event to its picture, and from `after` seconds after the
last movement to the event `recording`, when the file is whole.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.support.broker import Mosquitto
from tests.support.client import Message
from tests.support.node import Camera
from tests.support.rig import rig

AFTER = 3.0


def measure(camera: Camera) -> tuple[float, float, float]:
    """Have something move for a moment, and return the three times in seconds."""
    client = camera.client
    since = client.mark()
    camera.set({"speed": 1})
    begin = _event(camera, since, "motion")
    picture = client.wait(camera.topic("motion/image"), since=since, timeout=20)
    camera.set({"speed": 0})
    end = _event(camera, since, "motion_end")
    whole = _event(camera, since, "recording")
    return (
        _unix(picture) - begin.json["ts"],
        picture.at - begin.at,
        _unix(whole) - end.json["ts"] - AFTER,
    )


def _event(camera: Camera, since: int, event_type: str) -> Message:
    topic = camera.topic("event")
    return camera.client.wait(
        topic, lambda one: one.json["event_type"] == event_type, since=since, timeout=60
    )


def _unix(message: Message) -> float:
    """When a message came, in Unix seconds."""
    return time.time() - (time.monotonic() - message.at)


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--events", type=int, default=10)
    options = parser.parse_args()
    front = {
        "source": {"type": "test_pattern"},
        "size": options.size,
        "frame_rate": 15,
        "controls": {"Speed": 0},
        "motion": {"clear_after": 1},
        "record": {"before": 2, "after": AFTER},
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        Mosquitto(Path(folder) / "broker") as broker,
        rig(broker, Path(folder) / "daemon", cameras={"front": front}) as running,
    ):
        running.front.wait_state(motion="OFF", timeout=30)
        times = [measure(running.front) for _ in range(options.events)]
    names = ("capture to picture", "event to picture", "last second to clip")
    for name, column in zip(names, zip(*times, strict=True), strict=True):
        ordered = sorted(column)
        print(f"{name}: median {ordered[len(ordered) // 2] * 1000:.0f} ms, most {ordered[-1] * 1000:.0f} ms")


if __name__ == "__main__":
    main()
