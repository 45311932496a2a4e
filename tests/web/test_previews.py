"""Smaller versions of stored pictures over HTTP: `?width=`."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from PIL import Image

from mqttcam.web import previews
from mqttcam.web.previews import Previews
from tests.imaging.odd_jpegs import picture, saved
from tests.recordings.made import NOON, recording
from tests.support.pictures import claiming, jpeg, size_of
from tests.support.waiting import PATIENCE
from tests.web.credentials import users
from tests.web.recorded import add, add_photo, get, opened
from tests.web.serving import Served, client, serving

PHOTO = jpeg(640, 480)


async def photo_of(served: Served, data: bytes, suffix: str = ".jpg") -> Path:
    """Save a photo with this content, and return the path of its picture."""
    photo = await add_photo(served, NOON, raw=True)
    path = served.library.path / f"{photo.stem}.jpg"
    path.write_bytes(data)
    return path.rename(path.with_suffix(suffix))


def address(served: Served, path: Path) -> str:
    return f"/files/{path.relative_to(served.library.path)}"


async def test_a_photo_in_the_width_that_is_needed() -> None:
    async with opened() as (served, http):
        url = address(served, await photo_of(served, PHOTO))
        async with http.get(f"{url}?width=320", headers={"Range": "bytes=0-1"}) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
            data = await answer.read()
            assert size_of(data) == (320, 240)
            assert answer.headers["Cache-Control"] == "private, max-age=3600"
            tag = answer.headers["ETag"]
        async with http.head(f"{url}?width=320&download") as answer:
            assert (answer.status, int(answer.headers["Content-Length"])) == (200, len(data))
            assert answer.headers["Content-Disposition"].startswith("attachment")
        async with http.get(f"{url}?width=320", headers={"If-None-Match": tag}) as answer:
            assert (answer.status, await answer.read(), answer.headers["ETag"]) == (304, b"", tag)
        for other in ("", "?width=160"):
            async with http.get(f"{url}{other}", headers={"If-None-Match": tag}) as answer:
                assert (answer.status, answer.headers["ETag"] != tag) == (200, True)
        for enough in (640, 16384):
            async with http.get(f"{url}?width={enough}") as answer:
                assert await answer.read() == PHOTO, "as it is"


async def test_every_kind_of_stored_picture() -> None:
    async with serving() as served, client(served) as http:
        made = await add(served, recording(NOON + 60, pictures=("best",)))
        (served.library.path / f"{made.stem}.jpg").write_bytes(PHOTO)
        series = served.library.path / "front/series/garden/2026-11-29T193012.345Z.jpg"
        series.parent.mkdir(parents=True)
        series.write_bytes(PHOTO)
        png = await photo_of(served, saved(picture(640, 480), "PNG"), ".png")
        async with http.post("/api/cameras/front/cmd/snapshot") as answer:
            assert answer.status == 200
        (snapshot,) = (await get(http, "/api/cameras/front/snapshots"))["snapshots"]
        for url in (
            f"/events/{made.id}/picture.jpg",
            address(served, series),
            address(served, png),
            snapshot["url"],
        ):
            async with http.get(f"{url}?width=160") as answer:
                assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg"), url
                assert size_of(await answer.read()) == (160, 120), url
                if url.endswith(".png"):
                    assert answer.headers["Content-Disposition"].endswith('-photo.jpg"')
            assert (await get(http, f"{url}?width=0", 400))["error"]["field"] == "width"
        async with http.get(f"{snapshot['url']}?width=320") as answer:
            assert (size_of(await answer.read()), answer.headers["Cache-Control"][-9:]) == (
                (320, 240),
                "immutable",
            )


@pytest.mark.parametrize("width", ["", "0", "15", "16385", "-320", "320.5", "1e9", "inf", "wide", "[]"])
async def test_a_width_that_is_not_allowed(width: str) -> None:
    async with opened() as (served, http):
        url = address(served, await photo_of(served, PHOTO))
        error = (await get(http, f"{url}?width={width}", 400))["error"]
        assert (error["code"], error["field"]) == ("invalid_value", "width")
        assert error["allowed"] == {"min": 16, "max": 16384}


async def test_what_is_no_picture_has_no_width() -> None:
    async with opened() as (served, http):
        made = await add(served, recording(NOON))
        photo = await add_photo(served, NOON + 60, raw=True)
        for url in (f"/events/{made.id}/clip.mp4", f"/files/{photo.stem}.dng"):
            error = (await get(http, f"{url}?width=320", 400))["error"]
            assert (error["field"], "JPEG and PNG" in error["message"]) == ("width", True)


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", PHOTO[:3000], claiming(16000, 16000), saved(Image.new("1", (8192, 8192)), "PNG")],
)
async def test_a_broken_or_huge_picture_is_refused_in_words(data: bytes) -> None:
    async with opened() as (served, http):
        url = address(served, await photo_of(served, data))
        error = (await get(http, f"{url}?width=320", 422))["error"]
        assert error["code"] == "invalid_picture"
        assert error["message"].startswith("the picture cannot be made smaller: ")


async def test_a_huge_file_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "_MAX_BYTES", 1000)
    async with opened() as (served, http):
        url = address(served, await photo_of(served, PHOTO))
        assert "more than 1000 bytes" in (await get(http, f"{url}?width=320", 422))["error"]["message"]


async def test_a_picture_that_vanishes_or_is_no_file() -> None:
    async with opened() as (served, http):
        path = await photo_of(served, PHOTO)
        path.unlink()
        await get(http, f"{address(served, path)}?width=320", 404)
        os.mkfifo(path)
        await get(http, f"{address(served, path)}?width=320", 404)


async def test_a_shared_address_has_smaller_versions_too() -> None:
    async with serving({}, **users()) as served, client(served) as http:
        path = await photo_of(served, PHOTO)
        signed = served.server._context.addresses.sign(address(served, path)[1:])
        async with http.get(f"/{signed}&width=320") as answer:
            assert size_of(await answer.read()) == (320, 240)
        await get(http, f"{address(served, path)}?width=320", 401)


class Slow:
    """Makes previews only when it may, and counts how many at a time."""

    def __init__(self) -> None:
        self.may_end = threading.Event()
        self.lock = threading.Lock()
        self.running = self.most = self.made = 0

    def __call__(self, data: bytes, _width: int) -> bytes:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        assert self.may_end.wait(PATIENCE)
        with self.lock:
            self.running -= 1
            self.made += 1
        return data


async def until_running(slow: Slow, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while slow.running < count:
            await asyncio.sleep(0.01)


async def test_a_few_are_made_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "preview", slow := Slow())
    made = Previews()
    tasks = [asyncio.create_task(made.of(b"picture", 320)) for _ in range(6)]
    await until_running(slow, 2)
    slow.may_end.set()
    assert await asyncio.gather(*tasks) == [b"picture"] * 6
    assert (slow.most, slow.made) == (2, 6)


async def test_a_client_that_leaves_keeps_its_place_until_the_thread_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(previews, "preview", slow := Slow())
    made = Previews()
    leaving = [asyncio.create_task(made.of(b"picture", 320)) for _ in range(2)]
    await until_running(slow, 2)
    waiting = [asyncio.create_task(made.of(b"picture", 320)) for _ in range(3)]
    for task in (*leaving, waiting[0]):
        task.cancel()
    await asyncio.wait(waiting[:1])
    for _ in range(5):
        await asyncio.sleep(0)
    assert not any(task.done() for task in leaving), "nobody takes their places"
    slow.may_end.set()
    assert await asyncio.gather(*waiting[1:]) == [b"picture"] * 2
    await asyncio.wait(leaving)
    assert all(task.cancelled() for task in leaving)
    assert (slow.most, slow.made) == (2, 4), "who left while waiting needs none"
