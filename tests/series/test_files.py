"""The files of a series: limits, disks, and what was lost."""

from __future__ import annotations

import contextlib
import os
import threading
from functools import partial
from pathlib import Path

import pytest

from mqttcam.files import write_new
from mqttcam.recordings import series_favourites
from mqttcam.recordings.listed import EventQuery
from mqttcam.recordings.series_favourites import FAVOURITES, read_favourites, set_favourite
from mqttcam.recordings.series_files import (
    delete_series_file,
    is_series_file,
    keep_series_file,
    list_series,
    position_of,
    stem_of,
    time_of,
)
from mqttcam.series import files as series_files
from mqttcam.series.files import QuotaReached, SeriesFiles
from tests.recordings.disks import Disk
from tests.recordings.rig import frames
from tests.series.rig import BEGIN, TestLibrary, files_in, names_in, picture, settings

av = pytest.importorskip("av")


def take(files: SeriesFiles, number: int) -> None:
    files.open(BEGIN, BEGIN)
    one = picture(number, BEGIN + number)
    files.commit([files.add(one.ts_ns, "", one.jpeg)])


def decoded(path: Path) -> int:
    """Return the number of frames that can be decoded from a torn file."""
    count = 0
    with av.open(str(path)) as container, contextlib.suppress(av.error.FFmpegError):
        for _ in container.decode(video=0):
            count += 1
    return count


def test_the_oldest_pictures_go_beyond_the_limit_and_the_video_stays(tmp_path: Path) -> None:
    files = files_in(tmp_path, settings(video=True, keep={"size": 30_000}))
    for number in range(1, 15):
        take(files, number)
    names = names_in(files.folder, ".jpg")
    assert 2 <= len(names) < 14
    assert names[-1] == f"{stem_of(round((BEGIN + 14) * 1e9))}.jpg"
    (video,) = names_in(files.folder, ".mp4")
    assert len(frames(files.folder / video)) == 14
    size = sum(path.stat().st_size for path in files.folder.iterdir())
    assert size < 31_000
    assert abs(size - files.bytes) < 1000
    assert files.progress is not None
    assert files.progress.pictures == 14


def test_a_video_is_not_deleted_to_keep_a_limit(tmp_path: Path) -> None:
    files = files_in(tmp_path, settings(video=True, pictures="drop", keep={"size": 8_000}))

    def take_many() -> None:
        for number in range(1, 100):
            take(files, number)

    with pytest.raises(QuotaReached) as error:
        take_many()
    assert "keep.size" in files.describe(error.value)
    assert files.bytes < 10_000


def test_favourites_stay_beyond_the_limit_until_they_are_none(tmp_path: Path) -> None:
    library = TestLibrary()
    files = files_in(tmp_path, settings(keep={"size": 10_000}), library)
    for number in (1, 2, 3):
        take(files, number)
    first, second, _ = names = names_in(files.folder, ".jpg")
    mode = 0o600
    set_favourite(files.folder, first, True, mode)
    take(files, 4)  # which `open` does not know of yet: another thread has written it
    assert first in names_in(files.folder, ".jpg")
    library.series_changes += 1
    for number in range(5, 15):
        take(files, number)
    assert (first in (left := names_in(files.folder, ".jpg")), second in left) == (True, False)
    assert read_favourites(files.folder) == {first}
    assert (files.folder / FAVOURITES).stat().st_mode & 0o777 == mode
    set_favourite(files.folder, first, False, mode)
    library.series_changes += 1
    take(files, 15)
    take(files, 16)
    assert not set(names) & set(names_in(files.folder, ".jpg"))


def test_favourites_that_take_all_the_space_end_the_pictures(tmp_path: Path) -> None:
    library = TestLibrary()
    files = files_in(tmp_path, settings(keep={"size": 20_000}), library)

    def take_and_keep() -> None:
        for number in range(1, 9):
            take(files, number)
            for name in names_in(files.folder, ".jpg"):
                set_favourite(files.folder, name, True, 0o600)
            library.series_changes += 1

    full = "videos and favourites take all the space"
    with pytest.raises(QuotaReached, match=full):
        take_and_keep()
    assert files.bytes <= 20_500
    files.reset()
    with pytest.raises(QuotaReached, match=full):  # its problem goes on until there is room
        files.open(None, BEGIN)
    set_favourite(files.folder, names_in(files.folder, ".jpg")[0], False, 0o600)
    library.series_changes += 1
    take(files, 9)


