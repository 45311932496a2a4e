"""Recordings are deleted by age, size and free space, the oldest first; never favourites, never by a wrong clock."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from mqttcam.recordings.library import Library
from mqttcam.recordings.listed import EventQuery
from mqttcam.settings.recordings import CameraKeepSettings
from tests.recordings.made import DAY, NOON, SetClock, make_files, opened, recording, tidied

HOUR = 3600.0
ALL = EventQuery(limit=1000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


def videos(folder: Path) -> list[str]:
    """The names of all videos, oldest first by their names."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.mp4"))


def daily(folder: Path, days: int, camera: str = "front", size: int = 1000) -> None:
    """Make a recording each noon up to that of the clock."""
    for number in range(days):
        made = recording(NOON - number * DAY, camera, bytes=size)
        make_files(folder, made, bytes(size))


async def after_an_hour(library: Library, clock: SetClock) -> int:
    clock.go_on(HOUR + 1)
    return await tidied(library)


async def test_days(tmp_path: Path, folder: Path) -> None:
    daily(folder, 5)
    daily(folder, 5, "back")
    clock = SetClock()
    async with opened(tmp_path, {"days": 3}, {"back": CameraKeepSettings(days=1.5)}, clock.clock) as library:
        assert len(videos(folder)) == 10
        assert await after_an_hour(library, clock) == 5
        assert videos(folder) == [
            "back/2026-11-28/120000-motion.mp4",
            "back/2026-11-29/120000-motion.mp4",
            "front/2026-11-27/120000-motion.mp4",
            "front/2026-11-28/120000-motion.mp4",
            "front/2026-11-29/120000-motion.mp4",
        ]
        assert sorted(path.name for path in (folder / "back").iterdir()) == ["2026-11-28", "2026-11-29"]
        assert library.count == len(await library.find(ALL)) == 5
        clock.go_on(DAY)
        assert await tidied(library) == 2


async def test_size_of_all(tmp_path: Path, folder: Path) -> None:
    daily(folder, 3)
    daily(folder, 3, "back")
    async with opened(tmp_path, {"size": 5500}) as library:
        assert {name.partition("/")[2] for name in set(videos(folder))} == {
            "2026-11-28/120000-motion.mp4",
            "2026-11-29/120000-motion.mp4",
        }
        library.add(make_files(folder, recording(NOON + 60, bytes=2000), bytes(2000)))
        await tidied(library)
        await tidied(library)
        assert videos(folder)[-1] == "front/2026-11-29/120100-motion.mp4"
        assert library.bytes <= 5500
        assert library.problem is None


async def test_size_of_a_camera(tmp_path: Path, folder: Path) -> None:
    daily(folder, 5)
    daily(folder, 5, "back")
    async with opened(tmp_path, None, {"front": CameraKeepSettings(size=3500)}):
        assert len([name for name in videos(folder) if name.startswith("back")]) == 5
        assert [name for name in videos(folder) if name.startswith("front")] == [
            "front/2026-11-28/120000-motion.mp4",
            "front/2026-11-29/120000-motion.mp4",
        ]


@pytest.fixture
def small_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """A disk on which 10 recordings fit; returns what is free."""

    def free() -> int:
        return 10_000 - 1000 * len(videos(folder))

    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_bavail=free(), f_frsize=1))
    return free


async def test_free_space(tmp_path: Path, folder: Path, small_disk: Callable[[], int]) -> None:
    daily(folder, 8)
    async with opened(tmp_path, {"free": 5000}) as library:
        assert (len(videos(folder)), library.free) == (5, 5000)
        assert videos(folder)[0] == "front/2026-11-25/120000-motion.mp4"
        assert library.problem is None


async def test_it_is_said_when_the_disk_is_too_small_for_any_recording(
    tmp_path: Path, folder: Path, small_disk: Callable[[], int]
) -> None:
    async with opened(tmp_path, {"free": 50_000}) as library:
        assert library.problem is None  # nothing is recorded
        library.add(make_files(folder, recording(NOON)))
        for _ in range(3):
            await tidied(library)
            assert library.problem
            assert "no recording is left to delete" in library.problem
        assert videos(folder) == []


async def test_room_is_made_for_the_writer(
    tmp_path: Path, folder: Path, small_disk: Callable[[], int]
) -> None:
    daily(folder, 8)
    async with opened(tmp_path, {"free": 1000}) as library:
        assert await asyncio.to_thread(library.make_room, 3000)
        assert small_disk() == 4000
        assert not await asyncio.to_thread(library.make_room, 20_000)
        assert videos(folder) == []


