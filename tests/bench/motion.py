"""Measure motion detection: what it costs, and how well it finds what moves, beside raspiCamSrv's algorithms.

usage: python tests/bench/motion.py [cost] [scores] [--seeds 1 2] [--only NAME …] [--scenes WORD …] [--looks 200]

`cost` prints CPU milliseconds per frame of mqttcam's detection by size, and of each algorithm against encoding the
frame as a JPEG. `scores` prints precision, recall and F1 of events, and false events per hour, of films that are made
for it (see motion_scenes.py), all with the settings they come with. All are grouped into events alike, and none is
scored while it warms up. Without OpenCV, only mqttcam's detection is measured.

Seeds below 100 were used for tuning; those from 100 on never.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the daemon has it
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np

from mqttcam.camera.frame import Frame
from mqttcam.imaging.raster import Planes, encode
from mqttcam.motion.background import Background
from mqttcam.motion.detector import small_luma
from mqttcam.run.malloc import configure_malloc
from mqttcam.settings.motion import MotionSettings
from tests.bench.frames import FRAMES, ring
from tests.bench.motion_peers import PEERS, Detector, available
from tests.bench.motion_scenes import FPS, LIGHTS, SECONDS, WARM_UP, Film, film, names
from tests.bench.motion_scores import Score, begins_with_clear_after, begins_with_pause, score

QUALITY = 85
OURS = "mqttcam"
Scores = dict[str, dict[str, Score]]
"""By algorithm and scene."""


class Mqttcam:
    """mqttcam's detection with its default settings."""

    def __init__(self) -> None:
        self._background = Background()
        self._threshold = MotionSettings().threshold

    def __call__(self, planes: Planes) -> bool:
        height, width = planes[0].shape
        luma = small_luma(Frame(0, width, height, planes=planes))
        return self._background.update(luma, 1 / FPS).score >= self._threshold


def algorithms(only: Iterable[str] = ()) -> dict[str, Callable[[], Detector]]:
    """Return those that can be run, by name."""
    made: dict[str, Callable[[], Detector]] = {OURS: Mqttcam, **(PEERS if available() else {})}
    return {name: one for name, one in made.items() if not only or any(word in name for word in only)}


def detections(one: Film, detectors: dict[str, Detector]) -> dict[str, list[float]]:
    """Return the seconds after the warm-up at which each algorithm sees motion."""
    seen: dict[str, list[float]] = {name: [] for name in detectors}
    for seconds, planes in one.pictures():
        for name, detector in detectors.items():
            if detector(planes) and seconds >= WARM_UP:
                seen[name].append(seconds)
    return seen


def all_scores(
    made: dict[str, Callable[[], Detector]],
    seeds: Iterable[int],
    scenes: Iterable[str],
    seconds: float = SECONDS,
) -> tuple[Scores, Scores]:
    """Return the scores of each algorithm and scene, with events as mqttcam groups them and as raspiCamSrv does."""
    usual: Scores = defaultdict(lambda: defaultdict(Score))
    paused: Scores = defaultdict(lambda: defaultdict(Score))
    for seed in seeds:
        for name in scenes:
            for light in LIGHTS:
                one = film(name, light, seed, seconds)
                found = detections(one, {algorithm: make() for algorithm, make in made.items()})
                for algorithm, times in found.items():
                    scored = one.seconds - WARM_UP
                    usual[algorithm][one.name] += score(begins_with_clear_after(times), one.labels, scored)
                    paused[algorithm][one.name] += score(begins_with_pause(times), one.labels, scored)
    return usual, paused


def total(scores: dict[str, Score]) -> Score:
    return sum(scores.values(), Score())


