"""A series with a clock that a test moves, and pictures that it makes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

from mqttcam.camera.frame import Picture, PictureSpec
from mqttcam.recordings.paths import RecordingsFolder
from mqttcam.schedule import Location, parse
from mqttcam.series.files import SeriesFiles
from mqttcam.series.series import Series, State
from mqttcam.series.shots import Shot
from mqttcam.series.timetable import Timetable
from mqttcam.series.timing import SeriesTiming
from mqttcam.settings.recordings import KeepSettings
from mqttcam.settings.series import SeriesSettings
from tests.recordings.rig import frames
from tests.support.pictures import jpeg
from tests.support.waiting import until

BEGIN = datetime(2026, 11, 29, 19, 30, 12, tzinfo=UTC).timestamp()


def settings(schedule: str = "every 10 minutes", **more: Any) -> SeriesSettings:
    return SeriesSettings.model_validate({"schedule": schedule, **more})


def picture(number: int, at: float, size: tuple[int, int] = (64, 48)) -> Picture:
    """Return a picture that was taken at a Unix time."""
    return Picture(jpeg(*size, seed=number), number, round(at * 1e9), *size, 90)


class TestClock:
    """Clocks that stand still unless a test moves them."""

    __test__ = False

    def __init__(self, now: float = BEGIN) -> None:
        self._now = now
        self._monotonic = 1000.0
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        awake = asyncio.Event()
        sleeper = (self._monotonic + seconds, awake)
        self._sleepers.append(sleeper)
        try:
            await awake.wait()
        finally:
            self._sleepers.remove(sleeper)

    async def advance(self, seconds: float, set_by: float = 0.0) -> None:
        """Move on, once the series waits; `set_by` is by how much the wall clock is set meanwhile."""
        await until(lambda: self._sleepers, "the series waits")
        self._now += seconds + set_by
        self._monotonic += seconds
        for due, awake in self._sleepers:
            if due <= self._monotonic:
                awake.set()
        for _ in range(5):
            await asyncio.sleep(0)


class TestPhotographer:
    """Takes pictures that differ, or fails.

    Attributes:
        problem: what it raises instead.
    """

    __test__ = False

    def __init__(self, clock: TestClock) -> None:
        self.enabled = True
        self.problem: Exception | None = None
        self.size = (64, 48)
        self.taken = 0
        self._clock = clock

    async def take(
        self,
        shots: list[Shot],
        spec: PictureSpec,
        keep: Callable[[Shot, Picture], Awaitable[None]],
        *,
        full_resolution: bool,
    ) -> None:
        for shot in shots:
            if self.problem is not None:
                raise self.problem
            self.taken += 1
            await keep(shot, picture(self.taken, self._clock.now(), self.size))


class Rig:
    """One series in a folder.

    Attributes:
        folder: of the series.
        states: what was kept of it.
        shown: the pictures that were to be shown.
    """

    def __init__(
        self,
        root: Path,
        clock: TestClock | None = None,
        *,
        location: Location | None = None,
        zone: tzinfo | None = UTC,
        **options: Any,
    ) -> None:
        self.settings = settings(**options)
        self.clock = clock or TestClock()
        self.photographer = TestPhotographer(self.clock)
        self.files = files_in(root, self.settings)
        self.folder = self.files.folder
        self.states: list[tuple[State, float | None]] = []
        self.shown: list[Picture] = []
        self.changes = 0
        self.series = Series(
            "garden",
            self.settings,
            self.files,
            Timetable(parse(self.settings.schedule, location, zone), self.settings.end),
            self.photographer,
            clock=self.clock,
            on_change=self._changed,
            on_state=lambda series: self.states.append((series.state, series.started)),
            on_picture=lambda series, one: self.shown.append(one),
            timing=SeriesTiming(check=1e9, answer=60),
        )

    def _changed(self) -> None:
        self.changes += 1

    async def until_pictures(self, count: int) -> None:
        await until(lambda: self.series.pictures == count, f"{count} pictures (are {self.series.pictures})")

    async def next_is(self, moment: float) -> None:
        await until(lambda: self.series.next == moment, f"next at {moment} (is {self.series.next})")

    def names(self, ending: str = ".jpg") -> list[str]:
        return names_in(self.folder, ending)

    def videos(self) -> list[int]:
        """Return the number of frames in each video."""
        return [len(frames(self.folder / name)) for name in self.names(".mp4")]


class TestLibrary:
    """The limits of recordings, of which there are none.

    Attributes:
        series_bytes: of the one series.
        series_changes: counts the files that others have deleted, and the changes of favourites.
        asked: the sizes that were to be made room for.
    """

    __test__ = False

    def __init__(self, **keep: Any) -> None:
        self.keep = KeepSettings.model_validate({"free": 0, "size": None, **keep})
        self.series_bytes = self.series_changes = 0
        self.asked: list[int] = []

    def set_series_bytes(self, camera: str, name: str, size: int) -> None:
        assert (camera, name) == ("front", "garden")
        self.series_bytes = size

    def make_room(self, size: int) -> object:
        self.asked.append(size)
        return False


def files_in(root: Path, options: SeriesSettings, library: TestLibrary | None = None) -> SeriesFiles:
    return SeriesFiles(RecordingsFolder(root), "front", "garden", options, library or TestLibrary())


def names_in(folder: Path, ending: str = "") -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(ending))
