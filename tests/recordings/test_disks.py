"""Disks that are full, read-only, slow or unplugged: files end whole, problems are shown, and the camera goes on."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mqttcam.recordings.paths import RecordingsFolder
from mqttcam.recordings.recording import Recording
from mqttcam.recordings.remembered_disk import RememberedDisk
from mqttcam.recordings.sidecar import read_recording
from mqttcam.recordings.timing import WriterTiming
from mqttcam.recordings.writer import OVERHEAD, RecordingWriter, WriterCallbacks
from tests.recordings.disks import Disk
from tests.recordings.made import opened, tidied
from tests.recordings.rig import BEGIN, STEP, MakeRig, Rig, encoded, frames, probe, tree
from tests.support.waiting import until

pytest.importorskip("av")

MakeDisk = Callable[[int], Disk]
LARGE: Any = {"size": (160, 120), "noise": 100}


@pytest.fixture
def make_disk(tmp_path: Path) -> Iterator[MakeDisk]:
    """Return a function that makes a disk of so many bytes."""
    disks: list[Disk] = []

    def make(size: int) -> Disk:
        disks.append(Disk(tmp_path / "disk", size))
        return disks[-1]

    yield make
    for disk in disks:
        disk.unplug()


async def record_until(rig: Rig, condition: Callable[[], object]) -> None:
    """Deliver video until a condition holds."""
    for _ in range(600):
        if condition():
            return
        rig.video.units(1)
        await asyncio.sleep(0.002)
    raise AssertionError("waited for 60 seconds of video in vain")


def all_are_readable(path: Path) -> int:
    """Return the number of frames in all videos below a folder."""
    return sum(len(frames(video)) for video in path.rglob("*.mp4"))


@pytest.mark.parametrize("sync", [0.001, 1000.0])
async def test_a_full_disk_ends_the_file_whole_and_another_follows(
    make_rig: MakeRig, make_disk: MakeDisk, sync: float
) -> None:
    """Whether the lack of space is seen before, or by a write that fails."""
    disk = make_disk(2_000_000)
    rig = make_rig(disk.path / "recordings", writer=WriterTiming(sync=sync), continuous=True)
    rig.video.change(**LARGE)
    rig.video.seconds(2)
    await rig.written()
    ballast = disk.fill()
    await record_until(rig, lambda: rig.recorder.problem)
    assert rig.recorder.problem == f"recordings: the disk of {disk.path / 'recordings'} is full"
    assert not rig.recorder.recording
    (first,) = await rig.whole(1)
    assert len(frames(rig.path(first))) == round(first.seconds * 10) > 5
    assert rig.library.asked, "for room"
    # It is tried again after pauses, at keyframes.
    asked = len(rig.library.asked)
    await record_until(rig, lambda: len(rig.library.asked) > asked)
    ballast.unlink()
    await record_until(rig, lambda: rig.recorder.recording and rig.recorder.problem is None)
    await rig.finished()
    assert not list(disk.path.rglob("*.part"))
    assert all_are_readable(disk.path) > len(frames(rig.path(first)))


async def test_room_is_made_without_a_break(make_rig: MakeRig, make_disk: MakeDisk) -> None:
    disk = make_disk(2_000_000)
    rig = make_rig(disk.path / "recordings", continuous=True)
    ballast = disk.path / "old recordings"
    ballast.write_bytes(bytes(1_500_000))
    rig.library.make = lambda: ballast.unlink(missing_ok=True)
    rig.video.change(**LARGE)
    await record_until(rig, lambda: not ballast.exists())
    (recording,) = await rig.finished()
    assert rig.recorder.problem is None
    assert len(frames(rig.path(recording))) == len(rig.video.sent)


async def test_a_disk_without_space_for_the_index_has_a_video_that_plays(
    make_rig: MakeRig, make_disk: MakeDisk
) -> None:
    disk = make_disk(2_000_000)
    rig = make_rig(disk.path / "recordings", writer=WriterTiming(sync=1000), continuous=True)
    rig.video.change(**LARGE)
    rig.video.seconds(3)
    await rig.written()
    disk.fill()
    (recording,) = await rig.finished()
    assert len(frames(rig.path(recording))) == round(recording.seconds * 10) == 28
    assert rig.sidecar(recording).seconds == 0
    assert read_recording(rig.library.path, recording.stem).seconds == pytest.approx(recording.seconds)


async def test_a_read_only_disk_is_a_problem_until_it_is_writable(
    make_rig: MakeRig, make_disk: MakeDisk
) -> None:
    disk = make_disk(2_000_000)
    disk.set_read_only(True)
    rig = make_rig(disk.path / "recordings")
    recording_id = rig.recorder.record(60)
    await record_until(rig, lambda: rig.recorder.problem)
    assert "Read-only file system" in str(rig.recorder.problem)
    disk.set_read_only(False)
    await record_until(rig, lambda: rig.recorder.recording and rig.recorder.problem is None)
    (recording,) = await rig.finished()
    assert recording.id == recording_id
    assert rig.sidecar(recording) == recording


async def test_a_problem_of_the_disk_ends_without_a_recording(make_rig: MakeRig, tmp_path: Path) -> None:
    """It may take days until something moves again, and the node must not show a problem until then."""
    path = tmp_path / "recordings"
    path.write_text("not a folder")
    rig = make_rig(path)
    rig.recorder.record(1)
    await record_until(rig, lambda: rig.recorder.problem)
    rig.recorder.stop()
    problem = rig.recorder.problem
    rig.clock.advance(rig.timing.last_retry)
    await rig.written()
    assert rig.recorder.problem == problem
    path.unlink()

    def is_over() -> bool:
        rig.clock.advance(rig.timing.last_retry)
        return rig.recorder.problem is None

    await until(is_over, "the next check")
    assert tree(path) == []
    assert not rig.library.added


async def test_nothing_is_written_elsewhere_while_the_disk_is_unplugged(
    make_rig: MakeRig, make_disk: MakeDisk
) -> None:
    disk = make_disk(2_000_000)
    rig = make_rig(disk.path / "recordings", continuous=True)
    rig.video.seconds(1)
    await rig.begun(1)
    disk.unplug()
    await record_until(rig, lambda: rig.recorder.problem)
    problems = set()

    def is_tried_again() -> bool:
        problems.add(rig.recorder.problem)
        return any("not mounted" in str(problem) for problem in problems)

    await record_until(rig, is_tried_again)
    assert tree(disk.path) == []
    disk.plug()
    await record_until(rig, lambda: rig.recorder.recording and rig.recorder.problem is None)
    await rig.finished()
    assert all_are_readable(disk.path)


async def test_a_disk_that_is_missing_at_the_start_is_noticed(
    make_rig: MakeRig, make_disk: MakeDisk, tmp_path: Path
) -> None:
    disk, remembered = make_disk(2_000_000), tmp_path / "state" / "recordings.disk"
    path = disk.path / "recordings"

    def started() -> Rig:
        return make_rig(path, disk_file=remembered, continuous=True)

    rig = started()
    rig.video.seconds(1)
    await rig.begun(1)
    await rig.finished()
    disk.unplug()

    rig = started()
    await record_until(rig, lambda: rig.recorder.problem)
    problem = (
        f"recordings: {path}: its disk is not mounted at {disk.path}; to use another one, delete {remembered}"
    )
    assert rig.recorder.problem == problem
    assert tree(disk.path) == []
    disk.plug()
    await record_until(rig, lambda: rig.recorder.recording and rig.recorder.problem is None)
    await rig.finished()
    disk.unplug()

    rig = started()
    await record_until(rig, lambda: rig.recorder.problem)
    remembered.unlink()
    await record_until(rig, lambda: rig.recorder.recording and rig.recorder.problem is None)
    await rig.finished()
    assert all_are_readable(disk.path)


async def test_the_library_shows_that_the_disk_is_missing(tmp_path: Path, make_disk: MakeDisk) -> None:
    disk = make_disk(2_000_000)
    (tmp_path / "recordings").symlink_to(disk.path)
    async with opened(tmp_path) as library:
        library.folder.prepare()
    disk.unplug()
    async with opened(tmp_path) as library:
        assert f"its disk is not mounted at {disk.path}; to use another one, delete" in str(library.problem)
        disk.plug()
        await tidied(library)
        assert library.problem is None


def test_another_folder_is_another_disk(tmp_path: Path) -> None:
    remembered = tmp_path / "recordings.disk"
    remembered.write_text('{"path": "/elsewhere", "mount_point": "/elsewhere/card"}')
    RecordingsFolder(tmp_path / "recordings", remembered).prepare()
    for content in ("{", "[]", '{"path": 1}'):
        remembered.write_text(content)
        RecordingsFolder(tmp_path / "recordings", remembered).prepare()


def test_a_disk_that_is_unplugged_while_it_is_looked_at_stays_the_one_that_is_missing(tmp_path: Path) -> None:
    remembered = tmp_path / "recordings.disk"
    content = json.dumps({"path": str(tmp_path / "card/x"), "mount_point": str(tmp_path / "card")})
    remembered.write_text(content)
    disk = RememberedDisk(tmp_path / "card/x", remembered)
    disk.remember()
    assert remembered.read_text() == content
    assert disk.problem is not None


def test_threads_remember_a_disk_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    remembered, folder = tmp_path / "recordings.disk", Path("/proc/recordings")
    together = threading.Barrier(4)
    for _ in range(50):
        remembered.write_text(json.dumps({"path": str(folder), "mount_point": "/"}))
        disk = RememberedDisk(folder, remembered)

        def remember(disk: RememberedDisk = disk) -> None:
            together.wait(60)
            disk.remember()

        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(remember) for _ in range(4)]:
                done.result()
        assert json.loads(remembered.read_bytes())["mount_point"] == "/proc"
    assert caplog.messages == []


async def test_nothing_is_written_through_a_symbolic_link(make_rig: MakeRig, tmp_path: Path) -> None:
    path, outside = tmp_path / "recordings", tmp_path / "outside"
    path.mkdir()
    outside.mkdir()
    (path / "front").symlink_to(outside)
    rig = make_rig(path, continuous=True)
    await record_until(rig, lambda: rig.recorder.problem)
    assert rig.recorder.problem == (f"recordings: {path}: front is a symbolic link, which is not followed")
    assert tree(outside) == []
    (path / "front").unlink()
    await record_until(rig, lambda: rig.recorder.recording and rig.recorder.problem is None)
    await rig.finished()
    assert all_are_readable(path)


class HeldFolder(RecordingsFolder):
    """A folder on a disk that hangs while a test holds it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.waiting = threading.Event()
        self.released = threading.Event()

    def prepare(self) -> None:
        self.waiting.set()
        assert self.released.wait(20)
        super().prepare()


