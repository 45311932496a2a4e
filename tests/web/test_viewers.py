"""Who is watching now, at which rate, and closing a connection."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web

from mqttcam.devices.camera import CameraDevice
from mqttcam.web.connected_viewers import ConnectedViewers
from mqttcam.web.places import Holder
from tests.support.waiting import until
from tests.web.credentials import basic, users
from tests.web.serving import Served, client, serving, watching

DEVICE = cast("CameraDevice", SimpleNamespace(id="front"))


async def viewers(http: aiohttp.ClientSession) -> list[dict[str, Any]]:
    answer = await http.get("/api/viewers")
    assert answer.status == 200
    return cast("list[dict[str, Any]]", (await answer.json())["viewers"])


def test_the_rate_is_measured_between_two_looks() -> None:
    clock = [100.0]
    known = ConnectedViewers(lambda: clock[0])
    stream = SimpleNamespace(sent=7, bytes_sent=1000)
    request = cast("web.Request", SimpleNamespace(transport=None))
    with known.join(request, Holder(1, "anna"), "192.0.2.7", DEVICE) as viewer:
        (before,) = known.describe()
        assert (before["user"], before["address"], before["camera"]) == ("anna", "192.0.2.7", "front")
        assert (before["stream"], before["fps"]) == (None, None)
        viewer.use("mjpeg", stream)
        clock[0] += 2
        stream.sent, stream.bytes_sent = 37, 251_000
        (found,) = known.describe()
        assert (found["stream"], found["fps"], found["kbps"]) == ("mjpeg", 15.0, 1000.0)
        clock[0] += 0.1
        (again,) = known.describe()
        assert (again["fps"], again["kbps"]) == (15.0, 1000.0)
        clock[0] += 1.9
        (still,) = known.describe()
        assert (still["fps"], still["kbps"]) == (0.0, 0.0)
    assert known.describe() == []


def test_an_address_is_no_user() -> None:
    known = ConnectedViewers()
    request = cast("web.Request", SimpleNamespace(transport=None))
    with known.join(request, Holder(0, "2001:db8::/64"), "2001:db8::5", DEVICE):
        (found,) = known.describe()
    assert (found["user"], found["address"]) == (None, "2001:db8::5")


async def test_each_kind_of_stream_is_listed_and_can_be_disconnected() -> None:
    cameras = {"front": {"motion": True}}
    async with serving(cameras) as served, client(served) as http:
        async with watching(served, "/cameras/front/stream.mjpg") as parts:
            await parts.next()
            (found,) = await viewers(http)
            assert (found["stream"], found["camera"], found["address"]) == ("mjpeg", "front", "127.0.0.1")
            assert found["user"] is None
            await until_measured(http)
            assert (await http.delete(f"/api/viewers/{found['id']}")).status == 200
            await parts.end()
        await gone(http)
        for address, kind in (
            ("cameras/front/live?mode=jpeg", "pictures"),
            ("api/cameras/front/motion", "motion"),
        ):
            async with http.ws_connect(f"/{address}") as socket:
                await socket.receive()
                (found,) = await viewers(http)
                assert found["stream"] == kind
            await gone(http)
        assert (await http.delete("/api/viewers/0")).status == 404


async def until_measured(http: aiohttp.ClientSession) -> None:
    while not ((found := await viewers(http))[0]["fps"] and found[0]["kbps"]):
        await asyncio.sleep(0.05)


async def gone(http: aiohttp.ClientSession) -> None:
    while await viewers(http):
        await asyncio.sleep(0.01)


async def test_admins_see_users_by_name_and_viewers_see_nobody() -> None:
    async with serving(trusted_proxies=["127.0.0.1"], **users()) as served:
        headers = basic("otto", "right") | {"X-Forwarded-For": "203.0.113.9"}
        async with (
            client(served, headers=headers) as otto,
            client(served, headers=basic("anna", "right")) as anna,
            otto.get("/stream.mjpg") as stream,
        ):
            assert stream.status == 200
            await listed(served)
            (found,) = await viewers(anna)
            assert (found["user"], found["address"]) == ("otto", "203.0.113.9")
            assert (await otto.get("/api/viewers")).status == 403
            assert (await otto.delete(f"/api/viewers/{found['id']}")).status == 403


async def listed(served: Served) -> None:
    await until(lambda: served.server.viewers)


async def test_video_is_listed_with_its_rate() -> None:
    pytest.importorskip("av")
    async with serving() as served, client(served) as http:
        async with http.get("/cameras/front/stream.ts") as stream:
            await stream.content.readany()
            await until_measured(http)
            (found,) = await viewers(http)
            assert found["stream"] == "mpegts"
        await gone(http)
