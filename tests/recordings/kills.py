"""Kills a recorder at random moments, and measures what is lost: `python -m tests.recordings.kills --moments 50`.

A process of its own records continuously in parts of five seconds, at 15 frames per second, and prints each frame that
it has passed on. It is killed (SIGKILL), which leaves what the kernel has; what a power cut leaves depends on the disk.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from mqttcam.camera.audio_packet import FRAME_SAMPLES, AudioFormat
from mqttcam.recordings.recorder import Recorder
from mqttcam.recordings.repair import finish_recording, unfinished
from mqttcam.settings.recordings import RecordSettings
from mqttcam.video.camera_video import CameraVideo, VideoReader
from mqttcam.video.unit import CLOCK, AudioFrame, Unit
from tests.recordings.rig import Library, encoded, frames

FPS = 15
MOST_LOST = 0.6
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Kill:
    """What was found after one kill.

    Attributes:
        after: seconds of video that were passed on.
        lost: seconds of them that are missing after the next start.
        unrepaired: frames that ffprobe decodes from the file that was being written, as it is.
        dead: names of files that cannot be read.
    """

    after: float
    lost: float
    unrepaired: int
    dead: tuple[str, ...]


class _Video:
    """Stands for the video of a camera."""

    def __init__(self) -> None:
        self.readers: list[VideoReader] = []

    @contextlib.contextmanager
    def read(self, reader: VideoReader, max_delay: float = 0.0) -> Iterator[None]:
        self.readers.append(reader)
        yield

    def request_keyframe(self) -> None:
        """Do nothing: each tenth unit is one."""


async def record(folder: Path, *, audio: bool) -> None:
    """Record until killed."""
    video = _Video()
    settings = RecordSettings(continuous=True, longest=5)
    recorder = Recorder("front", cast("CameraVideo", video), settings, Library(folder))
    recorder.camera_changed(enabled=True, running=True)
    stock = encoded(320, 240, noise=40)
    sound = _Sound() if audio else None
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for number in range(100_000):
        await asyncio.sleep(begin + number / FPS - loop.time())
        unit = stock[number % len(stock)]._replace(pts=number * CLOCK // FPS, ts_ns=time.time_ns())
        if sound is not None:
            unit = sound.attach(unit)
        for reader in video.readers:
            reader.deliver(unit)
        print(number + 1, flush=True)


class _Sound:
    """Tones of AAC, again and again."""

    def __init__(self) -> None:
        from tests.support.sounding import aac

        self._format = AudioFormat(16000, 1)  # as many cameras send it: frames of 64 ms
        self._frames = itertools.cycle(aac(self._format, 2))
        self._samples = 0

    def attach(self, unit: Unit) -> Unit:
        found = []
        while (pts := self._samples * CLOCK // self._format.rate) <= unit.pts:
            found.append(AudioFrame(next(self._frames), pts))
            self._samples += FRAME_SAMPLES
        return unit._replace(audio=tuple(found), audio_format=self._format)


def kill(folder: Path, seconds: float, *, audio: bool = False) -> Kill:
    """Kill a recorder after some seconds of video, and look at its files."""
    command = [sys.executable, "-m", "tests.recordings.kills", "--record", str(folder)]
    command += ["--audio"] if audio else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(seconds)  # the moment is what is tested
        process.send_signal(signal.SIGKILL)
        passed_on = int((first + process.stdout.read()).split()[-1])
    dead: list[str] = []
    unrepaired = 0
    for files in list(unfinished(folder)):
        has_video = b"mdat" in files.part.read_bytes()
        unrepaired = _count(files.part, dead) if has_video else 0
        finish_recording(files)
    kept = sum(_count(path, dead) for path in folder.rglob("*.mp4"))
    assert not list(folder.rglob("*.part"))
    return Kill(passed_on / FPS, (passed_on - kept) / FPS, unrepaired, tuple(dead))


def _count(path: Path, dead: list[str]) -> int:
    try:
        return len(frames(path))
    except (AssertionError, subprocess.CalledProcessError) as error:
        dead.append(f"{path.name}: {error}")
        return 0


def kills(count: int, seed: int, *, audio: bool = False) -> Iterator[Kill]:
    """Yield the results of so many kills."""
    draw = random.Random(seed)
    for _ in range(count):
        with tempfile.TemporaryDirectory() as folder:
            yield kill(Path(folder), draw.uniform(0, 12 if count > 10 else 3), audio=audio)


def main() -> None:
    """Print a line for each kill, and a summary."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--audio", action="store_true", help="record sound, too")
    parser.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.record is not None:
        asyncio.run(record(arguments.record, audio=arguments.audio))
        return
    found = []
    for result in kills(arguments.moments, arguments.seed, audio=arguments.audio):
        found.append(result)
        print(f"killed after {result.after:5.2f} s: lost {result.lost:4.2f} s", *result.dead, flush=True)
    lost = [result.lost for result in found]
    dead = sum(len(result.dead) for result in found)
    print(
        f"{len(found)} kills: {dead} dead files; lost {sum(lost) / len(lost):.2f} s, at most {max(lost):.2f} s"
    )
    sys.exit(bool(dead or max(lost) > MOST_LOST))


if __name__ == "__main__":
    main()