def test_a_favourite_is_made_while_the_series_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = TestLibrary()
    files = files_in(tmp_path, settings(keep={"size": 20_000}), library)
    take(files, 1)
    (name,) = names_in(files.folder, ".jpg")

    def write_and_open(path: Path, data: bytes, mode: int) -> None:
        write_new(path, data, mode)
        library.series_changes += 1
        files.open(None, BEGIN)

    monkeypatch.setattr(series_favourites, "write_new", write_and_open)
    assert set_favourite(files.folder, name, True, 0o600)
    assert read_favourites(files.folder) == {name}


def test_what_becomes_a_favourite_at_the_last_moment_stays_or_is_said_to_be_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = files_in(tmp_path, settings(keep={"size": 20_000}))
    take(files, 1)
    (oldest,) = list_series(tmp_path, EventQuery())
    kept: list[object] = []
    keeping = threading.Thread(target=lambda: kept.append(keep_series_file(tmp_path, oldest.id, True)))

    def read_and_keep(folder: Path) -> frozenset[str]:
        found = read_favourites(folder)
        if not keeping.ident:
            keeping.start()
            keeping.join(0.3)  # it waits for the deletion
        return found

    number = 2
    monkeypatch.setattr(series_files, "read_favourites", read_and_keep)
    while not keeping.ident:
        take(files, number)
        number += 1
    keeping.join()
    assert not (tmp_path / oldest.path).exists()
    assert kept == [None]


@pytest.mark.parametrize("content", [b"{", b"{}", b"[1]", b"\xff"])
def test_nothing_is_deleted_while_it_is_not_known_what_is_a_favourite(tmp_path: Path, content: bytes) -> None:
    files = files_in(tmp_path, settings(keep={"size": 20_000}))
    take(files, 1)
    (files.folder / FAVOURITES).write_bytes(content)

    def take_many() -> None:
        for number in range(2, 20):
            take(files, number)

    with pytest.raises(OSError, match="list of names") as error:
        take_many()
    assert FAVOURITES in files.describe(error.value)
    assert names_in(files.folder, ".jpg")[0] == f"{stem_of(round((BEGIN + 1) * 1e9))}.jpg"
    assert len(list_series(tmp_path, EventQuery())) >= 2, "they can be seen"


@pytest.mark.parametrize("left", [None, "{", '{"started": Infinity}', '{"started": 1, "pictures": 1e300}'])
def test_what_is_known_of_it_is_read_from_the_files_if_it_is_lost(tmp_path: Path, left: str | None) -> None:
    files = files_in(tmp_path, settings(video=True))
    for number in (1, 2, 3):
        take(files, number)
    sidecar = files.folder / "series.json"
    sidecar.unlink() if left is None else sidecar.write_text(left)
    files = files_in(tmp_path, settings(video=True))
    assert files.open(BEGIN, BEGIN).pictures == 3
    take(files, 4)
    (video,) = names_in(files.folder, ".mp4")
    assert len(frames(files.folder / video)) == 4


@pytest.mark.parametrize("cut", [1, 200, -1])
def test_what_a_power_cut_leaves_of_a_fragment_is_cut_off(tmp_path: Path, cut: int) -> None:
    files = files_in(tmp_path, settings(video=True))
    take(files, 1)
    take(files, 2)
    (name,) = names_in(files.folder, ".mp4")
    video = files.folder / name
    whole = video.read_bytes()
    take(files, 3)
    more = video.read_bytes()
    video.write_bytes(more[: len(whole) + cut] if cut > 0 else more[:cut])
    assert decoded(video) >= 2, "it plays as it is"
    files = files_in(tmp_path, settings(video=True))
    files.open(BEGIN, BEGIN)
    assert video.read_bytes() == whole
    take(files, 4)
    assert len(frames(video)) == 3


def test_a_fragment_of_which_a_power_cut_left_zeros_is_cut_off(tmp_path: Path) -> None:
    """As on a file system that notes the length of a file before its content, such as FAT."""
    files = files_in(tmp_path, settings(video=True))
    take(files, 1)
    (name,) = names_in(files.folder, ".mp4")
    video = files.folder / name
    whole = video.read_bytes()
    take(files, 2)
    more = len(video.read_bytes()) - len(whole)
    video.write_bytes(whole + (more - 8).to_bytes(4, "big") + b"moof" + bytes(more - 8))
    files = files_in(tmp_path, settings(video=True))
    files.open(BEGIN, BEGIN)
    assert video.read_bytes() == whole
    take(files, 3)
    assert len(frames(video)) == 2


def test_a_video_that_was_deleted_by_hand_begins_again(tmp_path: Path) -> None:
    files = files_in(tmp_path, settings(video=True))
    take(files, 1)
    (files.folder / names_in(files.folder, ".mp4")[0]).unlink()
    take(files, 2)
    (video,) = names_in(files.folder, ".mp4")
    assert len(frames(files.folder / video)) == 1


