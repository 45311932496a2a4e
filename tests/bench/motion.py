"""Measure motion detection: CPU milliseconds per frame in the capture thread, and the share of a core at 5 fps.

usage: python tests/bench/motion.py [--looks 200]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np

from mqttcam.camera.frame import Frame
from mqttcam.imaging.raster import Planes, encode
from mqttcam.motion.background import Background
from mqttcam.motion.detector import small_luma
from tests.bench.frames import FRAMES, ring

LOOK_NS = 200_000_000
QUALITY = 85


def films(width: int, height: int) -> list[Planes]:
    """A scene with noise, through which a bright block moves."""
    data = np.fromfile(ring(width, height), np.uint8).reshape(FRAMES, height * 3 // 2, width)
    return [(frame[:height], *frame[height:].reshape(2, height // 2, width // 2)) for frame in data]


def milliseconds(make: Callable[[int], Frame], looks: int) -> float:
    """Return the median CPU time of analysing one frame."""
    background, taken = Background(), []
    for number in range(looks):
        frame = make(number % FRAMES)
        began = time.thread_time_ns()
        background.update(small_luma(frame), LOOK_NS / 1e9)
        taken.append((time.thread_time_ns() - began) / 1e6)
    return statistics.median(taken)


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--looks", type=int, default=200)
    looks = parser.parse_args().looks
    for width, height in ((640, 480), (1280, 720), (1920, 1080)):
        film = films(width, height)
        jpegs = [encode(planes, QUALITY) for planes in film]

        def plain(number: int, film: list[Planes] = film, size: tuple[int, int] = (width, height)) -> Frame:
            return Frame(0, *size, planes=film[number])

        def packed(number: int, jpegs: list[bytes] = jpegs, size: tuple[int, int] = (width, height)) -> Frame:
            return Frame(0, *size, jpeg=jpegs[number])

        for name, make in (("planes", plain), (f"JPEG of {len(jpegs[0]) // 1000} kB", packed)):
            cost = milliseconds(make, looks)
            print(f"{width}x{height} {name}: {cost:.2f} ms a look, {cost * 5 / 10:.2f} % of a core")


if __name__ == "__main__":
    main()
