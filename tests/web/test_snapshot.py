"""The next frame, the last snapshots, HEAD, and caching."""

from __future__ import annotations

import time

import pytest

from mqttcam.web.placeholder import placeholder
from tests.support.pictures import size_of
from tests.web.serving import client, serving


async def test_a_snapshot_is_taken_after_the_request() -> None:
    async with serving() as served, client(served) as http:
        asked = time.time()
        answer = await http.get("/cameras/front/snapshot.jpg")
        jpeg = await answer.read()
        assert answer.status == 200
        assert answer.content_type == "image/jpeg"
        assert int(answer.headers["Content-Length"]) == len(jpeg)
        assert size_of(jpeg) == (320, 240)
        assert float(answer.headers["X-Timestamp"]) > asked
        assert answer.headers["Cache-Control"] == "no-store"


async def test_width_and_quality() -> None:
    async with serving() as served, client(served) as http:
        small = await (await http.get("/photo_feed?width=160")).read()
        assert size_of(small)[0] <= 160
        coarse = await (await http.get("/photo_feed?quality=5")).read()
        fine = await (await http.get("/photo_feed?quality=95")).read()
        assert len(coarse) < len(fine)


@pytest.mark.parametrize(
    "path", ["/", "/cameras/front/snapshot.jpg", "/stream.mjpg", "/api/cameras", "/healthz"]
)
async def test_head_is_get_without_the_body(path: str) -> None:
    async with serving() as served, client(served) as http:
        head = await http.head(path)
        assert served.server.viewers == 0
        async with http.get(path) as get:
            assert head.status == get.status == 200
            assert head.content_type == get.content_type
        assert await head.read() == b""


async def test_an_unavailable_camera_returns_the_placeholder() -> None:
    async with serving({"front": {"enabled": False}}) as served, client(served) as http:
        answer = await http.get("/cameras/front/snapshot.jpg")
        assert answer.status == 503
        assert await answer.read() == placeholder()
        assert answer.headers["X-Reason"]
        assert answer.headers["Cache-Control"] == "no-store"


async def test_an_unknown_camera_is_404_with_the_known_ones() -> None:
    async with serving({"front": {}, "back": {}}) as served, client(served) as http:
        for path in ("/cameras/nope/snapshot.jpg", "/cameras/nope/stream.mjpg", "/api/cameras/nope/state"):
            answer = await http.get(path)
            assert answer.status == 404
            assert (await answer.json())["error"]["allowed"] == ["back", "front"]


async def test_snapshots_by_command_are_listed_newest_first() -> None:
    async with serving(history=3) as served, client(served) as http:
        for _ in range(4):
            assert (await http.post("/api/cameras/front/cmd/snapshot")).status == 200
        kept = (await (await http.get("/api/cameras/front/snapshots")).json())["snapshots"]
        assert len(kept) == 3
        assert [item["ts"] for item in kept] == sorted((item["ts"] for item in kept), reverse=True)
        answer = await http.get(kept[0]["url"])
        jpeg = await answer.read()
        assert len(jpeg) == kept[0]["bytes"]
        assert size_of(jpeg) == (kept[0]["width"], kept[0]["height"])
        assert "immutable" in answer.headers["Cache-Control"]
        gone = await http.get("/cameras/front/snapshots/1.jpg")
        assert gone.status == 404
        assert (await gone.json())["error"]["allowed"] == [item["id"] for item in kept]


async def test_snapshots_taken_elsewhere_are_kept_too() -> None:
    async with serving() as served, client(served) as http:
        await served.add("back", size="160x120")
        await served.registry.devices["back"].take_snapshot(served.front.image_spec, None)
        kept = (await (await http.get("/api/cameras/back/snapshots")).json())["snapshots"]
        assert [item["width"] for item in kept] == [160]


async def test_the_page_and_its_files_are_revalidated() -> None:
    async with serving() as served, client(served) as http:
        for path, content_type in {
            "/": "text/html",
            "/index.html": "text/html",
            "/static/app.js": "text/javascript",
            "/static/base.css": "text/css",
            "/static/icon.svg": "image/svg+xml",
            "/static/manifest.webmanifest": "application/manifest+json",
        }.items():
            answer = await http.get(path)
            assert answer.status == 200
            assert answer.content_type == content_type
            assert answer.headers["Cache-Control"] == (
                "no-store" if content_type == "text/html" else "no-cache"
            )
            again = await http.get(path, headers={"If-None-Match": answer.headers["ETag"]})
            assert again.status == 304
        for path in ("/static/index.html", "/static/../server.py", "/static/%2e%2e%2fserver.py", "/static/x"):
            assert (await http.get(path)).status == 404
