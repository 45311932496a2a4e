"""Places for requests and streams, shared by users and addresses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from mqttcam.web import places
from mqttcam.web.auth import Identity
from mqttcam.web.errors import ApiError
from mqttcam.web.places import Holder, Places, holder_of
from mqttcam.web.timing import Timing
from tests.support.pictures import jpeg
from tests.support.waiting import until
from tests.web.credentials import bearer
from tests.web.serving import Served, client, serving

ADMIN, ADA, BOB, ADDRESS = Holder(2, "admin"), Holder(1, "ada"), Holder(1, "bob"), Holder(0, "10.0.0.1")


class Table:
    """Places, and the clients that have lost one."""

    def __init__(self, total: int) -> None:
        self.places = Places(total, "viewers")
        self.lost: list[Holder] = []
        self._stack = ExitStack()

    def take(self, holder: Holder, count: int = 1, unread: float = 0) -> None:
        for _ in range(count):
            end = partial(self.lost.append, holder)
            self._stack.enter_context(self.places.take(holder, end, lambda: unread))


def test_one_holder_may_have_all_places_while_nobody_else_wants_any() -> None:
    table = Table(4)
    table.take(ADA, 4)
    with pytest.raises(ApiError) as refused:
        table.take(ADA)
    assert refused.value.status == 503
    assert refused.value.allowed == {"max_viewers": 4}
    assert not table.lost


def test_places_are_shared_equally() -> None:
    table = Table(4)
    table.take(ADA, 4)
    table.take(BOB, 2)
    assert table.lost == [ADA, ADA]
    with pytest.raises(ApiError):
        table.take(BOB)
    with pytest.raises(ApiError):
        table.take(ADA)


def test_an_admin_gets_half_of_the_places_and_a_user_those_of_strangers() -> None:
    table = Table(4)
    for n in range(4):
        table.take(Holder(0, f"10.0.0.{n}"))
    table.take(ADA, 2)
    table.take(ADMIN, 2)
    assert [one.rank for one in table.lost] == [0] * 4
    with pytest.raises(ApiError):
        table.take(ADDRESS)
    with pytest.raises(ApiError):
        table.take(ADMIN)


def test_the_place_of_whoever_has_read_nothing_for_the_longest_is_given_first() -> None:
    table = Table(3)
    for seconds in (4.0, 40.0, 9.0):
        table.take(Holder(2, f"{seconds:g}"), unread=seconds)
    table.take(ADDRESS)
    table.take(ADDRESS)
    assert [one.name for one in table.lost] == ["40", "9"]
    with pytest.raises(ApiError):
        table.take(ADDRESS)


def test_a_place_is_free_after_use() -> None:
    places = Places(1, "viewers")
    for _ in range(3):
        with places.take(ADA, lambda: None):
            assert len(places) == 1
    assert len(places) == 0


def test_holders_are_users_and_without_a_login_addresses() -> None:
    assert holder_of(Identity("anna", "admin", "password"), "10.0.0.1") == Holder(2, "anna")
    assert holder_of(Identity("tv", "viewer", "token"), "10.0.0.1") == Holder(1, "tv")
    assert holder_of(Identity(None, "admin", "none"), "10.0.0.1") == Holder(0, "10.0.0.1")
    assert holder_of(Identity(None, "admin", "network"), "172.30.32.2") == Holder(2, "172.30.32.2")
    one, same, other = (
        holder_of(Identity(None, "admin", "none"), address)
        for address in ("2001:db8::1", "2001:db8::2", "2001:db8:1::1")
    )
    assert one == same != other


VIEWER, BOSS = "viewer-of-the-tests-0123456789", "admin-of-the-tests-0123456789"
TOKENS = {"tv": {"token": VIEWER, "role": "viewer"}, "boss": {"token": BOSS, "role": "admin"}}


@asynccontextmanager
async def stream(served: Served, path: str, token: str, headers: str = "") -> AsyncIterator[None]:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
    try:
        head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n{headers}\r\n"
        writer.write(head.encode())
        assert int((await reader.readline()).split()[1]) < 300
        yield
    finally:
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()


async def test_update_streams_of_a_viewer_do_not_lock_out_an_admin() -> None:
    async with serving({}, tokens=TOKENS) as served, AsyncExitStack() as stack, client(served) as http:
        for _ in range(64):
            await stack.enter_async_context(stream(served, "/api/updates", VIEWER))
        assert (await http.get("/api/updates", headers=bearer(VIEWER))).status == 503
        async with http.get("/api/updates", headers=bearer(BOSS)) as answer:
            assert answer.status == 200
            await until(lambda: served.server.subscribers == 64)


async def test_pictures_of_a_viewer_do_not_lock_out_an_admin() -> None:
    async with (
        serving(tokens=TOKENS, max_viewers=4) as served,
        AsyncExitStack() as stack,
        client(served) as http,
    ):
        for _ in range(4):
            await stack.enter_async_context(stream(served, "/stream.mjpg", VIEWER))
        async with http.get("/stream.mjpg", headers=bearer(BOSS)) as answer:
            assert answer.status == 200
            await until(lambda: served.server.viewers == 4)


_UPGRADE = (
    "Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.mark.parametrize("path", ["stream.mjpg", "live?mode=jpeg", "live", "stream.ts"])
async def test_a_client_that_reads_nothing_gives_way_to_the_next_one(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path in ("live", "stream.ts"):
        pytest.importorskip("av")
    monkeypatch.setattr(places, "_UNREAD", 0.3)
    for number in range(4):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(640, 480, seed=number, noise=255))
    source = {"type": "file", "path": str(tmp_path)}
    cameras = {"front": {"source": source, "size": None, "frame_rate": 10, "video": {"quality": 1}}}
    async with (
        serving(cameras, max_viewers=1, timing=Timing(refresh=0.1)) as served,
        AsyncExitStack() as stack,
        client(served) as http,
    ):
        viewers = served.server._context.connected_viewers._viewers
        headers = _UPGRADE if "live" in path else ""
        await stack.enter_async_context(stream(served, f"/cameras/front/{path}", VIEWER, headers))
        (first,) = viewers
        await until(lambda: viewers[first].unread() > 0.3, "that it seems to have gone")
        async with http.get("/stream.mjpg") as answer:
            assert answer.status == 200
            await until(lambda: first not in viewers and len(viewers) == 1, "the next one alone")
            assert served.server.viewers == 1


async def test_a_client_that_reads_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_UNREAD", 0.3)
    async with serving(max_viewers=1) as served, client(served) as http, http.get("/stream.mjpg") as mine:
        for _ in range(3):
            for _ in range(10):
                await mine.content.readchunk()
            assert (await http.get("/stream.mjpg")).status == 503
