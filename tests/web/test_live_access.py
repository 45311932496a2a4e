"""Who may open `/cameras/<cam>/live`."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.web.credentials import TOKEN, bearer, users
from tests.web.live_client import PATH, watching
from tests.web.serving import Served, client, serving

pytest.importorskip("av")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-Forwarded-Host": "cams.example", "Origin": "https://cams.example"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("web", [users(), {}, {"anonymous": "live"}], ids=["users", "no users", "anonymous"])
async def test_pages_of_other_sites_cannot_open_it(
    headers: dict[str, str], expected: int | None, web: dict[str, Any]
) -> None:
    async with serving(**web) as served:
        assert await refusal(served, headers | bearer(TOKEN)) == expected


async def test_a_login_is_needed_unless_everyone_may_look() -> None:
    async with serving(**users()) as served:
        assert await refusal(served, {}) == 401
        assert await refusal(served, bearer("wrong")) == 401
        assert await refusal(served, bearer(TOKEN)) is None
    async with serving(anonymous="live", **users()) as served:
        assert await refusal(served, {}) is None
        assert await refusal(served, {"Host": "evil.example"}) == 403


async def test_a_place_of_a_viewer_is_needed_and_can_be_lost() -> None:
    async with serving(max_viewers=1, anonymous="live", **users()) as served, watching(served) as live:
        await live.text("codec")
        assert await refusal(served, {}) == 503
        async with watching(served, headers=bearer(TOKEN)) as admin:
            await admin.text("codec")
            await live.closed()
            assert served.server.viewers == 1


async def test_it_is_a_websocket_and_nothing_else() -> None:
    async with serving() as served, client(served) as session:
        async with session.get(PATH) as response:
            assert response.status == 426
            assert response.headers["Upgrade"] == "websocket"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await session.ws_connect(f"{PATH}?mode=jpeg&fps=never")
        assert refused.value.status == 400


async def refusal(served: Served, headers: dict[str, str]) -> int | None:
    """Return the status with which the server refuses a connection; None if it accepts it."""
    try:
        async with watching(served, headers=headers) as live:
            await live.text("codec")
    except aiohttp.WSServerHandshakeError as error:
        return error.status
    return None
