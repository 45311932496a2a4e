"""The time line with many recordings: it stays quick, because SQLite reads its indexes in order."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mqttcam.recordings.counting import TIMELINE_TYPES
from mqttcam.recordings.index import Index
from mqttcam.recordings.listed import EventQuery
from mqttcam.recordings.photo import Photo
from mqttcam.recordings.recording import Event, Recording
from mqttcam.recordings.series_files import list_series
from tests.recordings.made import DAY, NOON, opened, recording

COUNT = 10_000
STEP = 100.0
ALL = TIMELINE_TYPES
NS = 10**9


def made(number: int) -> Recording | Photo:
    begin = NOON - number * STEP
    if number % 10 == 9:
        stem = f"front/2026-11-29/{number:06}-photo"
        return Photo(id=f"p-{number}", camera="front", stem=stem, begin_ns=round(begin * 1e9), bytes=1)
    one = recording(begin, ("front", "back")[number % 2])
    zones, labels = (("gate",), ()) if number % 1000 else (("shed",), ("owl",))
    event = Event.model_validate(
        one.events[0].model_dump() | {"id": f"e-{number}", "zones": zones, "labels": labels}
    )
    return one.model_copy(
        update={"id": f"r-{number}", "stem": f"front/2026-11-29/{number:06}-motion", "events": (event,)}
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    """Ten thousand events and photos in eleven days."""
    index = Index(tmp_path_factory.mktemp("index") / "recordings.sqlite")
    with index.transaction():
        for number in range(COUNT):
            index.put(made(number))
    yield index
    index.close()


def plans(index: Index, call: Any) -> list[str]:
    """Return how SQLite carries out the queries of a call."""
    queries: list[str] = []
    index._db.set_trace_callback(queries.append)
    try:
        call()
    finally:
        index._db.set_trace_callback(None)
    return [
        str(row[3])
        for query in queries
        for row in index._db.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
    ]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"camera": "back"},
        {"types": ("motion",)},
        {"zone": "gate"},
        {"zone": "shed", "label": "owl"},
        {"before": (round((NOON - 5000 * STEP) * 1e9), "e-5000")},
    ],
)
def test_a_page_is_read_in_the_order_of_an_index(index: Index, values: dict[str, Any]) -> None:
    query = EventQuery(**values)
    assert index.find(query)
    for plan in plans(index, lambda: index.find(query)) + plans(
        index, lambda: index.files(query, ("photo",))
    ):
        assert "USE TEMP B-TREE" not in plan
        assert not plan.startswith("SCAN"), plan
        assert not plan.startswith("SEARCH events") or "newest (listed=?" in plan, plan


def test_days_are_counted_from_an_index_alone(index: Index) -> None:
    day = round(DAY * 1e9)
    query = EventQuery(begin_ns=round(NOON * 1e9) - day, end_ns=round(NOON * 1e9))
    assert index.counts_between(query, ALL) == {"motion": 778, "photo": 86}
    found = plans(index, lambda: index.counts_between(query, ALL))
    assert [plan for plan in found if "COVERING INDEX newest " in plan]
    assert [plan for plan in found if "COVERING INDEX newest_files " in plan]
    rare = EventQuery(begin_ns=0, end_ns=round(NOON * 1e9) + NS * 10, zone="shed")
    assert index.counts_between(rare, ALL) == Counter(motion=10)


def test_the_time_line_of_many_events_is_quick(index: Index) -> None:
    """The limit is generous: each of these takes some milliseconds on a desktop computer."""
    end = round(NOON * 1e9) + NS
    begin = time.thread_time()  # what a busy machine does meanwhile does not count
    for values in ({}, {"zone": "shed"}, {"before": (end - round(9000 * STEP) * NS, "")}):
        index.find(EventQuery(**values))
    for number in range(31):
        within = EventQuery(
            begin_ns=end - (number + 1) * round(DAY) * NS, end_ns=end - number * round(DAY) * NS
        )
        index.counts_between(within, ALL)
    slots = index.slots(EventQuery(begin_ns=end - round(DAY) * NS, end_ns=end), ALL, 60 * NS)
    assert sum(slot.count for slot in slots) == 864
    assert index.tags("front").zones == ("gate", "shed")
    assert time.thread_time() - begin < 5


def test_tags_follow_their_events(index: Index) -> None:
    one = made(1000)
    assert isinstance(one, Recording)
    with index.transaction():
        index.put(one.model_copy(update={"events": (one.events[0].model_copy(update={"zones": ("new",)}),)}))
    assert index.tags(None).zones == ("gate", "new", "shed")
    with index.transaction():
        index.remove(one.stem)
    assert index.tags(None).zones == ("gate", "shed")
    with index.transaction():
        index.put(one)
    assert len(index.find(EventQuery(zone="shed"))) == 10


async def test_a_file_of_a_series_is_found_by_its_id(tmp_path: Path) -> None:
    async with opened(tmp_path) as library:
        folder = tmp_path / "recordings" / "front" / "series" / "garden"
        folder.mkdir(parents=True)
        for suffix in (".jpg", "-10000us.jpg", ".mp4"):
            (folder / f"2026-11-29T120000.000Z{suffix}").write_bytes(b"x")
        found = list_series(library.path, EventQuery())
        assert len({one.id for one in found}) == 3
        for one in found:
            assert await library.series_file(one.id) == one
        assert await library.series_file(found[0].id[:-1] + "x") is None
