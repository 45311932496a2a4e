"""Live values: everything first, then what changes, merged for the slow, and an end when the daemon stops."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from mqttcam.web.state_publisher import difference
from tests.web.serving import Served, client, serving, watching


class Events:
    """Reads an event stream and merges it, as the page does."""

    def __init__(self, content: Any) -> None:
        self._content = content
        self.view: dict[str, Any] = {}
        self.count = 0

    async def next(self) -> dict[str, Any]:
        """The next update as it came."""
        async with asyncio.timeout(15):
            while not (line := await self._content.readline()).startswith(b"data: "):
                assert line, "the stream has ended"
        changes: dict[str, Any] = json.loads(line[6:])
        merge(self.view, changes)
        self.count += 1
        return changes

    async def until(self, *path: str, value: object) -> None:
        """Read on until the view has this."""
        while True:
            here: Any = self.view
            for key in path:
                here = here.get(key, {}) if isinstance(here, dict) else {}
            if here == value:
                return
            await self.next()


def merge(into: dict[str, Any], changes: dict[str, Any]) -> None:
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


@asynccontextmanager
async def listening(served: Served) -> AsyncIterator[Events]:
    async with client(served) as http, http.get("/api/events") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        yield Events(answer.content)


async def test_the_whole_view_first() -> None:
    async with serving({"front": {}, "back": {"enabled": False}}) as served, listening(served) as events:
        view = await events.next()
        assert set(view) == {"revision", "problems", "node", "cameras"}
        assert view["cameras"]["front"]["status"] == "running"
        assert view["cameras"]["back"]["status"] == "off"
        assert view["cameras"]["front"]["state"]["enabled"] == "ON"
        assert view["node"]["version"]


async def test_a_change_comes_at_once_and_alone() -> None:
    async with serving() as served, listening(served) as events:
        await events.next()
        async with client(served) as http:
            await http.post("/api/cameras/front/set", json={"brightness": 0.75})
        await events.until("cameras", "front", "state", "brightness", value=0.75)
        assert events.count < 6


async def test_two_pages_see_the_same() -> None:
    async with serving() as served, listening(served) as one, listening(served) as two:
        served.front.set_image_quality(33)
        for events in (one, two):
            await events.until("cameras", "front", "state", "image_quality", value=33)


async def test_snapshots_viewers_and_problems_are_in_it() -> None:
    async with serving() as served, listening(served) as events:
        await events.next()
        async with client(served) as http:
            await http.post("/api/cameras/front/cmd/snapshot")
        while not events.view["cameras"]["front"]["snapshots"]:
            await events.next()
        async with watching(served) as parts:
            await parts.next()
            await events.until("cameras", "front", "viewers", value=1)
        await events.until("cameras", "front", "viewers", value=0)
        served.registry.health.checks.append(lambda: "the broker is away")
        served.registry.node.changed()
        await events.until("problems", value=["the broker is away"])


async def test_another_camera_is_another_revision() -> None:
    async with serving() as served, listening(served) as events:
        before = (await events.next())["revision"]
        await served.add("back")
        while events.view["revision"] == before:
            await events.next()
        async with client(served) as http:
            listing = await (await http.get("/api/cameras")).json()
        assert listing["revision"] == events.view["revision"]


async def test_a_client_that_does_not_read_costs_nothing() -> None:
    async with serving() as served:
        _, writer = await asyncio.open_connection("127.0.0.1", served.server.port, limit=1024)
        writer.write(b"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        async with listening(served) as events:
            for quality in range(10, 20):
                served.front.set_image_quality(quality)
                await events.until("cameras", "front", "state", "image_quality", value=quality)
        writer.transport.abort()


def test_difference_is_what_is_new() -> None:
    old = {"a": 1, "b": {"c": 2, "d": None}, "e": [1]}
    assert difference(old, old) == {}
    assert difference({}, old) == old
    assert difference(old, {"a": 1, "b": {"c": 3, "d": None}, "e": []}) == {"b": {"c": 3}, "e": []}
    assert difference({"a": 1}, {"a": None, "b": None}) == {"a": None, "b": None}
