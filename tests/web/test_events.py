"""Events and recordings over HTTP."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.recordings.made import NOON, recording
from tests.web.credentials import TOKEN, basic, bearer, users
from tests.web.recorded import JSON, VIDEO, add, get, opened


async def test_events_as_in_the_contract() -> None:
    async with opened() as (served, http):
        assert await get(http, "/api/events") == {"events": []}
        made = await add(served, recording(NOON, pictures=("best",)))
        event = made.events[0].id
        expected: dict[str, Any] = {
            "id": event,
            "camera": "front",
            "type": "motion",
            "from": "2026-11-29T12:00:02.000+00:00",
            "to": "2026-11-29T12:00:08.000+00:00",
            "score": 4.5,
            "zones": ["gate"],
            "labels": [],
            "keep": False,
            "picture": f"/events/{event}/picture.jpg",
            "clip": f"/events/{event}/clip.mp4",
        }
        assert await get(http, "/api/events") == {"events": [expected]}
        assert await get(http, f"/api/events/{event}") == expected
        async with http.get(expected["clip"]) as answer:
            assert await answer.read() == VIDEO
        ingress = await get(http, "/api/events", headers={"X-Ingress-Path": "/api/hassio_ingress/x"})
        assert ingress["events"][0]["clip"] == f"/api/hassio_ingress/x/events/{event}/clip.mp4"


async def test_filters_and_pages() -> None:
    async with opened() as (served, http):
        for number in range(5):
            await add(served, recording(NOON + 60 * number, ("front", "back")[number % 2]))
        await add(served, recording(NOON + 600, reason="command"))

        async def found(query: str) -> list[str]:
            return [event["from"][11:19] for event in (await get(http, f"/api/events?{query}"))["events"]]

        assert await found("") == ["12:10:00", "12:04:02", "12:03:02", "12:02:02", "12:01:02", "12:00:02"]
        assert await found("camera=back") == ["12:03:02", "12:01:02"]
        assert await found("type=recording") == ["12:10:00"]
        assert await found("type=motion,detection&limit=1") == ["12:04:02"]
        assert await found("from=2026-11-29T12:03:00Z") == ["12:10:00", "12:04:02", "12:03:02"]
        assert await found("from=2026-11-29T13:02:00%2B01:00&to=2026-11-29T12:03:00") == ["12:02:02"]
        assert await found("from=2026-11-29T13:04:00+01:00") == [
            "12:10:00",
            "12:04:02",
        ]  # a plus sign not escaped
        assert await found("to=2026-11-29") == []
        page = (await get(http, "/api/events?limit=2"))["events"]
        assert await found(f"limit=2&before={page[-1]['id']}") == ["12:03:02", "12:02:02"]
        assert await found("before=2026-11-29T12:01:00Z") == ["12:00:02"]


@pytest.mark.parametrize(
    ("query", "field", "allowed"),
    [
        ("type=ufo", "type", ["motion", "recording", "detection"]),
        ("from=yesterday", "from", "ISO 8601"),
        ("to=2026-13-01", "to", "ISO 8601"),
        ("limit=0", "limit", {"min": 1, "max": 500}),
        ("limit=many", "limit", None),
        ("before=the last one", "before", "the id of the last one"),
    ],
)
async def test_errors_name_the_parameter_and_what_is_allowed(query: str, field: str, allowed: object) -> None:
    async with opened() as (served, http):
        await add(served, recording(NOON))
        error = (await get(http, f"/api/events?{query}", 400))["error"]
        assert (error["code"], error["field"]) == ("invalid_value", field)
        if isinstance(allowed, str):
            assert allowed in error["allowed"]
        elif allowed is not None:
            assert error["allowed"] == allowed


async def test_cameras_that_were_removed_are_known_and_others_are_not() -> None:
    async with opened() as (served, http):
        await add(served, recording(NOON))
        while not served.library.cameras:
            await asyncio.sleep(0.01)
        assert len((await get(http, "/api/events?camera=front"))["events"]) == 1
        error = (await get(http, "/api/events?camera=attic", 404))["error"]
        assert (error["field"], error["allowed"]) == ("camera", ["front"])
        for unknown in ("e-2026", "00000000"):
            assert (await get(http, f"/api/events?before={unknown}", 404))["error"]["field"] == "before"


async def test_pictures() -> None:
    async with opened() as (served, http):
        without = await add(served, recording(NOON))
        made = await add(served, recording(NOON + 60, pictures=("start", "best")))
        async with http.get(f"/events/{made.id}/picture.jpg") as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
        (served.library.path / f"{made.stem}.jpg").unlink()
        async with http.get(f"/events/{made.id}/picture.jpg") as answer:
            assert answer.status == 200  # the one of its beginning
        error = await get(http, f"/events/{without.id}/picture.jpg", 404)
        assert error["error"]["message"] == "this event has no picture"


async def test_an_event_that_is_still_going_on() -> None:
    async with opened() as (served, http):
        made = recording(NOON)
        going_on = made.model_copy(update={"events": (made.events[0].model_copy(update={"end_ns": None}),)})
        served.library.begin(going_on)
        event = await get(http, f"/api/events/{made.events[0].id}")
        assert (event["to"], event["clip"]) == (None, None)
        assert event["picture"] is None
        files = served.library.path / made.stem
        files.parent.mkdir(parents=True)
        Path(f"{files}.jpg").write_bytes(b"\xff\xd8\xff\xd9")
        event = await get(http, f"/api/events/{made.events[0].id}")
        async with http.get(event["picture"]) as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
        error = await get(http, f"/events/{made.events[0].id}/clip.mp4", 404)
        assert "still being made" in error["error"]["message"]
        async with http.delete(f"/api/events/{made.id}") as answer:
            assert answer.status == 409
        async with http.post(f"/api/events/{made.id}/keep", json={"keep": True}) as answer:
            assert answer.status == 409


async def test_keep_and_delete() -> None:
    async with opened() as (served, http):
        made = await add(served, recording(NOON))
        path = f"/api/events/{made.events[0].id}"
        async with http.post(f"{path}/keep", json={"keep": True}) as answer:
            assert (answer.status, (await answer.json())["keep"]) == (200, True)
        assert json.loads((served.library.path / f"{made.stem}.json").read_bytes())["keep"] is True
        for wrong in (b"{", b"[]", b'{"keep": 1}', b"{}"):
            async with http.post(f"{path}/keep", data=wrong, headers=JSON) as answer:
                assert answer.status == 400
        async with http.delete(path) as answer:
            assert (answer.status, await answer.json()) == (200, {"ok": True})
        async with http.delete(path) as answer:
            assert answer.status == 404
        async with http.post(f"{path}/keep", json={"keep": True}) as answer:
            assert answer.status == 404
        assert not list(served.library.path.rglob("*.mp4"))


async def test_a_clip_that_was_deleted_by_hand_is_forgotten() -> None:
    async with opened() as (served, http):
        made = await add(served, recording(NOON))
        (served.library.path / f"{made.stem}.mp4").unlink()
        await get(http, f"/events/{made.id}/clip.mp4", 404)
        assert await get(http, "/api/events") == {"events": []}


async def test_permissions() -> None:
    async with opened(**users()) as (served, http):
        made = await add(served, recording(NOON, pictures=("best",)))
        here, clip = f"/api/events/{made.id}", f"/events/{made.id}/clip.mp4"
        viewer, admin = basic("otto", "right"), bearer(TOKEN)
        paths = ("/api/events", here, clip, f"/events/{made.id}/picture.jpg", "/api/files")
        for path in (*paths, "/files/front/2026-11-29/120000-motion.mp4"):
            async with http.get(path) as answer:
                assert answer.status == 401, path
            async with http.get(path, headers=viewer) as answer:
                assert answer.status == 200, path
        for headers, status in (({}, 401), (viewer, 403), (admin, 200)):
            async with http.post(f"{here}/keep", json={"keep": True}, headers=headers) as answer:
                assert answer.status == status
        other = admin | {"Origin": "https://evil.example"}
        for headers, status in (({}, 401), (viewer, 403), (other, 403), (admin, 200)):
            async with http.delete(here, headers=headers) as answer:
                assert answer.status == status
        async with http.delete("/files/front/2026-11-29/120000-motion.mp4", headers=viewer) as answer:
            assert answer.status == 403


async def test_updates_say_when_events_change() -> None:
    async with opened() as (served, http), http.get("/api/updates") as stream:

        async def next_number() -> int:
            while True:
                line = (await asyncio.wait_for(stream.content.readline(), 60)).decode()
                if line.startswith("data: {") and "events" in (data := json.loads(line[6:])):
                    return int(data["events"])

        first = await next_number()
        served.library.begin(recording(NOON))
        second = await next_number()
        assert second > first
        await add(served, recording(NOON))
        assert await next_number() > second
