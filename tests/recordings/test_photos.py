"""The files of photos: whole or absent, found again, and kept by the same limits as recordings."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mqttcam.files import write_new
from mqttcam.recordings import photo_files
from mqttcam.recordings.listed import EventQuery
from mqttcam.recordings.paths import RecordingsFolder
from mqttcam.recordings.photo import Photo
from mqttcam.recordings.photo_files import PhotoFiles, delete_unfinished_photos, write_photo
from mqttcam.recordings.photo_writer import PhotoData, PhotoNotSaved, PhotoWriter
from mqttcam.settings.recordings import CameraKeepSettings
from tests.recordings.made import (
    DAY,
    NOON,
    SetClock,
    ids,
    index_of,
    make_files,
    opened,
    recording,
    tidied,
)
from tests.recordings.rig import tree
from tests.support.pictures import jpeg
from tests.support.project import PROJECT

PICTURE = jpeg(64, 48)
_ALL = EventQuery()


class Noted:
    """Stands for the library: notes what it is asked."""

    def __init__(self, path: Path) -> None:
        self.folder = RecordingsFolder(path)
        self.added: list[Photo] = []
        self.asked: list[int] = []

    def add(self, photo: Photo, /) -> None:
        self.added.append(photo)

    def make_room(self, size: int, /) -> None:
        self.asked.append(size)


def draft(begin: float = NOON, camera: str = "front", **values: object) -> Photo:
    return Photo.model_validate(
        {
            "id": f"p-{round(begin)}-{camera}",
            "camera": camera,
            "stem": "",
            "begin_ns": round(begin * 1e9),
            "bytes": 0,
            "width": 64,
            "height": 48,
            "metadata": {"ExposureTime": 8000},
        }
        | values
    )


def make(
    folder: Path, begin: float = NOON, camera: str = "front", size: int = 10_000, **values: object
) -> Photo:
    """Write a photo of some bytes."""
    picture = PICTURE + bytes(max(0, size - len(PICTURE)))
    return write_photo(
        RecordingsFolder(folder), draft(begin, camera, **values), picture, None, lambda _: None
    )


def kept_photos(folder: Path) -> list[str]:
    return [name for name in tree(folder) if name.endswith((".jpg", ".png"))]


def test_names_and_modes(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    first, second = make(folder), make(folder, type="png")
    assert first.stem == "front/2026-11-29/120000-photo"
    assert tree(folder) == [
        "front/2026-11-29/120000-photo-2.json",
        "front/2026-11-29/120000-photo-2.png",
        "front/2026-11-29/120000-photo.jpg",
        "front/2026-11-29/120000-photo.json",
    ]
    assert Photo.model_validate_json((folder / f"{second.stem}.json").read_bytes()) == second
    assert {os.stat(folder / name).st_mode & 0o777 for name in tree(folder)} == {0o600}


@pytest.mark.parametrize("step", ["part", "dng", "sidecar", "name"])
def test_nothing_is_left_of_a_photo_that_the_disk_refuses(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "recordings"
    refuse = {"part": "fsync", "dng": ".dng", "sidecar": ".json", "name": ".jpg"}[step]
    replace = Path.replace

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def write(path: Path, data: bytes, mode: int) -> None:
        if refuse in path.name:
            full()
        write_new(path, data, mode)

    def rename(path: Path, target: Path) -> Path:
        if target.name.endswith(".jpg") and step == "name":
            full()
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(photo_files, "write_new", write)
        patched.setattr(Path, "replace", rename)
        if step == "part":
            patched.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_photo(RecordingsFolder(folder), draft(), PICTURE, b"II*\0", lambda _: None)
    assert tree(folder) == []


async def test_a_full_disk_is_reported_in_words_after_room_was_requested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Noted(tmp_path)
    monkeypatch.setattr(photo_files, "shortage", lambda _folder, size: size + 7)
    writer = PhotoWriter("front", library)
    with pytest.raises(PhotoNotSaved, match=r"the disk of .* is full"):
        await writer.save(draft(), PhotoData(PICTURE))
    await writer.close(10)
    assert library.asked == [len(PICTURE) + 7]
    assert (tree(tmp_path), library.added) == ([], [])


async def test_a_disk_that_does_not_answer_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_end, write_end = os.pipe()
    monkeypatch.setattr(photo_files, "shortage", lambda *_: len(os.read(read_end, 1)) * 0)
    writer = PhotoWriter("front", Noted(tmp_path), timeout=0.01)
    with pytest.raises(PhotoNotSaved, match="does not answer"):
        await writer.save(draft(), PhotoData(PICTURE))
    assert writer.is_writing, "another photo would wait in memory"
    os.write(write_end, b"x")
    await writer.close(10)
    assert not writer.is_writing
    assert kept_photos(tmp_path) == ["front/2026-11-29/120000-photo.jpg"], "it is saved late"
    os.close(read_end)
    os.close(write_end)


_KILLED = """
import os, signal, sys
from pathlib import Path
from mqttcam.recordings.paths import RecordingsFolder
from mqttcam.recordings.photo_files import write_photo
from tests.recordings.test_photos import PICTURE, draft

