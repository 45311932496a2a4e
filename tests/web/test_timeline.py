"""The time line over HTTP: its list, its days and slots, and the filters of events by zone and label."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from mqttcam.recordings.recording import Event, Recording
from tests.recordings.made import NOON, recording
from tests.support.pictures import jpeg
from tests.web.credentials import basic, users
from tests.web.recorded import add, add_photo, get, opened
from tests.web.serving import Served, client, serving


def tagged(begin: float, camera: str = "front", **values: Any) -> Recording:
    """Return a recording whose event has these values."""
    made = recording(begin, camera)
    event = Event.model_validate(made.events[0].model_dump() | values)
    return made.model_copy(update={"events": (event,)})


def add_series(served: Served, camera: str, *names: str) -> None:
    folder = served.library.path / camera / "series" / "garden"
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(jpeg(64, 48))


async def ids(http: aiohttp.ClientSession, path: str, query: str = "") -> list[str]:
    answer = await get(http, f"{path}?{query}")
    return [one["id"] for one in answer["events" if path == "/api/events" else "entries"]]


async def test_events_by_zone_and_label() -> None:
    async with opened() as (served, http):
        made = await add(served, tagged(NOON))
        gate = made.events[0].id
        made = await add(served, tagged(NOON + 60, zones=("yard", "gate")))
        yard = made.events[0].id
        made = await add(served, tagged(NOON + 120, type="detection", zones=(), labels=("person",)))
        person = made.events[0].id
        made = await add(served, tagged(NOON + 180, "back", zones=("yard",), labels=("cat",)))
        back = made.events[0].id
        for path in ("/api/events", "/api/timeline"):
            assert await ids(http, path, "zone=gate") == [yard, gate]
            assert await ids(http, path, "zone=yard&camera=front") == [yard]
            assert await ids(http, path, "label=person") == [person]
            assert await ids(http, path, "zone=yard&label=cat") == [back]
            assert await ids(http, path, f"zone=gate&before={yard}") == [gate]
        error = (await get(http, "/api/events?zone=attic", 404))["error"]
        assert (error["field"], error["allowed"]) == ("zone", ["gate", "yard"])
        error = (await get(http, "/api/events?label=dog&camera=back", 404))["error"]
        assert (error["field"], error["allowed"]) == ("label", ["cat"])
        assert await get(http, "/api/timeline/filters?camera=front") == {
            "cameras": ["back", "front"],
            "zones": ["gate", "yard"],
            "labels": ["person"],
        }
        async with http.delete(f"/api/events/{person}") as answer:
            assert answer.status == 200
        assert (await get(http, "/api/timeline/filters"))["labels"] == ["cat"]


async def test_configured_zones_and_labels_can_be_chosen_before_anything_happens() -> None:
    motion = {"zones": {"gate": {"points": [[0, 0], [1, 0], [1, 1]]}}}
    front = {"motion": motion, "detections": {"labels": ["Car"]}}
    async with serving({"front": front}) as served, client(served) as http:
        found = await get(http, "/api/timeline/filters")
        assert (found["zones"], found["labels"]) == (["gate"], ["Car"])
        assert await ids(http, "/api/events", "zone=gate&label=Car") == []


async def test_one_list_of_events_photos_and_series() -> None:
    async with opened() as (served, http):
        made = await add(served, recording(NOON, pictures=("best",)))
        photo = await add_photo(served, NOON + 60, raw=True)
        add_series(served, "front", "2026-11-29T120130.000Z.jpg", "2026-11-29T120130.000Z.mp4")
        command = await add(served, recording(NOON + 120, reason="command"))
        entries = (await get(http, "/api/timeline"))["entries"]
        assert [one["type"] for one in entries] == ["recording", "series", "series", "photo", "motion"]
        assert [entries[0]["id"], entries[3]["id"], entries[4]["id"]] == [
            command.id,
            photo.id,
            made.events[0].id,
        ]
        assert entries[0]["clip"] == f"/events/{command.id}/clip.mp4"
        video, still = entries[1:3]
        assert (video["picture"], video["clip"][-4:]) == (None, ".mp4")
        assert (still["picture"][-4:], still["clip"], still["series"]) == (".jpg", None, "garden")
        assert entries[3]["raw"].endswith("-photo.dng")
        assert entries[3]["name"] == "2026-11-29/120100-photo.jpg"
        keys = set(entries[0])
        assert all(set(one) == keys for one in entries)
        paged: list[dict[str, Any]] = []
        while page := (await get(http, f"/api/timeline?limit=2&before={paged[-1]['id'] if paged else ''}"))[
            "entries"
        ]:
            paged += page
        assert paged == entries
        assert await ids(http, "/api/timeline", "type=photo,motion") == [photo.id, made.events[0].id]
        assert await ids(http, "/api/timeline", "zone=gate") == [made.events[0].id]
        assert await ids(http, "/api/timeline", "before=2026-11-29T12:01:00Z") == [made.events[0].id]


async def test_days_of_a_time_zone_with_a_change_of_the_clocks() -> None:
    async with opened() as (served, http):
        # In Berlin, 2026-10-25 has 25 hours: from 22:00 to 23:00 in UTC.
        for when in (
            "2026-10-24T21:59:50",
            "2026-10-24T22:00:10",
            "2026-10-25T22:59:30",
            "2026-10-25T23:00:10",
        ):
            begin = datetime.fromisoformat(when).replace(tzinfo=UTC).timestamp()
            await add(served, recording(begin, reason="command"))
        await add_photo(served, datetime(2026, 10, 25, 12, tzinfo=UTC).timestamp())
        names = ("2026-10-24T220000.000Z.jpg", "2026-10-25T100000.000Z.jpg", "2026-10-25T230000.000Z.jpg")
        add_series(served, "front", *names, "2026-10-25T100000.000Z.mp4", "2026-10-25T110000.000Z.jpg.part")
        query = "from=2026-10-24&to=2026-10-27&tz=Europe/Berlin"
        found = await get(http, f"/api/timeline/days?{query}")
        assert found["tz"] == "Europe/Berlin"
        assert [(day["day"], day["counts"]) for day in found["days"]] == [
            ("2026-10-24", {"recording": 1}),
            ("2026-10-25", {"recording": 2, "photo": 1, "series": 2}),
            ("2026-10-26", {"recording": 1, "series": 1}),
        ]
        long = found["days"][1]
        assert (long["from"], long["to"]) == (
            "2026-10-24T22:00:00.000+00:00",
            "2026-10-25T23:00:00.000+00:00",
        )
        (series,) = long["series"]
        assert (series["series"], series["count"], series["last"]) == (
            "garden",
            2,
            "2026-10-25T10:00:00.000+00:00",
        )
        assert series["picture"] == f"/files/front/series/garden/{names[1]}"
        only = (await get(http, f"/api/timeline/days?{query}&type=photo"))["days"]
        assert [day["counts"] for day in only] == [{"photo": 1}]
        in_utc = (await get(http, "/api/timeline/days?from=2026-10-25&to=2026-10-26"))["days"]
        assert [day["counts"] for day in in_utc] == [{"recording": 2, "photo": 1, "series": 2}]


async def test_slots_of_a_day() -> None:
    async with opened() as (served, http):
        await add(served, tagged(NOON - 60, end_ns=round((NOON + 90) * 1e9)))  # began before
        for second in (0, 10, 20, 600):
            await add(served, recording(NOON + second, "back", reason="command"))
        await add_photo(served, NOON + 30)
        add_series(served, "front", "2026-11-29T120100.000Z.jpg", "2026-11-29T120130.000Z.jpg")
        found = await get(http, "/api/timeline/slots?from=2026-11-29T12:00:00Z&to=2026-11-29T13:00:00Z")
        assert found["from"] == "2026-11-29T12:00:00.000+00:00"
        assert sorted(
            (slot["camera"], slot["type"], slot["begin"], slot["end"], slot["count"])
            for slot in found["slots"]
        ) == [
            ("back", "recording", 0, 30, 3),
            ("back", "recording", 600, 610, 1),
            ("front", "motion", 0, 90, 1),
            ("front", "photo", 30, 30, 1),
            ("front", "series", 60, 90, 2),
        ]
        hour = await get(
            http,
            "/api/timeline/slots?from=2026-11-29T12:00:00Z&to=2026-11-29T13:00:00Z&step=3600&camera=back",
        )
        assert hour["slots"] == [{"camera": "back", "type": "recording", "begin": 0, "end": 610, "count": 4}]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("days?from=yesterday", "from"),
        ("days?type=ufo", "type"),
        ("slots?to=2026-11-29", "from"),
        ("slots?from=2026-11-29", "to"),
        ("slots?from=2026-11-29&to=2026-11-30&step=0", "step"),
        ("slots?from=2026-11-29&to=2026-11-30&step=many", "step"),
    ],
)
async def test_errors_name_the_parameter(path: str, field: str) -> None:
    async with opened() as (_, http):
        error = (await get(http, f"/api/timeline/{path}", 400))["error"]
        assert (error["code"], error["field"]) == ("invalid_value", field)


async def test_time_zones_that_are_not_there() -> None:
    async with opened() as (_, http):
        for name in ("Mars/Olympus", "../../etc/passwd", "/etc/localtime", "Europe", "x" * 300):
            error = (await get(http, "/api/timeline/days", 404, params={"tz": name}))["error"]
            assert (error["field"], "Europe/Berlin" in error["allowed"]) == ("tz", True)


async def test_what_is_asked_for_is_bounded() -> None:
    async with opened() as (served, http):
        await add(served, recording(NOON, reason="command"))
        for query, count in (
            ("from=0001-01-01&to=9999-12-31", 0),  # at most the last 366 days
            ("from=0001-01-01&to=2027-11-29", 1),
            ("from=0001-01-01&to=2027-12-01", 0),
            ("from=2026-11-30&to=2026-11-29", 0),
        ):
            assert len((await get(http, f"/api/timeline/days?{query}"))["days"]) == count, query
        found = await get(http, "/api/timeline/slots?from=2026-01-01&to=2027-01-01&step=1")
        assert (found["step"], len(found["slots"])) == (10950, 1)
        assert (await get(http, "/api/timeline/slots?from=2026-11-30&to=2026-11-29"))["slots"] == []


async def test_a_node_without_recordings_has_an_empty_time_line(tmp_path: Path) -> None:
    async with opened() as (served, http):
        assert await get(http, "/api/timeline") == {"entries": []}
        assert (await get(http, "/api/timeline/days"))["days"] == []
        assert await get(http, "/api/timeline/filters") == {"cameras": [], "zones": [], "labels": []}
        assert not (served.directory / "recordings.sqlite").exists()


async def test_a_viewer_may_see_it_and_others_may_not() -> None:
    async with opened(**users()) as (_, http):
        for path in ("", "/days", "/slots?from=2026-11-29&to=2026-11-30", "/filters"):
            async with http.get(f"/api/timeline{path}") as answer:
                assert answer.status == 401
            async with http.get(f"/api/timeline{path}", headers=basic("otto", "right")) as answer:
                assert answer.status == 200
