"""Recordings that are not recorded, but made: their files, and libraries of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mqttcam.recordings.library import Library, LibraryTiming
from mqttcam.recordings.listed import EventQuery
from mqttcam.recordings.recording import Event, Recording
from mqttcam.recordings.retention import Clock
from mqttcam.recordings.sidecar import write_sidecar
from mqttcam.settings.recordings import CameraKeepSettings, KeepSettings
from tests.support.waiting import PATIENCE

DAY = 86400.0
ALL = EventQuery(limit=100_000)
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()
NO_LIMITS: dict[str, Any] = {"days": None, "size": None, "free": 0}


@dataclass
class SetClock:
    """A clock that a test sets; it has gone on evenly for long enough."""

    now: float = NOON
    monotonic: float = 0.0
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(lambda: self.now, lambda: self.monotonic)

    def go_on(self, seconds: float) -> None:
        self.now += seconds
        self.monotonic += seconds


def recording(begin: float, camera: str = "front", **values: Any) -> Recording:
    """Return a recording of ten seconds with one event, which begins after two; `begin` in Unix seconds."""
    when = datetime.fromtimestamp(begin, UTC)
    reason = values.get("reason", "motion")
    begin_ns = round(begin * 1e9)
    event = Event(
        id=f"e-{when:%Y%m%d-%H%M%S}-{camera}",
        type="motion",
        begin_ns=begin_ns + 2 * 10**9,
        end_ns=begin_ns + 8 * 10**9,
        score=4.5,
        zones=("gate",),
    )
    return Recording.model_validate(
        {
            "id": f"r-{when:%Y%m%d-%H%M%S}-{camera}",
            "camera": camera,
            "stem": f"{camera}/{when:%Y-%m-%d}/{when:%H%M%S}-{reason}",
            "reason": reason,
            "begin_ns": begin_ns,
            "seconds": 10.0,
            "bytes": 1000,
            "events": (event,) if reason == "motion" else (),
        }
        | values
    )


def make_files(folder: Path, made: Recording, video: bytes = bytes(1000)) -> Recording:
    """Write the files of a recording."""
    path = folder / f"{made.stem}.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(video)
    for kind in made.pictures:
        suffix = {"best": ".jpg", "start": "-start.jpg", "end": "-end.jpg"}[kind]
        (folder / f"{made.stem}{suffix}").write_bytes(b"\xff\xd8\xff\xd9")
    write_sidecar(folder, made)
    return made


@asynccontextmanager
async def opened(
    tmp_path: Path,
    keep: Mapping[str, Any] | None = None,
    camera_keep: Mapping[str, CameraKeepSettings] | None = None,
    clock: Clock | None = None,
    **timing: float,
) -> AsyncIterator[Library]:
    """Open the library of `tmp_path / "recordings"`, which is up to date with the files."""
    library = Library(
        tmp_path / "recordings",
        tmp_path / "state" / "recordings.sqlite",
        KeepSettings.model_validate(NO_LIMITS | dict(keep or {})),
        lambda: camera_keep or {},
        clock=clock or Clock(),
        timing=LibraryTiming(**({"answer": 30.0} | timing)),
    )
    library.start()
    try:
        await tidied(library)
        yield library
    finally:
        await library.close()


async def tidied(library: Library) -> int:
    """Return once everything is deleted that is beyond the limits."""
    await asyncio.sleep(0)  # the library's own task has begun
    return await asyncio.wait_for(asyncio.wrap_future(library.tidy()), 60)


async def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for something that another thread does without a notification."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def index_of(tmp_path: Path) -> Path:
    """Return the file of the index."""
    return tmp_path / "state" / "recordings.sqlite"


async def ids(library: Library, query: EventQuery = ALL) -> list[str]:
    """Return the ids of events, the newest first."""
    return [event.id for event in await library.find(query)]


def three(folder: Path) -> list[str]:
    """Make three recordings, and return the ids of their events, the newest first."""
    made = [make_files(folder, recording(NOON + 60 * number)) for number in range(3)]
    return [one.events[0].id for one in reversed(made)]
