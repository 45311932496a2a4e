"""The bounds of what waits, and which frames are taken; no Kafka."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.waiting import wait_for

from mqttcam.outputs.kafka.spool import SpoolQueue
from mqttcam.outputs.message import FrameQueue, Message, Tally
from mqttcam.outputs.selection import Rate, Scheduled, selection


def message(number: int, size: int = 10, since: float | None = None) -> Message:
    made = Message(bytes(size), number, number)
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
        tally = Tally()
        queue = FrameQueue(3, 1000, None, tally)
        for number in range(5):
            queue.put(message(number))
        assert tally.dropped == {"overflow": 2}
        assert left(queue) == [2, 3, 4]

    def test_bytes(self) -> None:
        """A single frame that is larger than all is kept: it is the newest."""
        tally = Tally()
        queue = FrameQueue(100, 100, None, tally)
        for number in range(5):
            queue.put(message(number, 40))
        assert tally.dropped == {"overflow": 3}
        assert left(queue) == [3, 4]
        queue.put(message(9, 500))
        assert left(queue) == [9]

    def test_age(self) -> None:
        tally = Tally()
        queue = FrameQueue(100, 1000, 5.0, tally)
        queue.put(message(0, since=time.monotonic() - 6))
        queue.put(message(1, since=time.monotonic() - 4))
        assert 3 < queue.age < 5
        assert left(queue) == [1]
        assert tally.dropped == {"age": 1}

    def test_give_back(self) -> None:
        """Before the others, in order; and the oldest goes first even so."""
        tally = Tally()
        queue = FrameQueue(4, 1000, None, tally)
        for number in range(4):
            queue.put(message(number))
        taken = [one for _ in range(3) if (one := queue.take(0))]
        queue.put(message(4))
        queue.give_back(reversed(taken))
        assert tally.dropped == {"overflow": 1}
        assert left(queue) == [1, 2, 3, 4]

    @given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=60))
    def test_counts(self, steps: list[tuple[int, bool]]) -> None:
        """Whatever happens: put = taken out + dropped + waiting, within the bounds."""
        tally = Tally()
        queue = FrameQueue(5, 150, None, tally)
        out = 0
        for number, (size, takes) in enumerate(steps):
            queue.put(message(number, size))
            if takes:
                out += queue.take(0) is not None
            assert len(queue) <= 5
        assert len(steps) == out + tally.all_dropped + len(queue)


class TestSpool:
    def spool(self, folder: Path, max_bytes: int = 10_000_000) -> SpoolQueue:
        return SpoolQueue(folder / "s.db", max_bytes, Tally())

    def fill(self, queue: SpoolQueue, numbers: range, size: int = 1000) -> None:
        for number in numbers:
            queue.put(message(number, size))
            wait_for(lambda: not queue._incoming, "it is on the disk")

    def test_in_order_and_once(self, tmp_path: Path) -> None:
        queue = self.spool(tmp_path)
        self.fill(queue, range(3))
        first, second = queue.take(1), queue.take(1)
        assert first is not None
        assert second is not None
        assert (first.seq, second.seq, len(queue)) == (0, 1, 3)
        queue.done(first)
        queue.give_back([second])
        again = queue.take(1)
        assert again is not None
        assert (again.seq, len(queue)) == (1, 2)
        queue.close()

    def test_survives(self, tmp_path: Path) -> None:
        """What was not acknowledged is there again, with its time; it counts as taken."""
        queue = self.spool(tmp_path)
        self.fill(queue, range(3))
        first = queue.take(1)
        assert first is not None
        queue.done(first)
        queue.close()
        tally = Tally()
        queue = SpoolQueue(tmp_path / "s.db", 10_000_000, tally)
        again = [queue.take(1), queue.take(1)]
        assert [one and (one.seq, one.ts_ns, len(one.jpeg)) for one in again] == [(1, 1, 1000), (2, 2, 1000)]
        assert tally.taken == 2
        assert queue.take(0) is None
        queue.close()

    def test_bounded(self, tmp_path: Path) -> None:
        tally = Tally()
        queue = SpoolQueue(tmp_path / "s.db", 5500, tally)
        self.fill(queue, range(8))
        assert (len(queue), tally.dropped) == (5, {"overflow": 3})
        first = queue.take(1)
        assert first is not None
        assert first.seq == 3
        queue.close()

    def test_broken_file(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        """A power cut can break it: set aside, said, and a new one begun."""
        (tmp_path / "s.db").write_bytes(b"not a database" * 1000)
        queue = self.spool(tmp_path)
        self.fill(queue, range(1))
        assert queue.take(1) is not None
        assert (tmp_path / "s.broken").exists()
        assert "cannot be used" in caplog.text
        queue.close()

    def test_no_disk(self, tmp_path: Path) -> None:
        """Nowhere to write: counted and said, nothing stops."""
        (tmp_path / "file").touch()
        tally = Tally()
        queue = SpoolQueue(tmp_path / "file" / "s.db", 1000, tally)
        self.fill(queue, range(2))
        assert tally.dropped == {"disk": 2}
        assert queue.problem
        assert queue.take(0) is None
        queue.close()


class TestSelection:
    @pytest.mark.parametrize(("camera", "rate"), [(30, 10), (30, 7), (15, 15), (24, 5), (10, 30), (25, 0.5)])
    def test_rate(self, camera: float, rate: float) -> None:
        """On the average what was asked for, or every frame where the camera is slower."""
        gate = Rate(rate)
        taken = sum(gate.due(int(1e15 + number * 1e9 / camera)) for number in range(int(camera * 100)))
        assert taken == pytest.approx(min(rate, camera) * 100, rel=0.03, abs=1)

    def test_rate_after_a_pause(self) -> None:
        """No burst when frames come again."""
        gate = Rate(1)
        assert gate.due(int(1e15))
        later = [number for number in range(30) if gate.due(int(1e15 + 100e9 + number * 1e9 / 30))]
        assert later == [0]

    def test_schedule(self) -> None:
        gate = selection("max", "every day at 10:30")
        assert isinstance(gate, Scheduled)
        assert [gate.due(0), gate.due(0)] == [True, False]

    def test_every(self) -> None:
        gate = selection("max", None)
        assert all(gate.due(number) for number in range(5))
