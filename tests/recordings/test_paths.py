"""The names of recordings do not depend on the time zone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest

from mqttcam.recordings.paths import stems
from mqttcam.recordings.recording import new_id


@pytest.fixture
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("_berlin")
@pytest.mark.parametrize(("change", "count"), [("2026-03-29 01:00", 0), ("2026-10-25 01:00", 2)])
def test_names_are_in_order_and_unique_while_the_clocks_change(change: str, count: int) -> None:
    """In October, the local hour from two to three comes twice; in March, not at all."""
    moment = datetime.fromisoformat(change).replace(tzinfo=UTC)
    times = [moment + timedelta(minutes=minutes) for minutes in range(-90, 91, 10)]
    local = [time.strftime("%H%M", time.localtime(when.timestamp())) for when in times]
    assert local.count("0230") == count
    nanoseconds = [round(when.timestamp() * 1e9) for when in times]
    names = [next(stems("front", "motion", ns)) for ns in nanoseconds]
    assert names == [f"front/{when:%Y-%m-%d}/{when:%H%M%S}-motion" for when in times]
    assert names == sorted(set(names))
    assert [new_id(ns)[:15] for ns in nanoseconds] == [f"{when:%Y%m%d-%H%M%S}" for when in times]


def test_recordings_of_the_same_second_are_numbered() -> None:
    assert list(islice(stems("front", "command", 0), 3)) == [
        "front/1970-01-01/000000-command",
        "front/1970-01-01/000000-command-2",
        "front/1970-01-01/000000-command-3",
    ]
