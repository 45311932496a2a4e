"""Photos over HTTP: taken by command, listed beside recordings, sent, kept and deleted."""

from __future__ import annotations

import aiohttp

from tests.recordings.made import NOON, recording
from tests.recordings.rig import tree
from tests.web.credentials import TOKEN, bearer, users
from tests.web.recorded import JSON, add, add_photo, get, opened, photo_bytes
from tests.web.serving import client, serving


async def listed(http: aiohttp.ClientSession, query: str = "") -> list[str]:
    return [file["id"] for file in (await get(http, f"/api/files?{query}"))["files"]]


async def test_lists_of_photos_and_recordings() -> None:
    async with opened() as (served, http):
        made = await add(served, recording(NOON + 5))
        first, second = await add_photo(served, NOON), await add_photo(served, NOON + 10, raw=True)
        other = await add_photo(served, NOON + 20, "yard")
        assert await listed(http) == [other.id, second.id, made.id, first.id]
        assert await listed(http, "camera=front") == [second.id, made.id, first.id]
        assert await listed(http, "type=photo&camera=front") == [second.id, first.id]
        assert await listed(http, "type=recording") == [made.id]
        assert await listed(http, "type=series") == []
        assert await listed(http, "type=photo,recording&limit=2") == [other.id, second.id]
        assert await listed(http, f"before={second.id}") == [made.id, first.id]
        assert await listed(http, "from=2026-11-29T12:00:10Z&to=2026-11-29T12:00:20Z") == [second.id]
        described = (await get(http, "/api/files?type=photo&camera=front&limit=1"))["files"][0]
        folder = "/files/front/2026-11-29/120010-photo"
        assert described == {
            "id": second.id,
            "camera": "front",
            "type": "photo",
            "name": "2026-11-29/120010-photo.jpg",
            "from": "2026-11-29T12:00:10.000+00:00",
            "seconds": None,
            "bytes": len(photo_bytes()) + 4,
            "keep": False,
            "url": f"{folder}.jpg",
            "width": 64,
            "height": 48,
            "raw": f"{folder}.dng",
        }
        assert (await get(http, f"/api/files?before={other.id}x", status=404))["error"]["field"] == "before"
        found = await served.library.get(second.id)
        assert found is None, "a photo is no event"


async def test_metadata_and_histogram_of_one() -> None:
    async with opened() as (served, http):
        photo, made = await add_photo(served, NOON), await add(served, recording(NOON + 5))
        found = await get(http, f"/api/files/{photo.id}")
        assert found["metadata"] == {"ExposureTime": 8000, "ScalerCrop": [0, 0, 64, 48]}
        assert (found["histogram"]["blue"], found["paused"]) == ([3] * 256, False)
        assert (await get(http, f"/api/files/{made.id}"))["type"] == "recording"
        assert (await get(http, "/api/files/p-0", status=404))["error"]["field"] == "file"


async def test_files_with_ranges() -> None:
    async with opened() as (served, http):
        photo = await add_photo(served, NOON, raw=True)
        for suffix, content_type, expected in (
            ("jpg", "image/jpeg", photo_bytes()),
            ("dng", "image/x-adobe-dng", b"II*\0"),
        ):
            async with http.get(f"/files/{photo.stem}.{suffix}") as answer:
                assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)
                assert await answer.read() == expected
        async with http.get(f"/files/{photo.stem}.jpg", headers={"Range": "bytes=2-5"}) as answer:
            assert (answer.status, await answer.read()) == (206, photo_bytes()[2:6])
        for name in (
            f"{photo.stem}.json",
            f"{photo.stem}-start.jpg",
            f"{photo.stem}.mp4",
            "front/x-photo.jpg",
        ):
            await get(http, f"/files/{name}", status=404)


async def test_favourites_and_deletion() -> None:
    async with opened() as (served, http):
        photo = await add_photo(served, NOON, raw=True)
        for keep in (True, False, True):
            async with http.post(f"/api/files/{photo.id}/keep", json={"keep": keep}) as answer:
                assert (answer.status, (await answer.json())["keep"]) == (200, keep)
            assert (await get(http, f"/api/files/{photo.id}"))["keep"] is keep
        again = await get(http, f"/api/files/{photo.id}")
        assert again["histogram"], "it stays in the sidecar"
        async with http.post("/api/files/p-0/keep", data=b'{"keep": true}', headers=JSON) as answer:
            assert answer.status == 404
        async with http.delete(f"/files/{photo.stem}.dng") as answer:
            assert answer.status == 404
        async with http.delete(f"/files/{photo.stem}.jpg") as answer:
            assert answer.status == 200
        assert (await listed(http), tree(served.library.path)) == ([], [])
        async with http.delete(f"/files/{photo.stem}.jpg") as answer:
            assert answer.status == 404


async def test_the_command_has_the_address_of_the_file_which_needs_no_login() -> None:
    async with serving(**users()) as served, client(served) as http:
        served.registry.node.page = f"{served.url}/"
        async with http.post(
            "/api/cameras/front/cmd/photo", json={"type": "png"}, headers=bearer(TOKEN)
        ) as answer:
            result = await answer.json()
            assert answer.status == 200, result
        assert (result["ok"], result["file"].endswith("-photo.png")) == (True, True)
        async with http.get(result["url"]) as answer:
            data = await answer.read()
            assert (answer.status, answer.headers["Content-Type"]) == (200, "image/png")
            assert data == (served.library.path / result["file"]).read_bytes()
        async with http.get(f"/files/{result['file']}") as answer:
            assert answer.status == 401