def killed(folder, at):
    calls = 0

    def step(event, _):
        nonlocal calls
        if event in ("open", "os.rename", "os.remove", "os.chmod", "fcntl.flock"):
            calls += 1
            if calls == at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(step)
    write_photo(RecordingsFolder(folder), draft(), PICTURE, b"II*", lambda _: None)

at = status = 0
while status or not at:
    at += 1
    folder = Path(sys.argv[1]) / str(at)
    folder.mkdir()
    if not (child := os.fork()):
        killed(folder, at)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert status in (0, signal.SIGKILL)
print(at)
"""


def test_a_photo_is_whole_or_absent_after_a_kill_at_each_of_its_steps(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path)],
        capture_output=True, text=True, timeout=60, cwd=PROJECT, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    last = int(run.stdout)
    assert last > 10
    whole = tree(tmp_path / str(last))
    outcomes = set()
    for at in range(1, last):
        folder = tmp_path / str(at)
        delete_unfinished_photos(folder)
        found = tree(folder)
        assert found in ([], whole), f"step {at}"
        outcomes.add(bool(found))
    assert outcomes == {False, True}


def test_a_photo_that_is_being_written_is_not_deleted(tmp_path: Path) -> None:
    folder = RecordingsFolder(tmp_path)
    checked: list[bool] = []

    def clean(path: Path, data: bytes, mode: int) -> None:
        delete_unfinished_photos(tmp_path)
        checked.append(PhotoFiles(tmp_path, "front/2026-11-29/120000-photo").part.exists())
        write_new(path, data, mode)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(photo_files, "write_new", clean)
        write_photo(folder, draft(), PICTURE, None, lambda _: None)
    assert checked == [True]
    assert kept_photos(tmp_path) == ["front/2026-11-29/120000-photo.jpg"]


def test_a_photo_that_became_whole_since_it_was_found_is_not_deleted(tmp_path: Path) -> None:
    files = PhotoFiles(tmp_path, make(tmp_path).stem)
    files.picture("jpeg").replace(files.part)
    before = tree(tmp_path)

    def complete(file: object, operation: int) -> None:
        files.part.replace(files.picture("jpeg"))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(fcntl, "flock", complete)
        delete_unfinished_photos(tmp_path)
    assert len(tree(tmp_path)) == len(before)
    assert files.type == "jpeg"


async def test_the_index_is_made_again_from_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    photo = make(folder, keep=True)
    lost = make(folder, NOON + 5)
    (folder / f"{lost.stem}.json").unlink()
    made = make_files(folder, recording(NOON + 10))
    async with opened(tmp_path) as library:
        assert (library.count, library.cameras) == (3, ("front",))
        found = await library.file(photo.id)
        assert found == photo
    index_of(tmp_path).write_bytes(b"damaged")
    async with opened(tmp_path) as library:
        assert await library.file(photo.id) == photo
        (derived,) = [one for one in await library.files(_ALL, ("photo",)) if one.id != photo.id]
        assert isinstance(derived, Photo)
        assert (derived.stem, derived.width, derived.begin_ns) == (lost.stem, 64, round((NOON + 5) * 1e9))
        assert await ids(library) == [made.events[0].id]


async def test_what_is_deleted_by_hand_is_not_listed_and_its_rest_is_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "recordings"
    photo = make(folder)
    async with opened(tmp_path) as library:
        (folder / f"{photo.stem}.jpg").unlink()
        library.reconcile().result(60)
        assert (await library.file(photo.id), library.count, tree(folder)) == (None, 0, [])


@pytest.mark.parametrize(
    ("limits", "own", "left"),
    [
        ({"size": 35_000}, {}, 3),
        ({}, {"front": CameraKeepSettings(size=25_000)}, 2),
        ({"days": 2.5}, {}, 2),
        ({}, {"front": CameraKeepSettings(days=1.5)}, 1),
    ],
    ids=["size", "size of a camera", "days", "days of a camera"],
)
async def test_the_oldest_go_first_whether_photo_or_recording(
    tmp_path: Path, limits: dict[str, object], own: dict[str, CameraKeepSettings], left: int
) -> None:
    folder, clock = tmp_path / "recordings", SetClock()
    makers: list[Callable[[float], object]] = [
        lambda begin: make(folder, begin),
        lambda begin: make_files(folder, recording(begin), bytes(10_000)),
    ]
    kept = make(folder, NOON - 6 * DAY, "yard", keep=True)
    begins = [NOON - (6 - number) * DAY for number in range(1, 6)]
    for number, begin in enumerate(begins):
        makers[number % 2](begin)
    async with opened(tmp_path, limits, own, clock.clock) as library:
        clock.go_on(3601)
        await tidied(library)
        found = await library.files(_ALL, ("photo", "recording"))
        newest = [round(begin * 1e9) for begin in begins[::-1]]
        expected = newest[: left - 1 if "size" in limits else left]
        assert [one.begin_ns for one in found] == [*expected, kept.begin_ns], "a favourite stays"
