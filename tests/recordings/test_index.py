"""The library finds what is on the disk, whatever has become of its index, sidecars and folders."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import random
import sqlite3
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.recordings.made import (
    ALL,
    NOON,
    ids,
    index_of,
    make_files,
    opened,
    recording,
    three,
    tidied,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recordings"


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


async def test_pipes_and_broken_links_with_names_of_recordings_are_left_alone(
    tmp_path: Path, folder: Path
) -> None:
    """Reading a pipe would take forever; a broken link must not hide the other files."""
    expected = three(folder)
    beside = (folder / recording(NOON).stem).parent
    os.mkfifo(beside / "101010-motion.mp4")
    (beside / "101011-motion.mp4").mkdir()
    for ending in (".mp4", ".json"):
        (beside / f"101012-motion{ending}").symlink_to("nowhere")
        (beside / f"101013-motion{ending}").symlink_to(f"101013-motion{ending}")
    async with opened(tmp_path) as library:
        assert await ids(library) == expected
        await asyncio.wrap_future(library.reconcile())
        assert await ids(library) == expected
        assert library.problem is None


async def test_what_is_behind_symbolic_links_is_neither_listed_nor_deleted(
    tmp_path: Path, folder: Path
) -> None:
    expected = three(folder)
    beside = (folder / recording(NOON).stem).parent
    outside = tmp_path / "outside" / "back"
    make_files(outside.parent, recording(NOON - 9 * 86400, "back"))
    (folder / "back").symlink_to(outside)
    (beside / "101010-motion.mp4").symlink_to(next(outside.rglob("*.mp4")))
    async with opened(tmp_path, {"size": 1}) as library:  # by which everything is to be deleted
        await tidied(library)
        assert library.problem is None
        assert await ids(library) == []
    assert expected
    assert len([path for path in outside.rglob("*") if path.is_file()]) == 2


async def test_a_folder_that_has_become_a_symbolic_link_is_forgotten(tmp_path: Path, folder: Path) -> None:
    three(folder)
    async with opened(tmp_path) as library:
        (folder / "front").rename(tmp_path / "outside")
        (folder / "front").symlink_to(tmp_path / "outside")
        await asyncio.wrap_future(library.reconcile())
        assert await ids(library) == []
    assert len(list((tmp_path / "outside").rglob("*.mp4"))) == 3


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


async def test_what_cannot_be_read_is_not_forgotten(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as on a card that fails."""
    expected = three(folder)
    scan = os.scandir

    def broken_scan(path: Path, broken: Path) -> Any:
        if path == broken:
            raise OSError(errno.EIO, "Input/output error")
        return scan(path)

    async with opened(tmp_path) as library:
        for broken in (folder, folder / "front", folder / "front" / "2026-11-29"):
            with monkeypatch.context() as patch:
                patch.setattr("os.scandir", partial(broken_scan, broken=broken))
                await asyncio.wrap_future(library.reconcile())
            assert await ids(library) == expected
            assert library.problem
            assert "Input/output error" in library.problem
        await asyncio.wrap_future(library.reconcile())
        assert library.problem is None


async def test_copies_made_by_hand_are_recordings_of_their_own(tmp_path: Path, folder: Path) -> None:
    made = make_files(folder, recording(NOON, reason="command"))
    copy = folder / "front" / "2026-11-29" / "130000-command.mp4"
    for suffix in (".mp4", ".json"):
        copy.with_suffix(suffix).write_bytes((folder / f"{made.stem}{suffix}").read_bytes())
    async with opened(tmp_path) as library:
        assert len(set(await ids(library))) == 2
