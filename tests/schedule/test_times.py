"""Intervals and times of day: exact, in local time."""

from __future__ import annotations

import datetime
import time
from unittest import mock

import pytest
import schedule as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from mqttcam.schedule import BadSchedule, Schedule, parse
from tests.schedule.local import BERLIN, times


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
def test_next_time_is_that_of_the_reference_library(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next time is the one that the reference implementation's library finds."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
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
    assert parse(text, zone=BERLIN).times.after(start, start) == expected.timestamp()
    monkeypatch.undo()
    time.tzset()


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


def test_schedules_are_equal_if_text_and_times_are() -> None:
    assert parse("Every  10 Seconds") == Schedule("every 10 seconds", parse("10").times)
