"""What the library lists, and changes of it."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest

from mqttcam.recordings.indexed_files import NotFinished
from mqttcam.recordings.library import LibraryUnavailable
from mqttcam.recordings.listed import EventQuery
from mqttcam.recordings.recording import Event, Recording
from mqttcam.recordings.worker import Steps, WorkerThread
from tests.recordings.made import (
    ALL,
    DAY,
    NOON,
    SetClock,
    ids,
    index_of,
    make_files,
    opened,
    recording,
    three,
)
from tests.support.waiting import PATIENCE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


async def test_nothing_is_made_where_nothing_is_recorded(tmp_path: Path) -> None:
    async with opened(tmp_path) as library:
        assert await ids(library) == []
        assert await library.get("e-1") is None
        assert not await library.delete("e-1")
        assert library.problem is None
        assert library.free
    assert list(tmp_path.iterdir()) == []


async def test_a_recording_is_found_once_it_is_added(tmp_path: Path, folder: Path) -> None:
    async with opened(tmp_path) as library:
        changed = asyncio.Event()
        library.listeners.add(changed.set)
        made = make_files(folder, recording(NOON, pictures=("best",)))
        library.add(made)
        await asyncio.wait_for(changed.wait(), 60)
        (event,) = await library.find(ALL)
        assert (event.id, event.camera, event.type, event.zones) == (
            made.events[0].id,
            "front",
            "motion",
            ("gate",),
        )
        assert (event.recording, event.stem, event.is_whole) == (made.id, made.stem, True)
        assert event.pictures == ("best",)
        assert (library.bytes, library.count, library.cameras) == (1000, 1, ("front",))
        assert library.changes


async def test_events_are_found_by_camera_type_and_time_page_by_page(tmp_path: Path, folder: Path) -> None:
    async with opened(tmp_path) as library:
        for number in range(10):
            library.add(make_files(folder, recording(NOON + 60 * number, "front" if number % 2 else "back")))
        library.add(make_files(folder, recording(NOON + 1000, reason="command")))
        assert len(await ids(library, EventQuery(camera="front"))) == 6
        assert await ids(library, EventQuery(types=("recording",))) == ["r-20261129-121640-front"]
        assert await ids(library, EventQuery(camera="attic")) == []
        begin, end = round((NOON + 65) * 1e9), round((NOON + 185) * 1e9)
        found = await ids(library, EventQuery(begin_ns=begin, end_ns=end))
        assert found == ["e-20261129-120300-front", "e-20261129-120200-back", "e-20261129-120100-front"]
        seen: list[str] = []
        before = None
        while page := await library.find(EventQuery(limit=3, before=before)):
            seen += [event.id for event in page]
            before = (page[-1].begin_ns, page[-1].id)
            library.add(
                make_files(folder, recording(NOON + 2000 + len(seen)))
            )  # what is new does not shift the pages
        assert len(seen) == len(set(seen)) == 11


async def test_a_recording_by_command_is_an_event_of_its_own_beside_those_in_it(
    tmp_path: Path, folder: Path
) -> None:
    async with opened(tmp_path) as library:
        motion = recording(NOON + 1).events
        library.add(make_files(folder, recording(NOON, reason="command", events=motion)))
        assert await ids(library) == [motion[0].id, "r-20261129-120000-front"]
        of_recording = await library.get("r-20261129-120000-front")
        assert of_recording is not None
        assert of_recording.type == "recording"


async def test_an_event_in_parts_is_listed_once_with_its_first_part_and_its_end(
    tmp_path: Path, folder: Path
) -> None:
    begun = Event(id="long", type="motion", begin_ns=round(NOON * 1e9), score=1.0)
    ended = begun.model_copy(update={"end_ns": round((NOON + 70) * 1e9), "score": 9.0})
    first = make_files(folder, recording(NOON, events=(begun,)))
    second = make_files(folder, recording(NOON + 60, events=(ended,)))
    async with opened(tmp_path) as library:
        (event,) = await library.find(ALL)
        assert (event.recording, event.end_ns, event.score) == (first.id, ended.end_ns, 9.0)
        part = await library.get(second.id)
        assert part is not None
        assert part.stem == second.stem
        (folder / f"{first.stem}.mp4").unlink()
        await asyncio.wrap_future(library.reconcile())
        (event,) = await library.find(ALL)
        assert event.recording == second.id
        assert await library.delete("long")
        assert await ids(library) == []


async def test_an_event_whose_last_part_a_killed_daemon_has_left_empty_ends_with_the_part_before(
    tmp_path: Path, folder: Path
) -> None:
    begun = Event(id="long", type="motion", begin_ns=round(NOON * 1e9), score=1.0)
    make_files(folder, recording(NOON, events=(begun,)))
    async with opened(tmp_path) as library:
        library.begin(recording(NOON + 10, events=(begun,)))
        (event,) = await library.find(ALL)
        assert event.end_ns is None
    async with opened(tmp_path) as library:
        (event,) = await library.find(ALL)
        assert event.end_ns == round((NOON + 10) * 1e9)


async def test_a_recording_is_listed_while_it_is_made(tmp_path: Path, folder: Path) -> None:
    async with opened(tmp_path) as library:
        made = recording(NOON, reason="command")
        library.begin(made)
        (event,) = await library.find(ALL)
        assert (event.is_whole, event.end_ns, library.count) == (False, None, 0)
        with pytest.raises(NotFinished):
            await library.delete(made.id)
        library.add(make_files(folder, made))
        (event,) = await library.find(ALL)
        assert event.is_whole
        library.begin(recording(NOON + 60))
        library.discard("r-20261129-120100-front")
        assert await ids(library) == [made.id]
        library.begin(recording(NOON + 120))
    async with opened(tmp_path) as library:
        assert await ids(library) == [made.id]


async def test_a_favourite_is_one_in_the_sidecar(tmp_path: Path, folder: Path) -> None:
    made = make_files(folder, recording(NOON))
    async with opened(tmp_path) as library:
        event = await library.set_keep(made.events[0].id, True)
        assert event is not None
        assert event.keep
        saved = Recording.model_validate_json((folder / f"{made.stem}.json").read_bytes())
        assert saved == made.model_copy(update={"keep": True, "bytes": saved.bytes})
        event = await library.set_keep(made.id, False)
        assert event is not None
        assert not event.keep
        assert await library.set_keep("unknown", True) is None


async def test_an_event_is_deleted_with_its_files(tmp_path: Path, folder: Path) -> None:
    made = make_files(folder, recording(NOON, pictures=("best", "start")))
    today = make_files(folder, recording(NOON + DAY))
    async with opened(tmp_path, clock=SetClock(NOON + DAY).clock) as library:
        assert await library.delete(made.events[0].id)
        assert library.count == 1
        assert not await library.delete(made.events[0].id)
        assert await library.delete(today.events[0].id)
    assert not (folder / made.stem).parent.exists()
    assert list((folder / today.stem).parent.iterdir()) == []  # one may begin there at any time


async def test_a_video_stays_while_another_event_is_in_it(tmp_path: Path, folder: Path) -> None:
    both = recording(NOON).events + recording(NOON + 3).events
    made = make_files(folder, recording(NOON, events=both))
    async with opened(tmp_path) as library:
        assert await library.delete(both[0].id)
        assert await ids(library) == [both[1].id]
        assert (folder / f"{made.stem}.mp4").exists()
    index_of(tmp_path).unlink()
    async with opened(tmp_path) as library:
        assert await ids(library) == [both[1].id]
        assert await library.delete(both[1].id)
    assert not (folder / f"{made.stem}.mp4").exists()


async def test_what_the_disk_refuses_is_said(tmp_path: Path, folder: Path) -> None:
    made = make_files(folder, recording(NOON))
    async with opened(tmp_path) as library:
        path = folder / f"{made.stem}.mp4"
        path.unlink()
        (path / "full").mkdir(parents=True)
        with pytest.raises(LibraryUnavailable, match=r"120000-motion\.mp4"):
            await library.delete(made.events[0].id)
        assert len(await library.find(ALL)) == 1


async def test_a_disk_that_does_not_answer_holds_up_nothing(tmp_path: Path, folder: Path) -> None:
    three(folder)
    async with opened(tmp_path, answer=1.0, room=0.1, stop=0.1) as library:
        release = threading.Event()
        library._worker.call(release.wait)
        with pytest.raises(LibraryUnavailable, match="does not answer"):
            await library.find(ALL)
        assert library.problem
        assert not await asyncio.to_thread(library.make_room, 1)
        library.add(recording(NOON))
        assert not release.is_set(), "adding has waited for nothing"
        release.set()
        await asyncio.wrap_future(library._worker.call(lambda: None))
        assert len(await library.find(ALL)) == 3
        assert library.problem is None
        release.clear()
        library._worker.call(release.wait)
        await library.close()
        assert not release.is_set(), "closing has not waited for the disk"
        release.set()


async def test_questions_do_not_pile_up_while_the_disk_does_not_answer(tmp_path: Path, folder: Path) -> None:
    three(folder)
    async with opened(tmp_path) as library:
        release = threading.Event()
        library._worker.call(release.wait)
        try:
            for _ in range(1000):
                library._worker.call(lambda: None)
            async with asyncio.timeout(PATIENCE):
                with pytest.raises(LibraryUnavailable, match="too slow"):
                    await library.find(ALL)
        finally:
            release.set()
        await asyncio.wrap_future(library._worker.call(lambda: None))
        assert len(await library.find(ALL)) == 3


async def test_ten_thousand_events(tmp_path: Path, folder: Path) -> None:
    """Opening, finding, and comparing with the files stay far below what a user notices, a rebuild goes on beside."""
    for number in range(10_000):
        made = recording(NOON - 600 * number)
        path = folder / f"{made.stem}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        (folder / f"{made.stem}.json").write_bytes(made.model_dump_json().encode())
    took: dict[str, float] = {}
    late = 0.0

    async def watch() -> None:
        nonlocal late
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            late = max(late, time.monotonic() - before - 0.005)

    watching = asyncio.create_task(watch())
    begun = time.monotonic()
    async with opened(tmp_path) as library:
        took["rebuild"] = time.monotonic() - begun
        assert library.count == 10_000
        begun = time.monotonic()
        page = await library.find(EventQuery(limit=50, before=(round((NOON - 3_000_000) * 1e9), "")))
        took["page"] = time.monotonic() - begun
        assert len(page) == 50
    begun = time.monotonic()
    async with opened(tmp_path) as library:
        took["reconcile"] = time.monotonic() - begun
        assert library.count == 10_000
    watching.cancel()
    print({name: round(seconds, 3) for name, seconds in took.items()}, f"loop late by {late * 1000:.0f} ms")


async def test_a_flood_of_requests_does_not_delay_the_work_in_steps() -> None:
    """Such as the deletion of what exceeds the limits."""
    worker, is_done = WorkerThread("test"), threading.Event()

    def call() -> None:
        if not is_done.is_set():
            worker.call(call)

    def steps() -> Steps[None]:
        for _ in range(3):
            yield

    for _ in range(10):
        worker.call(call)
    try:
        await asyncio.wrap_future(worker.run_steps(steps()))
    finally:
        is_done.set()
        worker.stop(60)


def test_the_last_call_is_after_all_others_and_after_the_work_in_steps() -> None:
    """Closing the index is: what came later would open it again, and leave it open."""
    worker, ran = WorkerThread("test"), list[str]()

    def steps() -> Steps[None]:
        while True:
            ran.append("step")
            yield

    worker.run_steps(steps())
    worker.call(lambda: ran.append("call"))
    worker.stop(60, lambda: ran.append("last"))
    assert ran[-1] == "last"
    assert ran.count("call") == 1
    WorkerThread("never started").stop(60, lambda: ran.append("never"))
    assert "never" not in ran
