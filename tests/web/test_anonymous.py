"""`anonymous: live`: everyone sees live pictures, and nothing else."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from mqttcam.web import routes
from mqttcam.web.authorization import Permission
from tests.support.pictures import size_of
from tests.support.waiting import PATIENCE
from tests.web.browser import Page
from tests.web.credentials import CHANGE, TOKEN, basic, bearer, status, users
from tests.web.serving import Served, client, serving, serving_in_thread, watching

PICTURES = ("/cameras/front/snapshot.jpg", "/photo_feed", "/photo_feed2")
STREAMS = ("/cameras/front/stream.mjpg", "/stream.mjpg", "/video_feed", "/video_feed2")
VIDEO = "/cameras/front/stream.ts"
LIVE = "/cameras/front/live"  # a WebSocket
OPEN = {*PICTURES, *STREAMS, VIDEO, "/api/live", "/healthz", "/", "/index.html", "/static/app.js"}
TWO: dict[str, dict[str, Any]] = {"front": {}, "back": {"size": "160x120"}}


def known_paths() -> set[str]:
    """Every path for GET, with the first camera."""
    paths = {path.replace("{camera:[a-z0-9_-]+}", "front") for path in routes._GET}
    paths = {re.sub(r"\{(snapshot|event|file):[^{}]+\}", "1", path) for path in paths}
    examples = {"{file}": "app.js", "{name:.+}": "2026-11-29/1.mp4", "{name}": "a.json"}
    return {re.sub("{file}|{name.*}", lambda found: examples[found[0]], path) for path in paths}


@pytest.mark.parametrize("web", [users(), {}], ids=["with users", "without users"])
async def test_pictures_are_for_everyone_and_nothing_else_is(web: dict[str, Any]) -> None:
    async with serving(TWO, anonymous="live", **web) as served:
        for path in STREAMS:
            async with watching(served, path) as parts:
                assert size_of((await parts.next()).jpeg)
        for path in known_paths() - set(STREAMS):
            expected = 426 if path == LIVE else 200 if path in OPEN else 401
            assert await status(served, path) == expected, path
        for path in (CHANGE, "/api/cameras/front/cmd/snapshot", "/api/node/cmd/restart"):
            assert await status(served, path, json={}) == 401
        await shows_what_streams_need_alone(served)


async def shows_what_streams_need_alone(served: Served) -> None:
    async with client(served) as http:
        listing = await (await http.get("/api/live")).json()
        assert set(listing) == {"time", "cameras"}
        assert abs(listing["time"] - time.time()) < PATIENCE
        assert listing["cameras"] == [
            {"id": "front", "name": "Front", "status": "running", "width": 320, "height": 240},
            {"id": "back", "name": "Back", "status": "running", "width": 160, "height": 120},
        ]
        health = await (await http.get("/healthz", headers={"X-Forwarded-For": "203.0.113.1"})).json()
        assert health == {"ok": True}


async def test_by_default_no_picture_is_for_everyone() -> None:
    async with serving(TWO, **users()) as served:
        for path in (*PICTURES, *STREAMS, "/api/live"):
            assert await status(served, path) == 401, path


async def test_users_may_do_what_they_may_otherwise() -> None:
    async with serving(anonymous="live", **users()) as served:
        assert await status(served, CHANGE, bearer(TOKEN), json={}) == 200
        assert await status(served, CHANGE, basic("otto", "right"), json={}) == 403
        assert await status(served, "/api/cameras", basic("otto", "right")) == 200


async def test_another_site_cannot_read_the_pictures_by_its_own_name() -> None:
    async with serving(anonymous="live", **users()) as served:
        assert await status(served, "/photo_feed", {"Host": "evil.example"}) == 403


def test_live_pictures_are_all_that_is_live() -> None:
    live = {path for path, (_, permission) in routes._GET.items() if permission is Permission.LIVE}
    assert {path.replace("{camera:[a-z0-9_-]+}", "front") for path in live} == {
        *PICTURES,
        *STREAMS,
        VIDEO,
        LIVE,
        "/api/live",
    }
    assert all(permission is not Permission.LIVE for _, permission in routes._POST.values())


def test_the_page_shows_the_pictures_and_a_way_to_log_in(page: Page) -> None:
    cameras = {"front": {"name": "Front door"}, "back": {"name": "Back yard"}}
    with serving_in_thread(cameras, anonymous="live", **users()) as (served, _loop):
        page.open(served.url)
        page.until(lambda: len(page.all(".tile .stage[data-status=running]")) == 2, "both cameras")
        assert page.moves()
        assert [tile.text for tile in page.all(".tilename")] == ["Front door", "Back yard"]
        assert not page.all("[data-key], .tile .tools")
        page.find("main .button").click()
        page.find("#login-name").send_keys("anna")
        page.find("#login-password").send_keys("right\n")
        page.until(lambda: len(page.all("#tabs a")) == 3, "the tabs of a user")
        page.driver.delete_all_cookies()


def test_a_link_with_a_token_logs_in_and_the_token_leaves_the_address(page: Page) -> None:
    with serving_in_thread(anonymous="live", **users()) as (served, _loop):
        page.open(f"{served.url}#token=of-a-link-that-is-old")
        page.find("main .button")
        assert page.text("main .button") == "Log in"
        page.script("location.hash = `#token=${arguments[0]}`", TOKEN)
        page.field("brightness")
        assert page.driver.current_url == f"{served.url}/"
        page.driver.refresh()
        page.field("brightness")
        page.driver.delete_all_cookies()


async def test_a_stream_that_needs_no_login_is_told_from_one_that_does() -> None:
    """A browser asks for no password where none is needed."""
    async with serving(anonymous="live", **users()) as served, client(served) as http:
        async with http.get("/stream.mjpg") as answer:
            assert "WWW-Authenticate" not in answer.headers
        async with http.get("/api/cameras", headers=basic("anna", "wrong")) as answer:
            assert answer.status == 401