async def test_favourites_stay_and_it_is_said_when_they_take_all(tmp_path: Path, folder: Path) -> None:
    daily(folder, 4)
    clock = SetClock()
    async with opened(tmp_path, {"days": 1, "size": 100_000}, clock=clock.clock) as library:
        oldest = (await library.find(ALL))[-1]
        assert await library.set_keep(oldest.id, True)
        assert await after_an_hour(library, clock) == 2
        assert videos(folder)[0] == "front/2026-11-26/120000-motion.mp4"
    async with opened(tmp_path, {"size": 500}, clock=clock.clock) as library:
        assert videos(folder) == ["front/2026-11-26/120000-motion.mp4"]
        assert library.problem
        assert "of the 500 bytes allowed for recordings" in library.problem


async def test_a_favourite_that_the_index_does_not_know_stays(tmp_path: Path, folder: Path) -> None:
    """The sidecar counts: a power cut may take the last change from the index."""
    made = make_files(folder, recording(NOON))
    async with opened(tmp_path, {"size": 1}) as library:
        assert videos(folder) == []
        make_files(folder, made.model_copy(update={"keep": True}))
        library.add(made)
        await tidied(library)
        await tidied(library)
        assert len(videos(folder)) == 1


async def test_what_cannot_be_deleted_is_said_and_does_not_go_round_in_circles(
    tmp_path: Path, folder: Path
) -> None:
    daily(folder, 30)
    for path in list(folder.rglob("*.json")):
        path.unlink()
        (path / "full").mkdir(parents=True)
    async with opened(tmp_path, {"size": 1}) as library:
        assert library.count == 30
        assert library.problem
        assert "cannot be deleted: " in library.problem
        for path in list(folder.rglob("full")):
            path.rmdir()
            path.parent.rmdir()
        await tidied(library)
        assert library.problem is None
        assert videos(folder) == []


# clocks


@pytest.mark.parametrize("year_in_seconds", [0.0, 4_100_000_000.0], ids=["1970", "2099"])
async def test_a_clock_that_is_wrong_deletes_nothing(
    tmp_path: Path, folder: Path, year_in_seconds: float
) -> None:
    daily(folder, 5)
    clock = SetClock(year_in_seconds)
    async with opened(tmp_path, {"days": 14}, clock=clock.clock) as library:
        for _ in range(4):
            assert await after_an_hour(library, clock) == 0
        clock.now = NOON  # the network has set it
        assert await tidied(library) == 0
        assert await after_an_hour(library, clock) == 0
        clock.go_on(12 * DAY)
        assert await tidied(library) == 3


async def test_a_clock_that_jumps_forward_for_some_minutes_deletes_nothing(
    tmp_path: Path, folder: Path
) -> None:
    daily(folder, 5)
    clock = SetClock()
    async with opened(tmp_path, {"days": 14}, clock=clock.clock) as library:
        assert await after_an_hour(library, clock) == 0
        clock.now += 365 * DAY
        assert await tidied(library) == 0
        clock.go_on(600)
        assert await tidied(library) == 0
        clock.now -= 365 * DAY
        assert await after_an_hour(library, clock) == 0


@pytest.mark.parametrize("begin", [100.0, 4_100_000_000.0], ids=["1970", "2099"])
async def test_a_recording_with_a_wrong_date_is_as_old_as_the_first_right_time(
    tmp_path: Path, folder: Path, begin: float
) -> None:
    made = make_files(folder, recording(begin))
    clock = SetClock()
    daily(folder, 1)
    async with opened(tmp_path, {"days": 14}, clock=clock.clock) as library:
        assert await after_an_hour(library, clock) == 0
        clock.go_on(13 * DAY)
        assert await tidied(library) == 0
        clock.go_on(DAY + 1)
        assert await tidied(library) == 2
        assert not (folder / f"{made.stem}.mp4").exists()


async def test_recordings_before_the_clock_is_set_are_the_newest(tmp_path: Path, folder: Path) -> None:
    """A full disk deletes older ones first, not what was just recorded in 1970."""
    daily(folder, 3)
    clock = SetClock(200.0)
    made = make_files(folder, recording(100.0))
    async with opened(tmp_path, {"size": 2500}, clock=clock.clock):
        assert videos(folder)[0] == f"{made.stem}.mp4"
        assert len(videos(folder)) < 4


async def test_series_count_and_are_not_deleted(tmp_path: Path, folder: Path) -> None:
    daily(folder, 5)
    series = folder / "front/series/garden"
    series.mkdir(parents=True)
    (series / "2026-11-29T193012.345Z.jpg").write_bytes(bytes(50_000))
    async with opened(tmp_path, {"size": 53_000}) as library:
        await asyncio.wrap_future(library.measure_series())
        await tidied(library)
        assert library.series_bytes == 50_000
        assert 0 < len(videos(folder)) < 5
        assert library.bytes <= 53_000
        assert library.problem is None
        library.set_series_bytes("front", "garden", 60_000)
        await tidied(library)
        assert videos(folder) == []
        assert library.problem is not None
        assert library.problem.startswith("the favourites and series alone take 60 kB of the 53 kB")
        assert len(list(series.iterdir())) == 1
