"""Kills a series at each step of writing a picture: `python -m tests.series.kills --all`.

A process of its own takes pictures until it is killed (SIGKILL) at a given call to the file system; of a write to the
video, half is done. The next one completes what was begun. Every picture that was announced as kept has to be there
once, in the video as well, and nothing torn.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mqttcam.recordings.series_files import PICTURE, stem_in
from mqttcam.series.files import SeriesFiles
from tests.recordings.rig import frames
from tests.series.rig import BEGIN, files_in, names_in, picture, settings
from tests.support.project import PROJECT

SETS = 4
_USUAL_STEPS = 70
"""Of most kinds; more than there are kill nothing."""
_CALLS = ("pwrite", "write", "fsync", "fdatasync", "replace", "unlink", "ftruncate", "open")
KINDS: dict[str, dict[str, Any]] = {
    "kept": {"video": True},
    "dropped": {"video": True, "pictures": "drop"},
    "set": {"video": True, "exposures": [1000, 2000]},
    "limited": {"keep": {"size": 9000}},
}


def take(files: SeriesFiles, number: int, shots: int) -> None:
    """Take one set."""
    files.open(BEGIN, BEGIN)
    names: list[str] = []
    for shot in range(shots):
        one = picture(number, BEGIN + number)
        stem = stem_in(names[0]) if names else None
        names.append(files.add(one.ts_ns, f"-{shot + 1}000us" if shots > 1 else "", one.jpeg, stem))
    files.commit(names)


def run(root: Path, kind: str, step: int) -> None:
    """Take pictures until killed at the call with this number; without one, print how many there were."""
    options = settings(**KINDS[kind])
    files = files_in(root, options)
    files.open(BEGIN, BEGIN)
    calls = _count_calls(step)
    for number in range(1, SETS + 1):
        take(files, number, max(1, len(options.exposures)))
        print(number, flush=True)
    print("calls", calls[0])


def _count_calls(step: int) -> list[int]:
    """Count calls that change files from now on, and end the process at the one with this number."""
    calls = [0]

    def wrap(owner: Any, name: str) -> None:
        call = getattr(owner, name)

        def counted(*arguments: Any, **more: Any) -> Any:
            calls[0] += 1
            if calls[0] == step:
                if name == "pwrite":
                    descriptor, data, offset = arguments
                    call(descriptor, bytes(data)[: len(data) // 2], offset)
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **more)

        setattr(owner, name, counted)

    for name in _CALLS:
        wrap(os, name)
    return calls


def kill(kind: str, step: int) -> str | None:
    """Kill a process at a step, and check what the next one finds; return a problem in words."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "recordings"
        command = [sys.executable, "-m", "tests.series.kills", "--run", str(root), kind, str(step)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=False)
        if done.returncode == 0:
            return None  # there were fewer steps
        if done.returncode != -signal.SIGKILL:
            return f"failed: {done.stderr}"
        announced = len(done.stdout.split())
        return _check(root, kind, announced)


def _check(root: Path, kind: str, announced: int) -> str | None:
    options = settings(**KINDS[kind])
    shots = max(1, len(options.exposures))
    files = files_in(root, options)
    known = files.open(BEGIN, BEGIN)
    if not announced * shots <= known.pictures <= (announced + 1) * shots:
        return f"{announced} sets were announced, {known.pictures} pictures are counted"
    take(files, 100, shots)  # it goes on
    names = names_in(files.folder)
    if torn := [name for name in names if name.endswith((".part", ".new"))]:
        return f"left: {torn}"
    assert files.progress is not None
    counted = files.progress.pictures
    pictures = [name for name in names if name.endswith(PICTURE)]
    if kind != "limited" and len(pictures) != (0 if kind == "dropped" else counted):
        return f"{counted} are counted, {len(pictures)} are there"
    videos = [name for name in names if name.endswith(".mp4")]
    shown = sum(len(frames(files.folder / name)) for name in videos)
    sets = len({stem_in(name) for name in pictures}) if kind == "set" else counted
    if options.video is not None and shown != sets:
        return f"{sets} sets are counted, {shown} pictures are in the video"
    actual = sum((files.folder / name).stat().st_size for name in names if name != "series.json")
    if abs(actual - files.bytes) > 2000:
        return f"{actual} bytes, and {files.bytes} are counted"
    return None


def steps_of(kind: str) -> int:
    """Return the number of steps."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.series.kills", "--run", folder, kind, "0"]
        done = subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, check=True)
    return int(done.stdout.split()[-1])


def some(count: int, seed: int) -> Iterator[tuple[str, int]]:
    """Yield so many kinds and steps."""
    draw = random.Random(seed)
    kinds = sorted(KINDS)
    for number in range(count):
        yield kinds[number % len(kinds)], draw.randint(1, _USUAL_STEPS)


def main() -> None:
    """Print a line for each kill that goes wrong, and a summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--moments", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--run", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.run:
        root, kind, step = arguments.run
        run(Path(root), kind, int(step))
        return
    every = ((kind, step) for kind in sorted(KINDS) for step in range(1, steps_of(kind) + 1))
    count, wrong = 0, 0
    for kind, step in every if arguments.all else some(arguments.moments, arguments.seed):
        count += 1
        if (problem := kill(kind, step)) is not None:
            wrong += 1
            print(f"{kind}, step {step}: {problem}", flush=True)
    print(f"{count} kills, {wrong} wrong")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
