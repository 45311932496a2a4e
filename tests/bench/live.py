"""Measure the video of the page in Chromium: the age of the frames shown, and how many of them are.

usage: python tests/bench/live.py [--seconds 10] [--size 1280x720] [--fps 20] [--rounds 3]

The age is from a frame's capture to its presentation (`requestVideoFrameCallback`), by the clock of this machine.
Needs chromium and chromedriver. Machines are shared and noisy: compare what stands in one table.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from mqttcam.video.fragments import Fragments
from mqttcam.video.unit import CLOCK, Unit
from tests.bench.frames import ring
from tests.web.browser import Page, browsing
from tests.web.serving import serving_in_thread

_START = """
const video = document.querySelector(".picture > video");
window.frames = [];
const note = (_now, data) => {
  window.frames.push([data.mediaTime, performance.timeOrigin + data.expectedDisplayTime, data.presentedFrames]);
  video.requestVideoFrameCallback(note);
};
video.requestVideoFrameCallback(note);
"""
_RESULT = """
const {buffered} = document.querySelector(".picture > video");
return [window.frames, buffered.length, buffered.end(0) - buffered.start(0)];
"""


@contextmanager
def captures() -> Iterator[dict[int, float]]:
    """Note when each frame was captured, in Unix milliseconds, by its time in the fragments."""
    captured: dict[int, float] = {}
    real = Fragments.mux

    def mux(self: Fragments, unit: Unit) -> bytes:
        captured[self._time] = unit.ts_ns / 1e6
        return real(self, unit)

    with patch.object(Fragments, "mux", mux):
        yield captured


def measure(page: Page, options: argparse.Namespace) -> tuple[list[float], float, int, float]:
    """Return the ages in milliseconds, the share of frames shown, and the number and seconds of buffered ranges."""
    width, height = map(int, options.size.split("x"))
    camera = {
        "source": {"type": "file", "path": str(ring(width, height)), "format": "yuv420"},
        "size": options.size,
        "frame_rate": options.fps,
    }
    with captures() as captured, serving_in_thread({"front": camera}) as (served, _loop):
        page.open(served.url)
        page.find(".stage[data-status=running]")
        time.sleep(2)
        page.script(_START)
        time.sleep(options.seconds)
        frames, ranges, kept = page.script(_RESULT)
    found = [(round(media * CLOCK), at, shown) for media, at, shown in frames]
    ages = [
        at - captured[near]
        for media, at, _ in found
        for near in range(media - 2, media + 3)
        if near in captured
    ]
    first, last = found[0], found[-1]
    expected = sum(first[0] - 2 <= media <= last[0] + 2 for media in captured)
    return ages, (last[2] - first[2] + 1) / expected, ranges, kept


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--fps", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(f"{options.size} at {options.fps:g} frames per second\n")
    print(
        "| age p50 | p95 ms | frames shown | buffered ranges | seconds kept |\n| --- | --- | --- | --- | --- |"
    )
    with browsing() as page:
        for _ in range(options.rounds):
            ages, shown, ranges, kept = measure(page, options)
            p95 = sorted(ages)[int(len(ages) * 0.95)]
            columns = (
                f"{statistics.median(ages):.0f}",
                f"{p95:.0f}",
                f"{100 * shown:.1f} %",
                f"{ranges}",
                f"{kept:.0f}",
            )
            print(f"| {' | '.join(columns)} |", flush=True)


if __name__ == "__main__":
    main()
