"""The bounds of the queue, without Kafka."""

from __future__ import annotations

import os
import stat
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mqttcam.files import write_atomically
from mqttcam.outputs.kafka.spool import SpoolQueue
from mqttcam.outputs.queue import FrameQueue, QueuedMessage
from tests.support.left_out import leave_out
from tests.support.waiting import wait_for


def message(number: int, size: int = 10, since: float | None = None) -> QueuedMessage:
    made = QueuedMessage(bytes(size), number, number)
    if since is not None:
        made.since = since
    return made


def left(queue: FrameQueue) -> list[int]:
    found = []
    while (one := queue.take(0)) is not None:
        found.append(one.seq)
    return found


class TestFrameQueue:
    def test_frames(self) -> None:
        queue = FrameQueue(3, 1000, None)
        counts = queue.counts
        for number in range(5):
            queue.put(message(number))
        assert counts.dropped == {"overflow": 2}
        assert left(queue) == [2, 3, 4]

    def test_bytes(self) -> None:
        """A single frame that is larger than the limit is kept: it is the newest."""
        queue = FrameQueue(100, 100, None)
        counts = queue.counts
        for number in range(5):
            queue.put(message(number, 40))
        assert counts.dropped == {"overflow": 3}
        assert left(queue) == [3, 4]
        queue.put(message(9, 500))
        assert left(queue) == [9]

    def test_age(self) -> None:
        queue = FrameQueue(100, 1000, 5.0)
        counts = queue.counts
        queue.put(message(0, since=time.monotonic() - 6))
        queue.put(message(1, since=time.monotonic() - 4))
        assert 3 < queue.age < 5
        assert left(queue) == [1]
        assert counts.dropped == {"age": 1}

    def test_give_back(self) -> None:
        """They are put back before the others, in order, and the oldest is still dropped first."""
        queue = FrameQueue(4, 1000, None)
        counts = queue.counts
        for number in range(4):
            queue.put(message(number))
        taken = [one for _ in range(3) if (one := queue.take(0))]
        queue.put(message(4))
        queue.give_back(reversed(taken))
        assert counts.dropped == {"overflow": 1}
        assert left(queue) == [1, 2, 3, 4]

    @given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=60))
    def test_counts(self, steps: list[tuple[int, bool]]) -> None:
        """Whatever happens: put = taken out + dropped + waiting, within the bounds."""
        queue = FrameQueue(5, 150, None)
        counts = queue.counts
        out = 0
        for number, (size, takes) in enumerate(steps):
            queue.put(message(number, size))
            if takes:
                out += queue.take(0) is not None
            assert len(queue) <= 5
        assert len(steps) == out + counts.total_dropped + len(queue)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True
    )
    if done.returncode:
        leave_out("a disk that can be filled (mounting one needs root)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


class TestSpool:
    def spool(self, folder: Path, max_bytes: int = 10_000_000) -> SpoolQueue:
        return SpoolQueue(folder / "cam", max_bytes)

    def fill(self, queue: SpoolQueue, numbers: Iterable[int], size: int = 1000) -> None:
        for number in numbers:
            queue.put(message(number, size))
            wait_for(lambda: not queue._incoming, "it is on the disk")

    def take(self, queue: SpoolQueue) -> QueuedMessage:
        taken = queue.take(1)
        assert taken is not None
        return taken

    def test_in_order_and_once(self, tmp_path: Path) -> None:
        queue = self.spool(tmp_path)
        self.fill(queue, range(3))
        first, second = self.take(queue), self.take(queue)
        assert (first.seq, second.seq, len(queue)) == (0, 1, 1)
        queue.done(first)
        queue.give_back([second])
        assert (self.take(queue).seq, len(queue)) == (1, 1)
        queue.close()

    def test_survives(self, tmp_path: Path) -> None:
        """What was not acknowledged is there again, with its time; it counts as taken."""
        queue = self.spool(tmp_path)
        self.fill(queue, range(3))
        queue.done(self.take(queue))
        queue.close()
        (tmp_path / "cam" / ".unfinished").write_bytes(b"half a fr")
        (tmp_path / "cam" / "notes.txt").write_bytes(b"somebody else's")
        queue = self.spool(tmp_path)
        again = [self.take(queue), self.take(queue)]
        assert [(one.seq, one.ts_ns, len(one.payload)) for one in again] == [(1, 1, 1000), (2, 2, 1000)]
        assert queue.counts.taken == 2
        assert queue.take(0) is None
        self.fill(queue, [3])
        assert self.take(queue).seq == 3, "it goes on counting"
        queue.close()
        assert (tmp_path / "cam" / "notes.txt").exists()

    def test_bounded(self, tmp_path: Path) -> None:
        """The oldest go first, but not one that is on its way: that would count twice."""
        queue = self.spool(tmp_path, 5500)
        self.fill(queue, range(5))
        on_way = self.take(queue)
        self.fill(queue, range(5, 8))
        assert (on_way.seq, len(queue), queue.counts.dropped) == (0, 4, {"overflow": 3})
        assert self.take(queue).seq == 4
        queue.done(on_way)
        assert len(list((tmp_path / "cam").iterdir())) == 4
        queue.close()

    def test_no_disk(self, tmp_path: Path) -> None:
        """Without a place to write, frames are counted and the problem is reported; it continues once there is one."""
        (tmp_path / "cam").touch()
        queue = self.spool(tmp_path)
        self.fill(queue, range(2))
        assert queue.counts.dropped == {"disk": 2}
        assert queue.problem
        assert queue.take(0) is None
        (tmp_path / "cam").unlink()
        self.fill(queue, [2])
        assert self.take(queue).seq == 2
        assert queue.problem is None
        queue.close()

    def test_file_that_is_gone(self, tmp_path: Path) -> None:
        """A file deleted by others is counted, and the next one is taken."""
        queue = self.spool(tmp_path)
        self.fill(queue, range(2))
        next(path for path in (tmp_path / "cam").iterdir() if path.name.endswith("-0.jpg")).unlink()
        assert queue.take(0) is None
        assert self.take(queue).seq == 1
        assert queue.counts.dropped == {"disk": 1}
        queue.close()

    def test_a_disk_that_others_fill_keeps_what_it_has(self, small_disk: Path) -> None:
        """Frames beyond the space that is lacking are not given up for a disk that stays full."""
        queue = self.spool(small_disk)
        self.fill(queue, range(4), 50_000)
        disk = os.statvfs(small_disk)
        (small_disk / "others").write_bytes(bytes(disk.f_bavail * disk.f_frsize))
        for path in (small_disk / "cam").iterdir():
            os.link(path, small_disk / path.name)  # deleting frees nothing
        self.fill(queue, [4], 1000)
        assert queue.counts.dropped["disk"] == 1 + 4 - len(queue)
        assert len(queue) >= 1
        assert queue.problem is not None

    def test_files_are_for_this_user_alone(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            self.fill(self.spool(tmp_path), [0], 1000)
        finally:
            os.umask(before)
        modes = {
            path.suffix: stat.S_IMODE(path.stat().st_mode)
            for path in (tmp_path / "cam", *tmp_path.rglob("*.jpg"))
        }
        assert modes == {"": 0o700, ".jpg": 0o600}

    def test_a_disk_at_its_limit_stays_a_problem(
        self, small_disk: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        """It is not logged again and again while smaller frames fit."""
        queue = self.spool(small_disk)
        self.fill(queue, range(20), 100_000)
        queue.done(self.take(queue))
        self.fill(queue, [20], 50_000)
        assert queue.problem is not None
        assert len(caplog.records) == 1

    def test_full_disk(self, small_disk: Path, caplog: pytest.LogCaptureFixture) -> None:
        """The oldest make room. Without any room the newest is lost; each is counted, and it is logged once."""
        queue = self.spool(small_disk)
        self.fill(queue, range(20), 100_000)
        kept = len(queue)
        assert 5 <= kept <= 10
        assert queue.counts.dropped == {"disk": 20 - kept}
        words = "the disk is full, except for the space that is reserved for the state"
        assert queue.problem == f"spool: {words}"
        assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [words]
        disk = os.statvfs(small_disk)
        assert disk.f_bavail >= disk.f_blocks // 10
        write_atomically(small_disk / "values.json", bytes(20_000))
        (small_disk / "values.json").unlink()
        taken = [self.take(queue) for _ in range(kept)]
        assert [one.seq for one in taken] == list(range(20 - kept, 20)), "the newest are there, whole"
        self.fill(queue, [20], 100_000)
        assert queue.counts.dropped == {"disk": 21 - kept}, "what is on its way is not thrown away"
        for one in taken:
            queue.done(one)
        self.fill(queue, [21], 100_000)
        assert self.take(queue).seq == 21
        assert queue.problem is None
        queue.close()