def test_a_picture_that_a_user_has_deleted_counts_no_more(tmp_path: Path) -> None:
    library = TestLibrary()
    files = files_in(tmp_path, settings(), library)
    take(files, 1)
    take(files, 2)
    (files.folder / names_in(files.folder, ".jpg")[0]).unlink()
    library.series_changes += 1
    take(files, 3)
    size = sum(path.stat().st_size for path in files.folder.glob("*.jpg"))
    assert size <= library.series_bytes == files.bytes < size + 1000
    assert files.progress is not None
    assert files.progress.pictures == 3


def test_the_limits_of_recordings_hold_for_series(tmp_path: Path) -> None:
    library = TestLibrary(size=5_000)
    files = files_in(tmp_path, settings(), library)
    take(files, 1)
    assert library.series_bytes == files.bytes
    take_one = partial(take, files)
    with pytest.raises(QuotaReached, match=r"recordings\.keep\.size"):
        list(map(take_one, range(2, 9)))
    assert files.bytes <= 5_000
    library = TestLibrary(free=10**15)
    with pytest.raises(OSError, match="full"):
        take(files_in(tmp_path, settings(), library), 10)
    assert len(library.asked) == 1, "recordings are deleted first"


def test_two_pictures_of_one_time_have_names_of_their_own(tmp_path: Path) -> None:
    files = files_in(tmp_path, settings(video=True))
    take(files, 1)
    take(files, 1)
    assert names_in(files.folder, ".jpg") == ["2026-11-29T193013.000Z.jpg", "2026-11-29T193013.001Z.jpg"]


def test_a_full_disk_takes_nothing_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "disk", 3_000_000)
    files = files_in(disk.path, settings(video=True))
    try:
        take(files, 1)
        ballast = disk.fill()
        with pytest.raises(OSError, match="full") as error:
            take(files, 2)
        assert files.describe(error.value) == f"the disk of {disk.path} is full"
        ballast.unlink()
        take(files, 3)
        assert len(names_in(files.folder, ".jpg")) == 2
        assert not names_in(files.folder, ".new")
        disk.set_read_only(True)
        with pytest.raises(OSError, match="Read-only") as error:
            take(files, 4)
        assert "Read-only file system" in files.describe(error.value)
        disk.set_read_only(False)
        take(files, 5)
        disk.unplug()
        with pytest.raises(OSError, match="not mounted"):
            take(files, 6)
        assert list(disk.path.iterdir()) == [], "nothing is written to the disk below"
        disk.plug()
        take(files, 7)
        assert files.progress is not None
        assert files.progress.pictures == 1, "that disk has no other"
    finally:
        disk.unplug()


def test_what_is_listed(tmp_path: Path) -> None:
    files = files_in(tmp_path, settings(video=True))
    take(files, 1)
    take(files, 2)
    (files.folder / "notes.txt").write_text("by hand")
    (files.folder / "2026-11-29T193020.000Z.jpg").symlink_to("/etc/passwd")
    found = list_series(tmp_path, EventQuery())
    assert [(one.camera, one.series, one.kind, os.path.basename(one.path)) for one in found] == [
        ("front", "garden", "picture", "2026-11-29T193014.000Z.jpg"),
        ("front", "garden", "video", "2026-11-29T193013.000Z.mp4"),
        ("front", "garden", "picture", "2026-11-29T193013.000Z.jpg"),
    ]
    assert all(is_series_file(one.path) and one.bytes for one in found)
    assert list_series(tmp_path, EventQuery(camera="other")) == []
    assert list_series(tmp_path, EventQuery(limit=1)) == found[:1]
    assert list_series(tmp_path, EventQuery(before=position_of(found[0].id))) == found[1:]
    assert list_series(tmp_path, EventQuery(end_ns=found[2].ts_ns)) == found[1:]
    assert delete_series_file(tmp_path, found[0].path)
    assert not delete_series_file(tmp_path, found[0].path)
    assert list_series(tmp_path, EventQuery()) == found[1:]
    assert time_of("2026-11-29T193014.000Z.jpg") == round((BEGIN + 2) * 1e9)


@pytest.mark.parametrize(
    "path",
    [
        "front/series/garden/series.json",
        "front/series/garden/2026-02-31T193014.000Z.jpg",
        "front/series/../2026-11-29T193014.000Z.jpg",
        "front/series/2026-11-29T193014.000Z.jpg",
        "front/series/garden/../2026-11-29T193014.000Z.jpg",
        "front/2026-11-29/garden/2026-11-29T193014.000Z.jpg",
    ],
)
def test_what_is_no_file_of_a_series(path: str) -> None:
    assert not is_series_file(path)
