"""Clips, pictures and files of recordings over HTTP."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest

from mqttcam.web.disk_threads import DiskThreads
from mqttcam.web.errors import ApiError
from mqttcam.web.timing import Timing
from tests.recordings.made import NOON, recording
from tests.support.waiting import PATIENCE
from tests.web.recorded import VIDEO, add, get, opened
from tests.web.serving import client, serving


@pytest.mark.parametrize(
    ("asked", "status", "expected"),
    [
        (None, 200, VIDEO),
        ("bytes=0-1", 206, VIDEO[:2]),  # the first request of Safari
        ("bytes=100-199", 206, VIDEO[100:200]),
        ("bytes=255990-", 206, VIDEO[255990:]),
        ("bytes=-10", 206, VIDEO[-10:]),
        ("bytes=0-999999999", 206, VIDEO),
        ("bytes=256000-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=5-1", 200, VIDEO),
        ("bytes=0-1,5-6", 200, VIDEO),
        ("lines=1-2", 200, VIDEO),
    ],
)
async def test_ranges(asked: str | None, status: int, expected: bytes | None) -> None:
    async with opened() as (served, http):
        made = await add(served, recording(NOON))
        path = f"/events/{made.id}/clip.mp4"
        async with http.get(path, headers={"Range": asked} if asked else {}) as answer:
            data = await answer.read()
            assert answer.status == status
            if expected is None:
                assert answer.headers["Content-Range"] == "bytes */256000"
                return
            assert data == expected
            assert answer.headers["Accept-Ranges"] == "bytes"
            assert answer.headers["Content-Type"] == "video/mp4"
            if status == 206:
                begin = VIDEO.index(expected) if len(expected) > 5 else 0
                if asked not in ("bytes=100-199", "bytes=255990-", "bytes=-10"):
                    assert (
                        answer.headers["Content-Range"] == f"bytes {begin}-{begin + len(expected) - 1}/256000"
                    )


async def test_head_conditional_requests_and_downloads() -> None:
    async with opened() as (served, http):
        made = await add(served, recording(NOON))
        path = f"/events/{made.events[0].id}/clip.mp4"
        async with http.head(path) as answer:
            assert (answer.status, answer.headers["Content-Length"]) == (200, "256000")
            assert answer.headers["Cache-Control"] == "private, max-age=3600"
            assert answer.headers["Content-Disposition"].startswith('inline; filename="front-2026')
            etag, modified = answer.headers["ETag"], answer.headers["Last-Modified"]
        async with http.head(path, headers={"Range": "bytes=0-1"}) as answer:
            assert (answer.status, answer.headers["Content-Length"]) == (206, "2")
        async with http.get(path, headers={"If-None-Match": etag}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
        for unchanged in (etag, modified):
            async with http.get(path, headers={"Range": "bytes=0-1", "If-Range": unchanged}) as answer:
                assert answer.status == 206
        async with http.get(path, headers={"Range": "bytes=0-1", "If-Range": '"another"'}) as answer:
            assert (answer.status, len(await answer.read())) == (200, 256000)
        async with http.get(f"{path}?download") as answer:
            assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_files() -> None:
    async with opened() as (served, http):
        made = await add(served, recording(NOON, pictures=("best",)))
        await add(served, recording(NOON + 60, "back"))
        (found,) = (await get(http, "/api/files?camera=front&type=recording"))["files"]
        assert found == {
            "id": made.id,
            "camera": "front",
            "type": "recording",
            "name": "2026-11-29/120000-motion.mp4",
            "from": "2026-11-29T12:00:00.000+00:00",
            "seconds": 10.0,
            "bytes": 1000,
            "keep": False,
            "url": "/files/front/2026-11-29/120000-motion.mp4",
        }
        assert len((await get(http, f"/api/files?before={made.id}"))["files"]) == 0
        assert (await get(http, "/api/files?type=photo,series")) == {"files": []}
        error = (await get(http, "/api/files?type=film", 400))["error"]
        assert error["allowed"] == ["photo", "recording", "series"]
        async with http.get(found["url"]) as answer:
            assert await answer.read() == VIDEO
        async with http.get(found["url"].replace(".mp4", ".jpg")) as answer:
            assert answer.headers["Content-Type"] == "image/jpeg"
        async with http.delete(found["url"]) as answer:
            assert answer.status == 200
        async with http.delete(found["url"]) as answer:
            assert answer.status == 404
        assert [event["camera"] for event in (await get(http, "/api/events"))["events"]] == ["back"]


@pytest.mark.parametrize(
    "name",
    [
        "../../web.key",
        "..%2f..%2fweb.key",
        "%2e%2e/%2e%2e/web.key",
        "2026-11-29/..%2f..%2f..%2fweb.key",
        "2026-11-29/120000-motion.json",
        "2026-11-29/.120000-motion.mp4",
        "2026-11-29/120000-motion.mp4%00.jpg",
        "2026-11-29//120000-motion.mp4",
        "%2fetc/passwd",
        "2026-11-29",
    ],
)
async def test_no_other_file_can_be_reached(name: str) -> None:
    async with opened() as (served, _http):
        await add(served, recording(NOON))
        for method in (b"GET", b"DELETE"):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
            writer.write(method + f" /files/front/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            assert (await reader.readline()).split()[1] in (b"404", b"400", b"405")
            writer.close()
        assert (served.directory / "web.key").exists()


async def test_links_in_the_place_of_files_and_pipes() -> None:
    """What was put there by hand is not sent if it is no file, and hangs nothing."""

    async with opened() as (served, http):
        made = await add(served, recording(NOON))
        path = served.library.path / f"{made.stem}.mp4"
        path.unlink()
        os.mkfifo(path)
        await get(http, f"/events/{made.id}/clip.mp4", 404)


async def test_a_client_that_reads_nothing_is_disconnected() -> None:

    async with serving({}, timing=Timing(stalled=0.2)) as served:
        made = await add(served, recording(NOON), bytes(20_000_000))
        reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port, limit=1)
        writer.write(f"GET /events/{made.id}/clip.mp4 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        context = served.server._context
        while not len(context.requests):
            await asyncio.sleep(0.01)
        async with asyncio.timeout(PATIENCE):
            while len(context.requests):
                await asyncio.sleep(0.02)
        writer.close()
        del reader


async def test_symbolic_links_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"password")
    async with opened() as (served, http):
        made = await add(served, recording(NOON, pictures=("best",)))
        other = await add(served, recording(NOON + 86400))
        folder = served.library.path
        for ending in (".mp4", ".jpg"):
            (folder / f"{made.stem}{ending}").unlink()
            (folder / f"{made.stem}{ending}").symlink_to(secret)
        (folder / "front" / "2026-11-30").rename(tmp_path / "elsewhere")
        (folder / "front" / "2026-11-30").symlink_to(tmp_path / "elsewhere")
        paths = [f"/files/{made.stem}.mp4", f"/files/{made.stem}.jpg", f"/files/{other.stem}.mp4"]
        paths += [
            f"/events/{made.id}/picture.jpg",
            f"/events/{other.id}/clip.mp4",
            f"/events/{made.id}/clip.mp4",
        ]
        for path in paths:
            async with http.get(path) as answer:
                assert answer.status == 404
                assert b"password" not in await answer.read()
        async with http.delete(f"/files/{other.stem}.mp4") as answer:
            assert answer.status in (404, 503)
        assert (tmp_path / "elsewhere" / f"{Path(other.stem).name}.mp4").exists()


async def test_a_disk_that_does_not_answer_is_an_error_in_time() -> None:

    async with serving({}, timing=Timing(disk=0.2)) as served, client(served) as http:
        made = await add(served, recording(NOON))
        release = threading.Event()
        for thread in served.server._context.disk._threads:
            thread.call(release.wait)
        error = await get(http, f"/events/{made.id}/clip.mp4", 503)
        assert "does not answer" in error["error"]["message"]
        async with http.get("/static/app.js") as answer:
            assert answer.status == 200
        release.set()
        async with http.get(f"/events/{made.id}/clip.mp4") as answer:
            assert answer.status == 200


async def test_requests_do_not_pile_up_while_the_disk_does_not_answer(tmp_path: Path) -> None:
    disk, release = DiskThreads(timeout=30), threading.Event()
    try:
        for thread in disk._threads:
            thread.call(release.wait)
            for _ in range(1000):
                thread.call(lambda: None)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ApiError, match="does not answer"):
                await disk.open(tmp_path, tmp_path / "clip.mp4")
    finally:
        release.set()
        disk.stop()
