"""The update stream: the whole state first, then what changes, merged for slow clients."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from mqttcam.web.state_publisher import difference
from mqttcam.web.timing import Timing
from tests.support.waiting import PATIENCE, until
from tests.web.serving import Served, client, serving, watching


class Events:
    """Reads an event stream and merges it, as the page does."""

    def __init__(self, content: Any) -> None:
        self._content = content
        self.view: dict[str, Any] = {}
        self.count = 0

    async def next(self) -> dict[str, Any]:
        """Return the next update, and merge it into `view`."""
        async with asyncio.timeout(PATIENCE):
            while (line := await self._content.readline()) != b"event: update\n":
                assert line, "the stream has ended"
            data = await self._content.readline()
        changes: dict[str, Any] = json.loads(data.removeprefix(b"data: "))
        merge(self.view, changes)
        self.count += 1
        return changes

    async def until(self, *path: str, value: object) -> None:
        """Read until the view has this value."""
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
    async with client(served, read_bufsize=2**20) as http, http.get("/api/updates") as answer:
        assert answer.status == 200
        assert answer.content_type == "text/event-stream"
        yield Events(answer.content)


async def test_the_first_update_has_the_whole_state() -> None:
    async with serving({"front": {}, "back": {"enabled": False}}) as served, listening(served) as events:
        view = await events.next()
        assert set(view) == {"revision", "problems", "trouble", "events", "node", "cameras"}
        assert view["cameras"]["front"]["status"] == "running"
        assert view["cameras"]["back"]["status"] == "off"
        assert view["cameras"]["front"]["state"]["enabled"] == "ON"
        assert view["node"]["version"]


async def test_an_update_has_only_what_changed() -> None:
    async with serving() as served, listening(served) as events:
        await events.next()
        async with client(served) as http:
            await http.post("/api/cameras/front/set", json={"brightness": 0.75})
        change: dict[str, Any] = {}
        while "brightness" not in change.get("cameras", {}).get("front", {}).get("state", {}):
            change = await events.next()
        assert change["cameras"]["front"]["state"]["brightness"] == 0.75
        assert "revision" not in change
        assert "enabled" not in change["cameras"]["front"]["state"]


async def test_every_client_receives_a_change() -> None:
    async with serving() as served, listening(served) as one, listening(served) as two:
        served.front.set_image_quality(33)
        for events in (one, two):
            await events.until("cameras", "front", "state", "image_quality", value=33)


async def test_snapshots_viewers_and_problems_are_updated() -> None:
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
        served.registry.node.add_check(lambda: "the broker is away")
        served.registry.node.changed()
        await events.until("problems", value=["the broker is away"])


async def test_a_new_camera_changes_the_revision() -> None:
    async with serving() as served, listening(served) as events:
        before = (await events.next())["revision"]
        await served.add("back")
        async with client(served) as http:
            listing: dict[str, Any] = {}
            # The entities of the camera change once more when it runs: either may be newer for a moment.
            for quality in itertools.count(20):
                served.front.set_image_quality(quality)
                await events.until("cameras", "front", "state", "image_quality", value=quality)
                listing = await (await http.get("/api/cameras")).json()
                if listing["revision"] == events.view["revision"]:
                    break
        assert listing["revision"] != before
        assert {camera["id"] for camera in listing["cameras"]} == {"front", "back"}


async def test_a_client_that_reads_nothing_misses_updates_and_then_gets_the_latest() -> None:
    updates, size = 100, 200_000
    problems: list[str] = []
    async with serving(timing=Timing(coalesce=0)) as served:
        served.registry.node.add_check(lambda: problems[0] if problems else None)
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", served.server.port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=4 * size)
        writer.write(b"GET /api/updates HTTP/1.0\r\n\r\n")
        stalled = Events(reader)
        await stalled.next()
        # asyncio's reader would go on reading from the kernel.
        reading = cast("asyncio.Transport", writer.transport)
        reading.pause_reading()
        async with listening(served) as events:
            for n in range(updates):
                problems[:] = [f"{n} " + "x" * size]
                served.registry.node.changed()
                await events.until("problems", value=problems)
        assert events.count >= updates
        reading.resume_reading()
        await stalled.until("problems", value=problems)
        # Some megabytes were buffered on the way, the rest was never sent.
        assert stalled.count < updates / 2
        writer.transport.abort()


async def test_a_client_that_goes_on_reading_nothing_is_disconnected() -> None:
    async with serving(timing=Timing(stalled=0.5)) as served:
        served.registry.node.add_check(lambda: "x" * 200_000)
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", served.server.port))
            sock.sendall(b"GET /api/updates HTTP/1.0\r\n\r\n")
            await until(lambda: served.server.subscribers == 1, "the client")
            await until(lambda: served.server.subscribers == 0, "its end")


async def test_a_stream_without_changes_has_a_heartbeat() -> None:
    timing = Timing(heartbeat=0.05, refresh=60)
    async with (
        serving({}, timing=timing) as served,
        client(served) as http,
        http.get("/api/updates") as answer,
    ):
        beats = 0
        async with asyncio.timeout(PATIENCE):
            while beats < 4:
                if await answer.content.readline() == b"event: heartbeat\n":
                    assert await answer.content.readline() == b"data: 0.05\n"
                    beats += 1


def test_difference_is_what_is_new() -> None:
    old = {"a": 1, "b": {"c": 2, "d": None}, "e": [1]}
    assert difference(old, old) == {}
    assert difference({}, old) == old
    assert difference(old, {"a": 1, "b": {"c": 3, "d": None}, "e": []}) == {"b": {"c": 3}, "e": []}
    assert difference({"a": 1}, {"a": None, "b": None}) == {"a": None, "b": None}
