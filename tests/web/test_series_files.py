"""The pictures and videos of series over HTTP: listed, sent, deleted."""

from __future__ import annotations

import asyncio

from mqttcam.recordings.series_favourites import FAVOURITES, read_favourites
from tests.recordings.made import NOON, recording
from tests.support.pictures import jpeg
from tests.web.recorded import add, get, opened


async def test_files_of_series_are_listed_sent_and_deleted() -> None:
    async with opened() as (served, http):
        assert served.library is not None
        folder = served.library.path / "front/series/garden"
        folder.mkdir(parents=True)
        picture = jpeg(64, 48)
        for name, data in {
            "2026-11-29T193012.345Z.jpg": picture,
            "2026-11-29T194012.000Z.jpg": picture,
            "2026-11-29T193012.345Z.mp4": b"\0" * 100,
            "2026-11-29T195012.000Z.jpg.part": picture,
            "series.json": b"{}",
        }.items():
            (folder / name).write_bytes(data)
        made = await add(served, recording(NOON))
        files = (await get(http, "/api/files?type=series"))["files"]
        assert [one["name"] for one in files] == [
            "series/garden/2026-11-29T194012.000Z.jpg",
            "series/garden/2026-11-29T193012.345Z.mp4",
            "series/garden/2026-11-29T193012.345Z.jpg",
        ]
        assert files[0] == {
            "id": files[0]["id"],
            "camera": "front",
            "type": "series",
            "series": "garden",
            "name": "series/garden/2026-11-29T194012.000Z.jpg",
            "from": "2026-11-29T19:40:12.000+00:00",
            "seconds": None,
            "bytes": len(picture),
            "keep": False,
            "url": files[0]["url"],
        }
        first = (await get(http, "/api/files?type=series&limit=2"))["files"]
        more = (await get(http, f"/api/files?type=series&before={first[-1]['id']}"))["files"]
        assert first + more == files
        every = (await get(http, "/api/files?type=recording,series"))["files"]
        assert made.id in [one["id"] for one in every]
        assert len(every) == 4
        async with http.get("/api/files?before=99999999999999-p00000000") as answer:
            assert (answer.status, (await answer.json())["error"]["field"]) == (404, "before")
        async with http.get(files[0]["url"]) as answer:
            assert (answer.status, await answer.read()) == (200, picture)
            assert answer.headers["Content-Type"] == "image/jpeg"
        async with http.get(files[1]["url"], headers={"Range": "bytes=0-9"}) as answer:
            assert (answer.status, len(await answer.read())) == (206, 10)
            assert "max-age" not in answer.headers["Cache-Control"], "it grows"
        async with http.get("/files/front/series/garden/series.json") as answer:
            assert answer.status == 404
        (served.library.path / "gone/series/yard").mkdir(parents=True)
        (served.library.path / "gone/series/yard/2026-11-29T193012.345Z.jpg").write_bytes(picture)
        await asyncio.wrap_future(served.library.measure_series())
        (gone,) = (await get(http, "/api/files?camera=gone"))["files"]
        assert gone["url"].startswith("/files/gone/"), "also of a camera that is not configured any more"
        async with http.delete(gone["url"]) as answer:
            assert answer.status == 200
        async with http.delete(files[0]["url"]) as answer:
            assert answer.status == 200
        async with http.delete(files[0]["url"]) as answer:
            assert answer.status == 404
        assert not (folder / "2026-11-29T194012.000Z.jpg").exists()
        assert served.library.series_bytes == 2 * len(picture) + 102, "it makes room at once"


async def test_files_of_series_are_made_favourites() -> None:
    async with opened() as (served, http):
        folder = served.library.path / "front/series/garden"
        folder.mkdir(parents=True)
        for number in range(3):
            (folder / f"2026-11-29T19301{number}.000Z.jpg").write_bytes(jpeg(64, 48))
        (folder / "2026-11-29T193010.000Z.mp4").write_bytes(b"video")
        files = (await get(http, "/api/files?type=series"))["files"]
        for number in (0, 3):
            async with http.post(f"/api/files/{files[number]['id']}/keep", json={"keep": True}) as answer:
                assert (answer.status, await answer.json()) == (200, files[number] | {"keep": True})
        kept = [one["keep"] for one in (await get(http, "/api/files?type=series"))["files"]]
        assert kept == [True, False, False, True]
        assert [one["keep"] for one in (await get(http, "/api/timeline?type=series"))["entries"]] == kept
        assert (await get(http, f"/api/files/{files[0]['id']}"))["keep"] is True
        async with http.delete(files[3]["url"]) as answer:
            assert answer.status == 200, "by hand"
        async with http.post(f"/api/files/{files[3]['id']}/keep", json={"keep": True}) as answer:
            assert (answer.status, (await answer.json())["error"]["field"]) == (404, "file")
        async with http.post(f"/api/files/{files[0]['id']}/keep", json={"keep": False}) as answer:
            assert (await answer.json())["keep"] is False
        assert read_favourites(folder) == frozenset()
        (folder / FAVOURITES).write_bytes(b"{")
        async with http.post(f"/api/files/{files[0]['id']}/keep", json={"keep": True}) as answer:
            assert (answer.status, "list of names" in (await answer.json())["error"]["message"]) == (
                503,
                True,
            )
