"""The grammar of SCHEDULE, and its times: exact to the tick, in local time, when the clocks change."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
import schedule as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from mqttcam import schedule as module
from mqttcam.schedule import GRAMMAR, BadSchedule, Schedule, Ticker, parse

BERLIN = ZoneInfo("Europe/Berlin")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(module, "local_zone", lambda: BERLIN)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(text: str, zone: ZoneInfo = BERLIN, fold: int = 0) -> float:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


def times(text: str, start: str, count: int, zone: ZoneInfo = BERLIN) -> list[str]:
    """The first times of a schedule after its first picture, in local time with the offset."""
    found = parse(text)
    begin = moment = at(start, zone)
    listed = []
    for _ in range(count):
        moment = found.times.after(moment, begin)
        listed.append(datetime.datetime.fromtimestamp(moment, zone).strftime("%d %H:%M:%S %z"))
    return listed


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10", 10),
        ("1.5", 1.5),
        ("30s", 30),
        ("5m", 300),
        ("2h", 7200),
        ("90 Seconds", 90),
        (" every 3 seconds ", 3),
        ("EVERY MINUTE", 60),
        ("every 3 minutes", 180),
        ("every 3 minute", 180),
        ("every 0.5 hours", 1800),
        ("every10seconds", 10),
        ("every second", 1),
    ],
)
def test_intervals_count_from_the_first_picture_without_drift(text: str, seconds: float) -> None:
    """Intervals count from the first picture, exactly, for ever."""
    found = parse(text).times
    assert found.steady
    moment = start = 1000.25
    for count in range(1, 5):
        moment = found.after(moment, start)
        assert moment == pytest.approx(start + count * seconds, abs=1e-6)
    assert found.after(start + 1e6 * seconds + seconds / 2, start) == pytest.approx(
        start + (1e6 + 1) * seconds
    )


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("every minute at :23", "2026-05-04 10:00:10", ["04 10:00:23 +0200", "04 10:01:23 +0200"]),
        ("every minute at :23", "2026-05-04 10:00:23", ["04 10:01:23 +0200", "04 10:02:23 +0200"]),
        ("every 3 minutes at :23", "2026-05-04 10:00:10", ["04 10:03:23 +0200", "04 10:06:23 +0200"]),
        ("every hour at :30", "2026-05-04 10:40:00", ["04 11:30:00 +0200", "04 12:30:00 +0200"]),
        ("every hour at 20:15", "2026-05-04 10:00:00", ["04 10:20:15 +0200", "04 11:20:15 +0200"]),
        ("every 3 hours at :05", "2026-05-04 10:00:00", ["04 13:05:00 +0200", "04 16:05:00 +0200"]),
        ("every day at 10:30", "2026-05-04 08:00:00", ["04 10:30:00 +0200", "05 10:30:00 +0200"]),
        ("Every Day At 10:30:15", "2026-05-04 10:30:15", ["05 10:30:15 +0200", "06 10:30:15 +0200"]),
        ("every 2 day at 10:30", "2026-05-04 08:00:00", ["06 10:30:00 +0200", "08 10:30:00 +0200"]),
        ("every day", "2026-05-04 08:01:02", ["05 08:01:02 +0200", "06 08:01:02 +0200"]),
        ("2d", "2026-05-04 08:01:02", ["06 08:01:02 +0200", "08 08:01:02 +0200"]),
        ("every monday at 13:15", "2026-05-06 08:00:00", ["11 13:15:00 +0200", "18 13:15:00 +0200"]),
        ("every sunday", "2026-05-06 08:00:07", ["10 08:00:07 +0200", "17 08:00:07 +0200"]),
        ("every 2 weeks", "2026-05-06 08:00:07", ["20 08:00:07 +0200", "03 08:00:07 +0200"]),
        ("every week at 10:30", "2026-05-06 08:00:07", ["06 10:30:00 +0200", "13 10:30:00 +0200"]),
        ("*/20 6-7 * * *", "2026-05-06 07:30:00", ["06 07:40:00 +0200", "07 06:00:00 +0200"]),
    ],
)
def test_times_of_day_are_local_time(text: str, start: str, expected: list[str]) -> None:
    assert times(text, start, 2) == expected


@pytest.mark.parametrize(
    "text",
    [
        "every 3 seconds",
        "every 7 minutes",
        "every minute at :23",
        "every 3 minutes at :23",
        "every hour at :30",
        "every hour at 20:15",
        "every 3 hours at :05",
        "every day at 10:30",
        "every 2 days at 10:30:15",
        "every day",
        "every 3 days",
        "every monday at 13:15",
        "every friday",
        "every week",
        "every 2 weeks",
    ],
)
def test_next_time_is_that_of_the_reference_library(text: str) -> None:
    """The next time is the one that the reference implementation's library finds."""
    now = datetime.datetime(2026, 5, 6, 10, 12, 40)  # noqa: DTZ001 - the library wants it so

    class FrozenDatetime(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
            return now

    words = text.split()
    interval = int(words[1]) if words[1].isdecimal() else 1
    with mock.patch("schedule.datetime.datetime", FrozenDatetime):
        job = getattr(reference.Scheduler().every(interval), words[2] if interval > 1 else words[1])
        job = job.at(words[-1]) if "at" in words else job
        expected = job.do(lambda: None).next_run
    start = now.timestamp()
    assert parse(text).times.after(start, start) == expected.timestamp()


class TestClocksChange:
    """Berlin 2026: forward on 29 March at 02:00, back on 25 October at 03:00."""

    def test_skipped_time_is_due_when_the_clock_has_gone_forward(self) -> None:
        """It is due once, after the clock has gone forward."""
        assert times("every day at 02:30", "2026-03-28 12:00:00", 2) == [
            "29 03:00:00 +0200",
            "30 02:30:00 +0200",
        ]

    def test_repeated_time_is_due_once(self) -> None:
        """It is due once."""
        assert times("every day at 02:30:05", "2026-10-24 12:00:00", 2) == [
            "25 02:30:05 +0200",
            "26 02:30:05 +0100",
        ]

    def test_hourly_times_follow_the_change_of_the_clocks(self) -> None:
        """The repeated hour has two, the skipped hour none."""
        assert times("every hour at :30", "2026-10-25 01:00:00", 4) == [
            "25 01:30:00 +0200",
            "25 02:30:00 +0200",
            "25 02:30:00 +0100",
            "25 03:30:00 +0100",
        ]
        assert times("every hour at :30", "2026-03-29 01:00:00", 2) == [
            "29 01:30:00 +0100",
            "29 03:30:00 +0200",
        ]

    def test_intervals_continue_when_the_clocks_change(self) -> None:
        """The reference implementation's would stand still for an hour."""
        ticker = Ticker(parse("60"))
        before = at("2026-10-25 02:59:00")
        assert ticker.due(before, 0.0)
        assert not ticker.due(before + 59.9, 59.9)
        assert ticker.due(before + 60, 60.0)
        assert ticker.due(before + 120, 120.0)

    def test_daily_interval_keeps_the_time_of_day(self) -> None:
        assert times("every day", "2026-10-24 12:00:00", 2) == ["25 12:00:00 +0100", "26 12:00:00 +0100"]

    def test_change_by_half_an_hour(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Lord Howe Island changes its clocks by half an hour; :30 stays :30."""
        monkeypatch.setattr(module, "local_zone", lambda: LORD_HOWE)
        assert times("every hour at :30", "2026-04-05 00:45:00", 3, LORD_HOWE) == [
            "05 01:30:00 +1100",
            "05 02:30:00 +1030",
            "05 03:30:00 +1030",
        ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "abc",
        "-5",
        "every",
        "every 2 fortnights",
        "30x",
        "every day at 25:00",
        "every minute at 61",
        "every minute at :61",
        "every second at :10",
        "every day at :30",
        "every hour at 10:30:15",
        "every 1.5 days at 10:30",
        "every 0 minutes",
        "400d",
        "61 * * * *",
        "0 0 31 2 *",
        "99999999999",
        "nan",
        "1e3",
        "mondays",
        "5 mondays",
        "x" * 5000,
    ],
)
def test_invalid_schedule_is_refused_with_the_grammar(text: str) -> None:
    """An invalid one is refused in a short line that shows the grammar."""
    with pytest.raises(BadSchedule) as error:
        parse(text)
    assert len(str(error.value)) < 200
    assert error.value.allowed == GRAMMAR


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_schedule_or_refused(text: str) -> None:
    """Any text is a schedule or is refused."""
    try:
        found = parse(text)
    except BadSchedule:
        return
    assert found.times.after(1e9, 1e9) > 1e9


@given(
    st.sampled_from(
        ["every minute at :07", "every 5 minutes at :59", "every hour at :30", "every 7 hours at 10:20"]
    )
    | st.sampled_from(
        ["every day at 02:30:59", "every 3 days", "every monday", "every 2 weeks at 00:00", "0.5", "7h"]
    ),
    st.floats(1.6e9, 2.0e9),
    st.floats(0, 1e7),
)
@settings(max_examples=300, deadline=None)
def test_next_time_is_always_later(text: str, start: float, passed: float) -> None:
    """The next time is after now, and there is always one more."""
    found = parse(text).times
    due = found.after(start + passed, start)
    assert due > start + passed
    assert found.after(due, start) > due


class TestTicker:
    def test_first_frame_is_due_at_once(self) -> None:
        ticker = Ticker(parse("every day at 10:30"))
        assert ticker.due(at("2026-05-04 12:00"), 0.0)
        assert not ticker.due(at("2026-05-04 12:01"), 60.0)

    def test_first_frame_at_or_after_each_time_is_due(self) -> None:
        """At 15 frames a second: the first frame at or after each time, and no other."""
        ticker = Ticker(parse("every minute at :23"))
        start = at("2026-05-04 12:00:30")
        taken = [n / 15 for n in range(15 * 180) if ticker.due(start + n / 15, n / 15)]
        assert taken == pytest.approx([0.0, 53.0, 113.0, 173.0])

    def test_missed_times_are_not_made_up_for(self) -> None:
        """After an outage of the camera, one picture stands for all that were missed, and the rhythm is kept."""
        ticker = Ticker(parse("10"))
        assert ticker.due(0.0, 0.0)
        assert ticker.due(34.0, 34.0)
        assert not ticker.due(39.9, 39.9)
        assert ticker.due(40.0, 40.0)

    @pytest.mark.parametrize("jump", [3 * 3600.0, -3 * 3600.0, 56 * 365 * 86400.0])
    def test_setting_the_clock_causes_neither_a_burst_nor_a_gap(self, jump: float) -> None:
        """A Pi without a battery-backed clock learns the time late: no burst, and no hour without pictures."""
        start = at("2026-05-04 12:00:30")
        clock, interval = Ticker(parse("every minute at :23")), Ticker(parse("60"))
        assert clock.due(start, 0.0)
        assert interval.due(start, 0.0)
        assert not clock.due(start + jump + 10, 10.0)
        assert not interval.due(start + jump + 10, 10.0)
        assert clock.due(start + jump + 53, 53.0)
        assert not clock.due(start + jump + 54, 54.0)
        assert interval.due(start + jump + 60, 60.0)


def test_schedules_are_equal_if_text_and_times_are() -> None:
    assert parse("Every  10 Seconds") == Schedule("every 10 seconds", parse("10").times)
