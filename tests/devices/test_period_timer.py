"""Following a period, with a clock that is moved by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from mqttcam.devices.period_timer import PeriodTimer
from mqttcam.schedule import parse_period
from tests.schedule.local import BERLIN, at


class Rig:
    """Stands for the loop and the wall clock."""

    def __init__(self, text: str, start: str) -> None:
        self.now = at(start)
        self.changes: list[str] = []
        self._handles: list[tuple[float, asyncio.TimerHandle]] = []
        self.waits: list[float] = []
        self.timer = PeriodTimer(
            parse_period(text, zone=BERLIN),
            self,  # type: ignore[arg-type]
            lambda: self.changes.append(f"{(self.now - at(start)) / 3600:g} {self.timer.active}"),
            lambda: self.now,
        )

    def call_later(self, delay: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        self.waits.append(delay)
        handle = asyncio.TimerHandle(self.now + delay, callback, (), self)  # type: ignore[arg-type]
        self._handles.append((self.now + delay, handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """As of the loop."""

    def get_debug(self) -> bool:
        return False

    def due(self, until: float) -> Iterator[asyncio.TimerHandle]:
        while self._handles and self._handles[0][0] <= until:
            when, handle = self._handles.pop(0)
            self.now = max(when, self.now)
            if not handle.cancelled():
                yield handle

    def run(self, hours: float) -> None:
        end = self.now + hours * 3600
        for handle in self.due(end):
            handle._run()
        self.now = end


def test_begins_and_ends_at_the_moment() -> None:
    rig = Rig("from 07:00 to 19:00", "2026-05-04 06:00")
    assert not rig.timer.active
    assert rig.timer.until == at("2026-05-04 07:00")
    rig.run(24)
    assert rig.changes == ["1 True", "13 False"]
    assert max(rig.waits) <= 60


def test_a_clock_that_is_set_is_noticed_within_a_minute() -> None:
    rig = Rig("from 07:00 to 19:00", "2026-05-04 06:00")
    rig.now = at("2026-05-04 12:00")
    rig.run(60 / 3600)
    assert rig.timer.active
    assert len(rig.changes) == 1


def test_nothing_after_the_end() -> None:
    rig = Rig("from 07:00 to 19:00", "2026-05-04 06:00")
    rig.timer.close()
    rig.run(24)
    assert rig.changes == []
    assert len(rig.waits) == 1
