"""Links to clips and pictures that need no login and expire."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.recordings.made import NOON, recording
from tests.support.pictures import jpeg
from tests.web.credentials import TOKEN, basic, bearer, users
from tests.web.recorded import VIDEO, add, add_photo, get, opened, photo_bytes

ADMIN = bearer(TOKEN)


async def share(http: aiohttp.ClientSession, path: str, status: int = 200, **body: object) -> Any:
    async with http.post(f"/api/{path}/share", json=body, headers=ADMIN) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def test_links_need_no_login_until_the_event_is_deleted() -> None:
    async with opened(**users()) as (served, http):
        made = await add(served, recording(NOON, pictures=("best",)))
        event = made.events[0].id
        clip = (await share(http, f"events/{event}", seconds=3600))["url"]
        picture = (await share(http, f"events/{event}", file="picture"))["url"]
        assert clip.startswith(f"/events/{event}/clip.mp4?expires=")
        async with http.get(clip, headers={"Range": "bytes=0-9"}) as answer:
            assert (answer.status, await answer.read()) == (206, VIDEO[:10])
        async with http.get(picture) as answer:
            assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
        # Only this one file.
        query = clip.partition("?")[2]
        await get(http, f"/events/{event}/picture.jpg?{query}", 401)
        await get(http, f"/api/events/{event}?{query}", 401)
        async with http.delete(f"/api/events/{event}", headers=ADMIN) as answer:
            assert answer.status == 200
        await get(http, clip, 404)


async def test_links_to_photos_recordings_and_files_of_series() -> None:
    async with opened(**users()) as (served, http):
        photo, made = await add_photo(served, NOON), await add(served, recording(NOON))
        folder = served.library.path / "front" / "series" / "garden"
        folder.mkdir(parents=True)
        (folder / "2026-11-29T193012.345Z.jpg").write_bytes(jpeg(32, 32))
        (series,) = (await get(http, "/api/files?type=series", headers=ADMIN))["files"]
        for file_id, data in (
            (photo.id, photo_bytes()),
            (made.id, VIDEO),
            (series["id"], jpeg(32, 32)),
        ):
            link = (await share(http, f"files/{file_id}"))["url"]
            async with http.get(link) as answer:
                assert (answer.status, await answer.read()) == (200, data)
        error = (await share(http, "files/p-0", 404))["error"]
        assert error["field"] == "file"
        await share(http, "files/1796000000000-p00000000", 404)


async def test_links_expire_at_the_chosen_time() -> None:
    async with opened(**users()) as (served, http):
        made = await add(served, recording(NOON))
        now = NOON
        addresses = served.server._context.addresses
        addresses._clock = lambda: now
        link = (await share(http, f"events/{made.id}", seconds=3600))["url"]
        now += 3600
        async with http.get(link) as answer:
            assert answer.status == 200
        now += 1
        assert "has expired" in (await get(http, link, 401))["error"]["message"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"seconds": 59}, "seconds"),
        ({"seconds": 7 * 86400 + 1}, "seconds"),
        ({"seconds": "for ever"}, "seconds"),
        ({"file": "sidecar"}, "file"),
        ({"file": ["clip"]}, "file"),
    ],
)
async def test_the_time_is_bounded(body: dict[str, object], field: str) -> None:
    async with opened(**users()) as (served, http):
        made = await add(served, recording(NOON))
        error = (await share(http, f"events/{made.id}", 400, **body))["error"]
        assert (error["code"], error["field"]) == ("invalid_value", field)


async def test_only_an_admin_may_share_and_only_what_there_is() -> None:
    async with opened(**users()) as (served, http):
        made, photo = await add(served, recording(NOON)), await add_photo(served, NOON)
        for path in (f"events/{made.id}", f"files/{photo.id}"):
            for headers, status in (({}, 401), (basic("otto", "right"), 403)):
                async with http.post(f"/api/{path}/share", headers=headers) as answer:
                    assert answer.status == status
            for wrong in (b"{", b"[]"):
                headers = ADMIN | {"Content-Type": "application/json"}
                async with http.post(f"/api/{path}/share", data=wrong, headers=headers) as answer:
                    assert (answer.status, (await answer.json())["error"]["code"]) == (400, "invalid_json")
        await share(http, f"events/{made.id}", 404, file="picture")
        await share(http, "events/e-0", 404)
        going_on = recording(NOON + 60)
        served.library.begin(going_on)
        assert (await share(http, f"events/{going_on.id}", 409))["error"]["code"] == "busy"


async def test_links_begin_with_an_address_that_others_can_open() -> None:
    async with opened(path_prefix="/cams") as (served, http):
        made = await add(served, recording(NOON))
        async with http.post(f"/api/events/{made.id}/share") as answer:
            link = (await answer.json())["url"]
            assert link.startswith(f"/cams/events/{made.id}/clip.mp4?")
        ingress = {"X-Ingress-Path": "/api/hassio_ingress/x"}
        async with http.post(f"/api/events/{made.id}/share", headers=ingress) as answer:
            assert (answer.status, "public_url" in await answer.text()) == (503, True)
        served.registry.node.page = "http://pi.lan:8080/cams/"
        async with http.post(f"/api/events/{made.id}/share", headers=ingress) as answer:
            assert (await answer.json())["url"].startswith("http://pi.lan:8080/cams/events/")
