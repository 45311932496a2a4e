"""Measure what privacy masks and text add to the encoding of a frame: CPU time in one thread, in one run.

usage: python tests/bench/markings.py [--frames 400]

Each frame is encoded without anything, with masks, with text and with both, in turn. `drawing` is the part that is not
encoding, `all` also has what the marks do to the encoding itself: black is encoded sooner, letters are encoded later.
Read-only planes, as those of some USB cameras, are copied before anything is drawn into them.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the daemon has it
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np

from mqttcam.camera import frame as frames
from mqttcam.camera.frame import Frame, PictureSpec
from mqttcam.camera.markings import Markings
from mqttcam.imaging.raster import Planes, encode
from mqttcam.run.malloc import configure_malloc
from mqttcam.settings import CameraSettings
from tests.bench.frames import FRAMES, ring

SIZE = WIDTH, HEIGHT = 1280, 720
FPS = 15
MASKS: list[Any] = [
    {"points": [(0, 0), (0.3, 0), (0.3, 0.4), (0, 0.4)]},
    {"points": [(0.7, 0.2), (1, 0.1), (1, 0.5)]},
]
KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "mask": {"privacy": MASKS},
    "overlay": {"overlay": {}},
    "mask and overlay": {"privacy": MASKS, "overlay": {}},
}


class Encoder:
    """Notes the CPU time of each encoding."""

    def __init__(self) -> None:
        self.took = 0

    def __call__(self, planes: Planes, quality: int) -> bytes:
        began = time.thread_time_ns()
        made = encode(planes, quality)
        self.took = time.thread_time_ns() - began
        return made


def planes_of(data: np.ndarray[Any, np.dtype[np.uint8]], *, writable: bool) -> Planes:
    """Return the planes of a frame in memory of its own."""
    memory = data.copy()
    memory.flags.writeable = writable
    u, v = memory[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
    return memory[:HEIGHT], u, v


def measure(count: int, *, writable: bool) -> None:
    """Print a row per kind."""
    data = np.fromfile(ring(*SIZE), np.uint8).reshape(FRAMES, HEIGHT * 3 // 2, WIDTH)
    settings = {"source": {"type": "test_pattern"}, "name": "Front door"}
    marks = {
        name: Markings.from_settings(CameraSettings.model_validate(settings | keys))
        for name, keys in KINDS.items()
    }
    encoder = Encoder()
    vars(frames)["encode"] = encoder
    drawing, everything = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    start = time.time_ns()
    for number in range(count):
        for name, markings in marks.items():
            planes = planes_of(data[number % FRAMES], writable=writable)
            began = time.thread_time_ns()
            frame = Frame(start + number * 1_000_000_000 // FPS, *SIZE, planes=planes)
            if markings is not None:
                frame.markings = markings
            frame.picture(PictureSpec())
            took = time.thread_time_ns() - began
            drawing[name].append(took - encoder.took)
            everything[name].append(took)
    # The texts that were rendered are in the mean, one for each second, and hardly in the median.
    usual = statistics.median(everything["plain"])
    for name in KINDS:
        drawn = statistics.median(drawing[name]) - statistics.median(drawing["plain"])
        rendered = statistics.mean(sorted(drawing[name])[: count * 99 // 100]) - statistics.median(
            drawing[name]
        )
        whole = statistics.median(everything[name]) - usual
        kind = "writable" if writable else "read-only"
        print(
            f"| {kind} | {name} | {drawn / usual:+.1%} | {max(rendered, 0) / usual:+.1%} | {whole / usual:+.1%} |"
        )


def main() -> None:
    """Print a table of shares of the encoding."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=400)
    count = parser.parse_args().frames
    configure_malloc()
    print("| planes | | drawing | rendering | all |\n| --- | --- | --- | --- | --- |")
    for writable in (True, False):
        measure(count, writable=writable)


if __name__ == "__main__":
    main()
