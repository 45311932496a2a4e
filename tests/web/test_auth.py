"""Authentication: users, tokens, sessions, and the delay after failed logins."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from pathlib import Path
from typing import Any

import pytest

from mqttcam.settings.web import WebSettings
from mqttcam.web.auth import Authenticator, Identity
from mqttcam.web.errors import ApiError
from mqttcam.web.passwords import hash_password, verify_password
from mqttcam.web.rate_limiter import LoginRateLimiter
from mqttcam.web.revoked_sessions import SESSION_SECONDS, RevokedSessions
from mqttcam.web.sessions import Sessions
from tests.web.credentials import CHANGE, SEE, TOKEN, basic, bearer, jar, status, users
from tests.web.serving import Served, client, raw, serving

KEY = b"a key of 32 bytes for the tests."
OTTO = Identity("otto", "viewer", "password")


class Clock:
    """A clock, in seconds, that only a test moves."""

    def __init__(self, now: float = 1_800_000_000) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def settings(web: dict[str, Any]) -> WebSettings:
    return WebSettings.model_validate(web)


def authenticator(sessions: Sessions, web: dict[str, Any] | None = None) -> Authenticator:
    return Authenticator(settings(users() if web is None else web), sessions)


@pytest.mark.parametrize(
    ("headers", "see", "change"),
    [
        ({}, 401, 401),
        (basic("anna", "right"), 200, 200),
        (basic("otto", "right"), 200, 403),
        (basic("anna", "wrong"), 401, 401),
        (basic("nobody", "right"), 401, 401),
        (basic("", TOKEN), 200, 200),
        (bearer(TOKEN), 200, 200),
        (bearer(TOKEN[::-1]), 200, 403),
        (bearer("wrong"), 401, 401),
        ({"Authorization": "Basic !!"}, 401, 401),
        ({"Authorization": "Basic /w=="}, 401, 401),
        ({"Authorization": "Negotiate x"}, 401, 401),
        ({"Cookie": "mqttcam_yard=e30.AAAA"}, 401, 401),
        ({"Cookie": "mqttcam_yard=..."}, 401, 401),
    ],
)
async def test_credentials_and_roles(headers: dict[str, str], see: int, change: int) -> None:
    async with serving(**users()) as served:
        assert await status(served, SEE, headers) == see
        assert await status(served, CHANGE, headers, json={"brightness": 0.1}) == change


async def test_every_route_requires_a_login() -> None:
    async with serving(**users()) as served:
        for path in (
            "/stream.mjpg",
            "/video_feed",
            "/photo_feed",
            "/cameras/front/stream.mjpg",
            "/cameras/front/snapshot.jpg",
            "/cameras/front/snapshots/1.jpg",
            "/api/cameras",
            "/api/cameras/front",
            SEE,
            "/api/cameras/front/snapshots",
            "/api/updates",
            "/api/health",
            "/api/openapi.json",
            "/api/session",
            "/metrics",
        ):
            assert await status(served, path) == 401, path
        for path in (CHANGE, "/api/cameras/front/cmd/snapshot", "/api/node/cmd/restart"):
            assert await status(served, path, json={}) == 401, path
        assert await status(served, "/") == 200
        assert await status(served, "/static/app.js") == 200


async def test_programs_are_asked_for_http_basic_and_the_page_is_not() -> None:
    async with serving(**users()) as served, client(served) as http:
        answer = await http.get("/stream.mjpg")
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
        for headers in (
            {"X-Requested-With": "mqttcam"},
            {"Accept": "text/event-stream"},
            {"Cookie": "mqttcam_yard=x"},
        ):
            assert "WWW-Authenticate" not in (await http.get("/api/updates", headers=headers)).headers


async def test_a_login_opens_a_session_until_the_logout() -> None:
    async with serving(**users()) as served, client(served, cookie_jar=jar()) as http:
        answer = await http.post("/api/login", json={"name": "otto", "password": "right"})
        assert answer.status == 200
        assert await answer.json() == {"name": "otto", "role": "viewer", "proof": "password", "edit": False}
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie
        assert await (await http.get("/api/session")).json() == {
            "name": "otto",
            "role": "viewer",
            "proof": "session",
            "edit": False,
        }
        assert (await http.get(SEE)).status == 200
        assert (await http.post(CHANGE, json={})).status == 403
        await http.post("/api/logout")
        assert (await http.get(SEE)).status == 401


async def test_the_session_key_is_readable_by_its_owner_only_and_kept() -> None:
    async with serving(**users()) as served:
        path = served.directory / "web.key"
        assert path.stat().st_mode & 0o777 == 0o600
        cookie = await session_of(served)
        after_restart = authenticator(Sessions(path.read_bytes()))
        assert after_restart.by_session(cookie) == Identity("otto", "viewer", "session")


async def session_of(served: Served) -> str:
    """Log in, and return the value of the session cookie."""
    async with client(served) as http:
        answer = await http.post("/api/login", json={"name": "otto", "password": "right"})
        return answer.cookies["mqttcam_yard"].value


async def test_a_session_ends_with_its_key_password_user_or_token() -> None:
    cookie = authenticator(Sessions(KEY)).open_session(OTTO)
    assert authenticator(Sessions(KEY)).by_session(cookie) == Identity("otto", "viewer", "session")
    assert authenticator(Sessions(KEY[::-1])).by_session(cookie) is None
    changed = users()
    changed["users"]["otto"]["password_hash"] = hash_password("another")
    assert authenticator(Sessions(KEY), changed).by_session(cookie) is None
    del changed["users"]["otto"]
    assert authenticator(Sessions(KEY), changed).by_session(cookie) is None
    cookie = authenticator(Sessions(KEY)).open_session(Identity("grafana", "viewer", "token"))
    assert authenticator(Sessions(KEY)).by_session(cookie) == Identity("grafana", "viewer", "session")
    changed["tokens"]["grafana"]["token"] = "another token of enough characters".replace(" ", "-")
    assert authenticator(Sessions(KEY), changed).by_session(cookie) is None


@pytest.mark.parametrize("position", [0, 20, -1])
async def test_a_changed_cookie_is_invalid(position: int) -> None:
    sessions = authenticator(Sessions(KEY))
    cookie = sessions.open_session(OTTO)
    # A base64 character whose lowest bits are not part of the signature is changed in its highest bit.
    other = "A" if cookie[position] not in "ABCDEFGH" else "z"
    changed = cookie[:position] + other + cookie[position:][1:]
    assert changed != cookie
    assert sessions.by_session(changed) is None
    assert sessions.by_session(cookie) is not None


async def test_a_cookie_holds_neither_the_password_hash_nor_the_token() -> None:
    sessions = Sessions(KEY)
    session = sessions.verify(sessions.issue("token", "node-red", TOKEN))
    assert session is not None
    assert TOKEN not in repr(session)


async def test_a_logout_ends_the_session_everywhere_and_no_other() -> None:
    async with serving(**users()) as served:
        one, other = [{"Cookie": f"mqttcam_yard={await session_of(served)}"} for _ in range(2)]
        assert await status(served, SEE, one) == 200
        assert await status(served, "/api/logout", one, json={}) == 200
        assert await status(served, SEE, one) == 401
        assert await status(served, SEE, other) == 200
        key = (served.directory / "web.key").read_bytes()
        after_restart = authenticator(Sessions(key, RevokedSessions(served.directory)))
        assert after_restart.by_session(one["Cookie"].partition("=")[2]) is None
        assert after_restart.by_session(other["Cookie"].partition("=")[2]) is not None


async def test_the_number_of_revoked_sessions_is_limited_and_none_becomes_valid_again(tmp_path: Path) -> None:
    clock = Clock()
    now = int(clock.now)
    sessions = RevokedSessions(tmp_path, limit=3, clock=clock)
    await sessions.add("expired", now - 1)
    for n in range(5):
        await sessions.add(f"session {n}", now + 10 + n)
    for found in (sessions, RevokedSessions(tmp_path, limit=3, clock=clock)):
        assert all(found.contains(f"session {n}", now + 10 + n) for n in range(5))
        assert len(found) == 3
        assert not found.contains("younger", now + 20)


@pytest.mark.parametrize("kept", [b"", b"{}", b"[]", b'{"sessions": {"a": "b"}, "all_until": 0}'])
async def test_unreadable_revoked_sessions_end_all_sessions(
    tmp_path: Path, kept: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    before = authenticator(Sessions(KEY, clock=clock)).open_session(OTTO)
    revoked = RevokedSessions(tmp_path, clock=clock)
    await revoked.add("one", 0)
    (path,) = tmp_path.iterdir()
    path.write_bytes(kept)
    clock.now += 1
    again = authenticator(Sessions(KEY, RevokedSessions(tmp_path, clock=clock), clock))
    assert again.by_session(before) is None
    assert again.by_session(again.open_session(OTTO)) is not None
    assert "all users have to log in again" in caplog.text


async def test_a_session_expires() -> None:
    clock = Clock()
    sessions = authenticator(Sessions(KEY, clock=clock))
    cookie = sessions.open_session(OTTO)
    clock.now += SESSION_SECONDS
    assert sessions.by_session(cookie) is not None
    clock.now += 1
    assert sessions.by_session(cookie) is None


async def test_a_session_is_valid_although_the_clock_was_set_back() -> None:
    """As after a power cut on a Pi, which has no battery-backed clock."""
    clock = Clock()
    sessions = authenticator(Sessions(KEY, clock=clock))
    cookie = sessions.open_session(OTTO)
    clock.now -= 3600
    assert sessions.by_session(cookie) is not None


async def test_login_with_a_token() -> None:
    async with serving(tokens=users()["tokens"]) as served, client(served, cookie_jar=jar()) as http:
        assert (await http.post("/api/login", json={"password": "wrong"})).status == 401
        assert (await http.post("/api/login", json={"name": "", "password": TOKEN})).status == 200
        assert (await http.post(CHANGE, json={})).status == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"name": 1, "password": "x"}', b'"x"', b"\xff"])
async def test_a_malformed_login_is_refused(body: bytes) -> None:
    async with serving(**users()) as served:
        assert await status(served, "/api/login", {"Content-Type": "application/json"}, data=body) == 400


async def test_failed_logins_delay_their_client_and_no_other() -> None:
    async with serving(trusted_proxies=["127.0.0.1"], **users()) as served, client(served) as http:
        guesser = {"X-Forwarded-For": "203.0.113.7"}
        answers = [
            await http.post("/api/login", json={"name": "anna", "password": f"guess {n}"}, headers=guesser)
            for n in range(7)
        ]
        assert {answer.status for answer in answers[:4]} == {401}
        refused = answers[-1]
        assert refused.status == 429
        assert int(refused.headers["Retry-After"]) >= 1
        right = {"name": "anna", "password": "right"}
        assert (await http.post("/api/login", json=right, headers=guesser)).status == 429
        assert (await http.get(SEE, headers=guesser | basic("anna", "right"))).status == 429
        other = {"X-Forwarded-For": "198.51.100.1"}
        assert (await http.post("/api/login", json=right, headers=other)).status == 200


async def test_guesses_from_many_addresses_do_not_lock_out_the_right_password() -> None:
    checked: list[str] = []
    first, may_verify = threading.Event(), threading.Event()

    def verify(password: str, _line: str) -> bool:
        checked.append(password)
        first.set()
        may_verify.wait()
        return password == "right"

    auth = Authenticator(settings(users()), Sessions(KEY), verify=verify)

    async def login(password: str, address: str) -> bool:
        with contextlib.suppress(ApiError):
            return await auth.login("anna", password, address) is not None
        return False

    guesses = [
        asyncio.create_task(login(f"guess {n} of {host}", f"203.0.113.{host}"))
        for n in range(4)
        for host in range(200)
    ]
    await asyncio.to_thread(first.wait)
    right = asyncio.create_task(login("right", "198.51.100.1"))
    await asyncio.sleep(0)
    # Wherever it stands in the queue, it is there.
    may_verify.set()
    assert await right
    assert not any(await asyncio.gather(*guesses))


def test_each_failed_login_doubles_the_delay() -> None:
    now = 0.0
    limiter = LoginRateLimiter(lambda: now)
    delays = []
    for _ in range(16):
        delays.append(limiter.delay("10.0.0.1"))
        now += delays[-1]
        limiter.failed("10.0.0.1")
    assert delays[:5] == [0, 0, 0, 0, 0]
    assert delays[5:9] == [1, 2, 4, 8]
    assert max(delays) == 300
    limiter.failed("2001:db8::1")
    for n in range(6):
        limiter.failed(f"2001:db8::{n:x}")
    assert limiter.delay("2001:db8::ffff") > 0
    assert limiter.delay("2001:db8:1::1") == 0
    limiter.succeeded("10.0.0.1")
    assert limiter.delay("10.0.0.1") == 0
    now += 2000
    limiter.failed("2001:db8::1")
    assert limiter.delay("2001:db8::1") == 0


def test_the_number_of_rate_limited_clients_is_limited() -> None:
    limiter = LoginRateLimiter()
    for n in range(3000):
        limiter.failed(f"10.0.{n // 256}.{n % 256}")
    assert len(limiter) <= 1024


async def test_a_correct_password_is_cached_for_some_minutes() -> None:
    verified: list[str] = []
    clock = Clock()

    def verify(password: str, line: str) -> bool:
        verified.append(password)
        return verify_password(password, line)

    auth = Authenticator(settings(users()), Sessions(KEY), verify=verify, clock=clock)
    for password in ("right", "right", "wrong", "right"):
        found = await auth.login("anna", password, "10.0.0.1")
        assert (found is not None) is (password == "right")
    assert verified == ["right", "wrong"]
    clock.now += 601
    assert await auth.login("anna", "right", "10.0.0.1") is not None
    assert verified == ["right", "wrong", "right"]


@pytest.mark.parametrize("header", [b"Authorization: Bearer \xff\xfe", b"Cookie: mqttcam_yard=e30.\xff"])
async def test_headers_that_are_not_valid_text_are_refused(header: bytes) -> None:
    async with serving({}, **users()) as served:
        answer = await raw(served, b"GET /api/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header)
        assert answer.startswith(b"HTTP/1.1 401 ")


# health


async def test_health_without_permission_hides_the_problems() -> None:
    async with serving({"front": {}}, **users()) as served, client(served) as http:
        served.registry.node.add_check(lambda: "the broker is away")
        answer = await http.get("/healthz")
        assert answer.status == 503
        assert await answer.json() == {"ok": False, "problems": ["the broker is away"]}
        through_proxy = await http.get("/healthz", headers={"X-Forwarded-For": "203.0.113.1"})
        assert through_proxy.status == 503
        assert await through_proxy.json() == {"ok": False}
        known = await http.get("/healthz", headers={"X-Forwarded-For": "203.0.113.1"} | bearer(TOKEN))
        assert (await known.json())["problems"] == ["the broker is away"]
        by_another_name = await http.get("/healthz", headers={"Host": "evil.example"})
        assert await by_another_name.json() == {"ok": False}
    # The name of another site does not help either if no login is needed.
    async with serving({}) as served, client(served) as http:
        by_another_name = await http.get("/healthz", headers={"Host": "evil.example"})
        assert await by_another_name.json() == {"ok": True}