def print_scores(usual: Scores, paused: Scores) -> None:
    """Print a table of all scenes together, and one of each scene."""
    print("| algorithm | precision | recall | F1 | false per hour | F1 with raspiCamSrv's pause |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, scores in usual.items():
        all_of = total(scores)
        shares = f"{all_of.precision:.2f} | {all_of.recall:.2f} | {all_of.f1:.2f}"
        print(f"| {name} | {shares} | {all_of.false_per_hour:.0f} | {total(paused[name]).f1:.2f} |")
    print("\nFound / labels, and false events:\n")
    print(f"| scene | {' | '.join(usual)} |\n| --- |{' --- |' * len(usual)}")
    for scene in next(iter(usual.values())):
        cells = []
        for scores in usual.values():
            one = scores[scene]
            labels = one.found + one.missed
            cells.append(f"{one.found}/{labels}, {one.false}" if labels else f"{one.false}")
        print(f"| {scene} | {' | '.join(cells)} |", flush=True)


def frames_of(width: int, height: int) -> list[Planes]:
    """A scene with noise, through which a bright block moves."""
    data = np.fromfile(ring(width, height), np.uint8).reshape(FRAMES, height * 3 // 2, width)
    return [(frame[:height], *frame[height:].reshape(2, height // 2, width // 2)) for frame in data]


def milliseconds(work: Callable[[int], object], count: int) -> float:
    """Return the median CPU time of one call."""
    taken = []
    for number in range(count):
        began = time.thread_time_ns()
        work(number)
        taken.append((time.thread_time_ns() - began) / 1e6)
    return statistics.median(taken)


def print_costs(made: dict[str, Callable[[], Detector]], looks: int) -> None:
    """Print the cost of a frame by size, and against encoding it."""
    print(
        "| | CPU time of a frame | share of a core at 5 fps | against encoding it |\n| --- | --- | --- | --- |"
    )
    for width, height in ((640, 480), (1280, 720), (1920, 1080)):
        planes = frames_of(width, height)
        jpegs = [encode(one, QUALITY) for one in planes]
        size = width, height
        background = Background()

        def look(frame: Frame, background: Background = background) -> None:
            background.update(small_luma(frame), 1 / FPS)

        encoding = milliseconds(lambda n: encode(planes[n % FRAMES], QUALITY), looks // 2)  # noqa: B023
        of_planes = milliseconds(lambda n: look(Frame(0, *size, planes=planes[n % FRAMES])), looks)  # noqa: B023
        of_jpegs = milliseconds(lambda n: look(Frame(0, *size, jpeg=jpegs[n % FRAMES])), looks)  # noqa: B023
        for what, cost in (("planes", of_planes), (f"JPEG of {len(jpegs[0]) // 1000} kB", of_jpegs)):
            share = f"{cost * FPS / 10:.2f} % | {cost / encoding:.2f} x"
            print(f"| {width}x{height}, {what} | {cost:.2f} ms | {share} |", flush=True)
    planes = frames_of(640, 480)
    encoding = milliseconds(lambda n: encode(planes[n % FRAMES], QUALITY), looks)
    print(
        f"\n| 640x480 | CPU time of a frame | against encoding it ({encoding:.2f} ms) |\n| --- | --- | --- |"
    )
    for name, make in made.items():
        detector = make()
        cost = milliseconds(lambda n: detector(planes[n % FRAMES]), max(8, looks // 4))  # noqa: B023
        print(f"| {name} | {cost:.2f} ms | {cost / encoding:.2f} x |", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", default=["cost", "scores"])
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--only", nargs="*", default=[], help="words in the names of algorithms")
    parser.add_argument("--scenes", nargs="*", default=[], help="words in the names of scenes")
    parser.add_argument("--looks", type=int, default=200)
    arguments = parser.parse_args()
    configure_malloc()
    made = algorithms(arguments.only)
    if "cost" in arguments.parts:
        print_costs(made, arguments.looks)
    if "scores" in arguments.parts:
        scenes = [
            name for name in names() if not arguments.scenes or any(word in name for word in arguments.scenes)
        ]
        print(f"\nseeds {', '.join(map(str, arguments.seeds))}\n")
        print_scores(*all_scores(made, arguments.seeds, scenes))


if __name__ == "__main__":
    main()
