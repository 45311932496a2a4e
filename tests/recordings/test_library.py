"""The library finds what is on the disk, whatever has become of its index."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from mqttcam.recordings.indexed_files import NotFinished
from mqttcam.recordings.library import Library, LibraryUnavailable
from mqttcam.recordings.listed import EventQuery
from mqttcam.recordings.recording import Event, Recording
from tests.recordings.made import DAY, NOON, SetClock, make_files, opened, recording, tidied

ALL = EventQuery(limit=100_000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


def index_of(tmp_path: Path) -> Path:
    return tmp_path / "state" / "recordings.sqlite"


async def ids(library: Library, query: EventQuery = ALL) -> list[str]:
    return [event.id for event in await library.find(query)]


def three(folder: Path) -> list[str]:
    """Make three recordings, and return the ids of their events, the newest first."""
    made = [make_files(folder, recording(NOON + 60 * number)) for number in range(3)]
    return [one.events[0].id for one in reversed(made)]


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
        await asyncio.wait_for(changed.wait(), 10)
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
            library.add(recording(NOON + 60 * number, "front" if number % 2 else "back"))
        library.add(recording(NOON + 1000, reason="command"))
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
            library.add(recording(NOON + 2000 + len(seen)))  # what is new does not shift the pages
        assert len(seen) == len(set(seen)) == 11


async def test_a_recording_by_command_is_an_event_of_its_own_beside_those_in_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as library:
        motion = recording(NOON + 1).events
        library.add(recording(NOON, reason="command", events=motion))
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


# the index


@pytest.mark.parametrize("damage", ["missing", "garbage", "cut", "older", "empty"])
async def test_the_index_is_made_again_from_the_files(tmp_path: Path, folder: Path, damage: str) -> None:
    expected = three(folder)
    async with opened(tmp_path) as library:
        assert await ids(library) == expected
    index = index_of(tmp_path)
    match damage:
        case "missing":
            index.unlink()
        case "garbage":
            index.write_bytes(os.urandom(20_000))
        case "cut":
            index.write_bytes(index.read_bytes()[:9000])
        case "older":
            with sqlite3.connect(index) as database:
                database.execute("DROP TABLE events")
                database.execute("PRAGMA user_version = 99")
            database.close()
        case "empty":
            index.write_bytes(b"")
    async with opened(tmp_path) as library:
        assert await ids(library) == expected
        assert library.problem is None
    assert index.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("seed", range(12))
async def test_an_index_with_other_bytes_at_random_places(tmp_path: Path, folder: Path, seed: int) -> None:
    """Some changes look like other values; no change is an error for anything that asks."""
    three(folder)
    async with opened(tmp_path):
        pass
    chance = random.Random(seed)
    data = bytearray(index_of(tmp_path).read_bytes())
    for _ in range(200):
        data[chance.randrange(len(data))] = chance.randrange(256)
    index_of(tmp_path).write_bytes(data)
    async with opened(tmp_path) as library:
        for _ in range(2):
            assert isinstance(await ids(library), list)
            await library.recordings(ALL)
            await tidied(library)
        library.add(make_files(folder, recording(NOON + 999)))
        assert "e-20261129-121639-front" in await ids(library)
        assert library.problem is None


@pytest.mark.parametrize(
    "sidecar",
    [
        b"",
        b"{",
        b"[]",
        b"\xff\xfe",
        b"null",
        b"[" * 100_000,
        b"{}" + b" " * 2_000_000,
        {"begin_ns": 10**30},
        {"begin_ns": -1},
        {"seconds": -5},
        {"seconds": 1e300},
        {"keep": "perhaps"},
        {"reason": "ufo"},
        {"events": [{"id": "../..", "type": "motion", "begin_ns": 0}]},
        {"id": "../../x"},
    ],
    ids=lambda sidecar: str(sidecar)[:30],
)
async def test_a_video_with_a_damaged_sidecar_is_kept(
    tmp_path: Path, folder: Path, sidecar: bytes | dict[str, object]
) -> None:
    made = make_files(folder, recording(NOON))
    path = folder / f"{made.stem}.json"
    path.write_bytes(
        sidecar if isinstance(sidecar, bytes) else json.dumps(made.model_dump() | sidecar).encode()
    )
    async with opened(tmp_path) as library:
        (event,) = await library.find(ALL)
        assert (event.stem, event.type, event.begin_ns) == (made.stem, "motion", made.begin_ns)
    assert (folder / f"{made.stem}.mp4").exists()


async def test_what_is_being_written_and_what_is_not_ours_is_left_alone(tmp_path: Path, folder: Path) -> None:
    made = make_files(folder, recording(NOON, pictures=("best",)))
    (folder / f"{made.stem}.mp4").rename(folder / f"{made.stem}.mp4.part")
    for name in ("130000-photo.jpg", "130000-photo.dng", "notes.json", "series/garden/000001.jpg"):
        path = folder / "front" / "2026-11-29" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    before = sorted(folder.rglob("*"))
    async with opened(tmp_path, {"size": 1}) as library:
        await asyncio.wrap_future(library.reconcile())
        assert await ids(library) == []
    assert sorted(folder.rglob("*")) == before


async def test_odd_names_of_files_and_folders(tmp_path: Path, folder: Path) -> None:
    """Dates that no calendar has are as good as any; other names are not ours."""
    good = [
        "front/0001-01-01/000000-motion",
        "front/9999-12-31/235959-motion-2",
        "front/2026-02-31/996199-command",
    ]
    other = [
        "front/٢٠٢٦-01-01/000000-motion",
        "Front/2026-01-01/000000-motion",
        "front/2026-01-01/000000-notes",
    ]
    for stem in good + other:
        path = folder / f"{stem}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no video")
    (folder / "front" / "2026-01-02").write_text("a file")
    (folder / "back").symlink_to("nowhere")
    async with opened(tmp_path) as library:
        assert sorted(event.stem for event in await library.find(ALL)) == sorted(good)
        assert library.problem is None


async def test_what_a_sidecar_says_of_its_place_and_size_does_not_count(tmp_path: Path, folder: Path) -> None:
    made = make_files(folder, recording(NOON))
    path = folder / f"{made.stem}.json"
    wrong = made.model_copy(update={"stem": "../../etc/passwd", "camera": "back", "bytes": 10**15})
    path.write_text(wrong.model_dump_json())
    async with opened(tmp_path) as library:
        (event,) = await library.find(ALL)
        assert (event.stem, event.camera) == (made.stem, "front")
        assert library.bytes == 1000 + path.stat().st_size


async def test_an_index_that_is_damaged_while_it_is_used_is_made_again(tmp_path: Path, folder: Path) -> None:
    expected = three(folder)
    async with opened(tmp_path) as library:
        index = library._files._index.open()
        await asyncio.wrap_future(library._worker.call(lambda: index._db.execute("DROP TABLE events")))
        await tidied(library)
        await library.find(ALL)
        await tidied(library)
        assert await ids(library) == expected


async def test_an_index_that_cannot_be_written_is_kept_in_memory_and_said(
    tmp_path: Path, folder: Path
) -> None:
    expected = three(folder)
    (tmp_path / "state").write_text("a file in the place of the folder")
    async with opened(tmp_path) as library:
        assert await ids(library) == expected
        assert library.problem
        assert "recordings.sqlite, cannot be written" in library.problem
        (tmp_path / "state").unlink()
        await tidied(library)
        assert library.problem is None
        assert await ids(library) == expected
    assert index_of(tmp_path).exists()


async def test_what_changed_by_hand_while_the_daemon_was_off_is_found(tmp_path: Path, folder: Path) -> None:
    newest, middle, oldest = three(folder)
    made = recording(NOON + 60)
    async with opened(tmp_path) as library:
        assert await ids(library) == [newest, middle, oldest]
    (folder / f"{made.stem}.mp4").unlink()
    late = make_files(folder, recording(NOON + 3600))
    kept = recording(NOON)
    make_files(folder, kept.model_copy(update={"keep": True}))
    async with opened(tmp_path) as library:
        assert await ids(library) == [late.events[0].id, newest, oldest]
        event = await library.get(oldest)
        assert event is not None
        assert event.keep
        assert library.count == 3
    assert not (folder / f"{made.stem}.json").exists()  # what was left of the deleted one


async def test_a_video_without_a_sidecar_is_known_by_its_name_and_its_length(
    tmp_path: Path, folder: Path
) -> None:
    pytest.importorskip("av", reason="the length of a video needs the extra `video`")
    from tests.support.video import video

    for name in ("120000-motion", "120100-command-2", "notes"):
        path = folder / "front" / "2026-11-29" / f"{name}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        video(path, count=20)
    (folder / "front" / "2026-11-29" / "120100-command-2.json").write_text("{")
    async with opened(tmp_path) as library:
        second, first = await library.find(ALL)
        assert (first.type, first.begin_ns) == ("motion", round(NOON * 1e9))
        assert (second.type, second.begin_ns) == ("recording", round((NOON + 60) * 1e9))
        assert first.end_ns == pytest.approx(first.begin_ns + 2e9, abs=2e8)
        assert first.bytes == (folder / f"{first.stem}.mp4").stat().st_size
        known = [first.id, second.id]
        kept = await library.set_keep(first.id, True)
        assert kept is not None
        assert kept.keep
    index_of(tmp_path).unlink()
    async with opened(tmp_path) as library:
        assert await ids(library) == known[::-1]


async def test_what_is_recorded_during_a_comparison_is_not_lost(tmp_path: Path, folder: Path) -> None:
    three(folder)
    async with opened(tmp_path) as library:
        steps = library._files.reconcile()
        run = library._worker.call
        await asyncio.wrap_future(run(lambda: next(steps)))
        library.add(make_files(folder, recording(NOON, "back")))
        await asyncio.wrap_future(run(lambda: list(steps)))
        assert len(await ids(library)) == 4


async def test_a_disk_that_comes_and_goes(tmp_path: Path, folder: Path) -> None:
    expected = three(folder)
    async with opened(tmp_path) as library:
        folder.rename(tmp_path / "unplugged")
        await tidied(library)
        assert await ids(library) == []
        (tmp_path / "unplugged").rename(folder)
        await tidied(library)
        assert await ids(library) == expected


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
async def test_what_cannot_be_read_is_not_forgotten(tmp_path: Path, folder: Path) -> None:
    expected = three(folder)
    async with opened(tmp_path) as library:
        (folder / "front").chmod(0)
        await asyncio.wrap_future(library.reconcile())
        assert await ids(library) == expected
        assert library.problem
        (folder / "front").chmod(0o700)


async def test_copies_made_by_hand_are_recordings_of_their_own(tmp_path: Path, folder: Path) -> None:
    made = make_files(folder, recording(NOON, reason="command"))
    copy = folder / "front" / "2026-11-29" / "130000-command.mp4"
    for suffix in (".mp4", ".json"):
        copy.with_suffix(suffix).write_bytes((folder / f"{made.stem}{suffix}").read_bytes())
    async with opened(tmp_path) as library:
        assert len(set(await ids(library))) == 2


# changes


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
    async with opened(tmp_path, answer=0.1, room=0.1, stop=0.1) as library:
        release = threading.Event()
        library._worker.call(release.wait)
        with pytest.raises(LibraryUnavailable, match="does not answer"):
            await library.find(ALL)
        assert library.problem
        assert not await asyncio.to_thread(library.make_room, 1)
        begun = time.monotonic()
        library.add(recording(NOON))
        assert time.monotonic() - begun < 0.1
        release.set()
        assert len(await library.find(ALL)) == 3
        assert library.problem is None
        release.clear()
        library._worker.call(release.wait)
        begun = time.monotonic()
        await library.close()
        assert time.monotonic() - begun < 1
        release.set()


# size


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
    assert took["page"] < 2
    assert took["reconcile"] < took["rebuild"]