async def test_a_slow_disk_costs_whole_groups_of_pictures(tmp_path: Path) -> None:
    folder = HeldFolder(tmp_path)
    finished: list[Recording] = []
    ignore = lambda *_: None  # noqa: E731
    callbacks = WriterCallbacks(ignore, finished.append, ignore, ignore, ignore, ignore)
    units = encoded()
    most = sum(len(unit.data) + OVERHEAD for unit in units[:15])
    writer = RecordingWriter("front", folder, callbacks, ignore, WriterTiming(max_queued=most))
    draft = Recording(id="x", camera="front", stem="", reason="motion", begin_ns=BEGIN, seconds=0, bytes=0)
    assert writer.begin(draft, units[:1])
    await asyncio.to_thread(folder.waiting.wait, 10)
    for unit in units[1:20]:
        writer.write(unit)
    assert writer.is_behind
    assert writer.dropped == 5, "from the one that was too much to the next keyframe"
    assert not writer.begin(draft, units[20:]), "no further recording while so much waits"
    folder.released.set()
    for group in (units[20:30], units[30:]):
        await until(lambda: not writer.queued, "the disk")
        for unit in group:
            writer.write(unit)
    assert not writer.is_behind
    writer.end(draft)
    assert await asyncio.to_thread(writer.close, 10)
    await asyncio.sleep(0)
    (recording,) = finished
    path = tmp_path / (recording.stem + ".mp4")
    assert [frame["pts"] // 9000 for frame in frames(path)] == [*range(15), *range(20, 40)]
    assert float(probe(path, "-show_format")["format"]["duration"]) == 4


async def test_what_waits_for_a_disk_that_hangs_is_limited(tmp_path: Path) -> None:
    """Pictures and events, too, and video that is hardly larger than what it takes to keep it."""
    folder = HeldFolder(tmp_path)
    finished: list[Recording] = []
    ignore = lambda *_: None  # noqa: E731
    callbacks = WriterCallbacks(ignore, finished.append, ignore, ignore, ignore, ignore)
    keyframe = encoded()[0]
    writer = RecordingWriter("front", folder, callbacks, ignore, WriterTiming(max_queued=100_000))
    draft = Recording(id="x", camera="front", stem="", reason="motion", begin_ns=BEGIN, seconds=0, bytes=0)
    assert writer.begin(draft, [keyframe])
    await asyncio.to_thread(folder.waiting.wait, 10)
    for number in range(1, 1000):
        writer.update(draft)
        writer.write(keyframe._replace(pts=number * STEP))
        writer.add_picture("best", b"")
    assert writer.queued <= 100_000
    assert writer.dropped > 900
    last = draft.model_copy(update={"keep": True})
    writer.end(last)
    folder.released.set()
    assert await asyncio.to_thread(writer.close, 10)
    await asyncio.sleep(0)
    assert [recording.keep for recording in finished] == [True], "its end is noted all the same"


async def test_a_disk_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    folder = HeldFolder(tmp_path)
    ignore = lambda *_: None  # noqa: E731
    callbacks = WriterCallbacks(ignore, ignore, ignore, ignore, ignore, ignore)
    writer = RecordingWriter("front", folder, callbacks, ignore, WriterTiming(answer=0.05))
    assert not writer.is_hanging
    draft = Recording(id="x", camera="front", stem="", reason="motion", begin_ns=BEGIN, seconds=0, bytes=0)
    writer.begin(draft, encoded()[:1])
    await until(lambda: writer.is_hanging, "the time limit")
    assert not await asyncio.to_thread(writer.close, 0.1)
    folder.released.set()
    assert await asyncio.to_thread(writer.close, 10)
    assert not writer.is_hanging


@pytest.mark.parametrize(
    ("mode", "folder_mode", "file_mode"),
    [(0o700, 0o700, 0o600), (0o755, 0o750, 0o640), (0o2770, 0o2750, 0o640)],
)
async def test_files_are_readable_by_the_group_that_the_folder_is_readable_by(
    make_rig: MakeRig, tmp_path: Path, mode: int, folder_mode: int, file_mode: int
) -> None:
    path = tmp_path / "shared"
    path.mkdir()
    path.chmod(mode)
    rig = make_rig(path)
    rig.recorder.record(1)
    rig.video.seconds(0.5)
    rig.recorder.add_picture("best", b"jpeg")
    await rig.finished()
    modes = {file.stat().st_mode & 0o7777 for file in path.rglob("*.*")}
    assert modes == {file_mode}
    folders = [file for file in path.rglob("*") if file.is_dir()]
    assert {folder.stat().st_mode & 0o7777 for folder in folders} == {folder_mode}


async def test_a_folder_of_our_own_is_private(make_rig: MakeRig, tmp_path: Path) -> None:
    rig = make_rig(tmp_path / "state" / "recordings")
    rig.recorder.record(1)
    rig.video.seconds(0.5)
    (recording,) = await rig.finished()
    assert rig.library.path.stat().st_mode & 0o7777 == 0o700
    assert rig.path(recording).stat().st_mode & 0o7777 == 0o600
