"""A recorder with video that a test makes as it needs it, in its own time."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np

from mqttcam.recordings.paths import RecordingsFolder
from mqttcam.recordings.recorder import Recorder
from mqttcam.recordings.recording import Event, Recording
from mqttcam.recordings.timing import RecorderTiming, WriterTiming
from mqttcam.settings.recordings import RecordSettings
from mqttcam.settings.video import VideoSettings
from mqttcam.video.camera_video import CameraVideo, VideoReader
from mqttcam.video.encoder import H264Encoder
from mqttcam.video.unit import CLOCK, Unit
from tests.support.left_out import leave_out
from tests.support.waiting import until

FPS = 10
STEP = CLOCK // FPS
SECOND = 1_000_000_000
BEGIN = 1_795_980_612 * SECOND
"""2026-11-29 19:30:12 UTC."""
KEYFRAMES_APART = 10


@cache
def encoded(
    width: int = 64, height: int = 48, quality: int = 23, noise: int = 1, count: int = 40
) -> tuple[Unit, ...]:
    """Return units of which each tenth is a keyframe; each picture is brighter than the one before.

    Args:
        noise: 1 for none; 100 makes them large.
    """
    random = np.random.default_rng(1)
    settings = VideoSettings(keyframe_interval=KEYFRAMES_APART / FPS, quality=quality)
    encoder = H264Encoder(settings, width, height, FPS)
    units = []
    for i in range(count):
        i420 = random.integers(20 + 3 * i, 20 + 3 * i + noise, (height * 3 // 2, width)).astype(np.uint8)
        unit = encoder.encode(i420, i * STEP, i)
        assert unit is not None
        units.append(unit)
    return tuple(units)


class TestClock:
    """A clock that stands still unless a test moves it."""

    __test__ = False

    def __init__(self) -> None:
        self.now = 1000.0
        self._timers: list[_Timer] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], object], /) -> asyncio.TimerHandle:
        timer = _Timer(when, callback)
        self._timers.append(timer)
        return cast("asyncio.TimerHandle", timer)

    def advance(self, seconds: float) -> None:
        """Move on, and call what is due."""
        self.now += seconds
        due = [timer for timer in self._timers if timer.when <= self.now]
        self._timers = [timer for timer in self._timers if timer not in due]
        for timer in due:
            if not timer.cancelled:
                timer.callback()


class _Timer:
    def __init__(self, when: float, callback: Callable[[], object]) -> None:
        self.when = when
        self.callback = callback
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Video:
    """Stands for the video of a camera: units come when a test asks for them, each a tenth of a second later.

    Attributes:
        readers: that read it now.
        requests: for keyframes.
        offset_ns: by which the wall clock was set.
        number: of the next unit.
        sent: the units so far.
    """

    def __init__(self, clock: TestClock) -> None:
        self.readers: list[VideoReader] = []
        self.requests = 0
        self.offset_ns = 0
        self.number = 0
        self.sent: list[Unit] = []
        self._stock = encoded()
        self._stamp = 0
        self._clock = clock
        self._next = 0

    @contextlib.contextmanager
    def read(self, reader: VideoReader, max_delay: float = 0.0) -> Iterator[None]:
        self.readers.append(reader)
        self._next = 0
        try:
            yield
        finally:
            self.readers.remove(reader)

    def request_keyframe(self) -> None:
        self.requests += 1
        self._next = 0

    def units(self, count: int) -> None:
        """Deliver this many units; the picture after `request_keyframe` is a keyframe."""
        for _ in range(count):
            self._clock.advance(1 / FPS)
            ts_ns = BEGIN + self.number * SECOND // FPS + self.offset_ns
            unit = self._stock[self._next]._replace(pts=self._stamp, ts_ns=ts_ns)
            self._next = (self._next + 1) % len(self._stock)
            self._stamp += STEP
            self.number += 1
            self.sent.append(unit)
            for reader in tuple(self.readers):
                reader.deliver(unit)

    def change(self, size: tuple[int, int] = (64, 48), quality: int = 23, noise: int = 1) -> None:
        """Go on with an encoder of other settings."""
        self._stock = encoded(*size, quality, noise)
        self._next = 0

    def restart(self) -> None:
        """Go on with a keyframe and time stamps from 0."""
        self._next = self._stamp = 0

    def fail(self, problem: str) -> None:
        """Fail as an encoder does."""
        for reader in tuple(self.readers):
            reader.fail(problem)

    def seconds(self, seconds: float) -> None:
        """Deliver the units of a time."""
        self.units(round(seconds * FPS))


class Library:
    """Notes the recordings that are whole."""

    def __init__(self, path: Path, disk_file: Path | None = None) -> None:
        self.path = path
        self.folder = RecordingsFolder(path, disk_file)
        self.added: list[Recording] = []
        self.asked: list[int] = []
        self.begun: list[Recording] = []
        self.discarded: list[str] = []
        self.make: Callable[[], None] = lambda: None

    def begin(self, recording: Recording) -> None:
        self.begun.append(recording)

    def discard(self, recording_id: str) -> None:
        self.discarded.append(recording_id)

    def add(self, recording: Recording) -> None:
        self.added.append(recording)

    def make_room(self, size: int) -> None:
        self.asked.append(size)
        self.make()


_WRITER_TIMING = WriterTiming(sync=0.01)


class Rig:
    """A recorder of a camera that runs, with its clock, video and library."""

    def __init__(
        self,
        path: Path,
        writer: WriterTiming = _WRITER_TIMING,
        disk_file: Path | None = None,
        **settings: Any,
    ) -> None:
        self.clock = TestClock()
        self.video = Video(self.clock)
        self.library = Library(path, disk_file)
        self.timing = RecorderTiming(stop=10, writer=writer)
        self._settings = RecordSettings(**settings) if settings else None
        self.recorder = self.make()

    def make(self) -> Recorder:
        """Return a recorder of the camera, which runs."""
        recorder = Recorder(
            "front",
            cast("CameraVideo", self.video),
            self._settings,
            self.library,
            clock=self.clock,
            timing=self.timing,
        )
        recorder.camera_changed(enabled=True, running=True)
        return recorder

    async def whole(self, count: int) -> list[Recording]:
        """Return the recordings once so many are whole."""
        await until(lambda: len(self.library.added) >= count, f"{count} recordings")
        return self.library.added

    async def begun(self, count: int) -> list[Recording]:
        """Return the recordings that have begun once there are so many."""
        await until(lambda: len(self.library.begun) >= count, f"{count} recordings that have begun")
        return self.library.begun

    async def written(self) -> None:
        """Return once the disk has what was delivered."""
        await until(lambda: not self.recorder.queued, "the disk")

    def sidecar(self, recording: Recording) -> Recording:
        """Return a recording by its sidecar."""
        return Recording.model_validate_json(self.path(recording, ".json").read_bytes())

    async def finished(self) -> list[Recording]:
        """Close the recorder, and return all recordings that are whole, as they are now."""
        await self.recorder.close()
        await asyncio.sleep(0)  # for the last one, which the writer reported
        return list({recording.id: recording for recording in self.library.added}.values())

    def path(self, recording: Recording, ending: str = ".mp4") -> Path:
        """Return the path of a recording's file."""
        return self.library.path / (recording.stem + ending)


MakeRig = Callable[..., Rig]


def event(number: int = 1, **values: Any) -> Event:
    """Return an event of motion that begins with the first unit."""
    return Event.model_validate({"id": f"event-{number}", "type": "motion", "begin_ns": BEGIN} | values)


def frames(path: Path) -> list[dict[str, Any]]:
    """Return what ffprobe finds of each decoded frame of a file."""
    return cast("list[dict[str, Any]]", probe(path, "-select_streams", "v", "-show_frames")["frames"])


def probe(path: Path, *what: str) -> dict[str, Any]:
    """Return what ffprobe finds, as JSON; fail if it complains of anything."""
    if shutil.which("ffprobe") is None:
        leave_out("ffprobe is not installed")
    run = subprocess.run(
        ["ffprobe", "-v", "warning", "-of", "json", *what, str(path)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert not run.stderr, run.stderr
    return cast("dict[str, Any]", json.loads(run.stdout))


def tree(path: Path) -> list[str]:
    """Return the names of all files below a folder."""
    return sorted(str(file.relative_to(path)) for file in path.rglob("*") if file.is_file())
