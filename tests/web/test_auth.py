"""Who may do what: users, tokens, sessions, guesses."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from mqttcam.settings.web import WebSettings
from mqttcam.web import passwords, revoked_sessions
from mqttcam.web.auth import Authenticator, Identity
from mqttcam.web.passwords import hash_password
from mqttcam.web.rate_limiter import LoginRateLimiter
from mqttcam.web.revoked_sessions import RevokedSessions
from tests.web.credentials import CHANGE, SEE, TOKEN, basic, bearer, jar, status, users
from tests.web.serving import Served, client, raw, serving


def settings(web: dict[str, Any]) -> WebSettings:
    return WebSettings.model_validate(web)


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
        ({"Cookie": "mqttcam_yard=u.YW5uYQ.9999999999.AAAA.AAAA"}, 401, 401),
        ({"Cookie": "mqttcam_yard=..."}, 401, 401),
    ],
)
async def test_who_sees_and_who_changes(headers: dict[str, str], see: int, change: int) -> None:
    async with serving(**users()) as served:
        assert await status(served, SEE, headers) == see
        assert await status(served, CHANGE, headers, json={"brightness": 0.1}) == change


async def test_every_way_in_is_guarded() -> None:
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
            "/api/events",
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


async def test_programs_are_asked_for_a_password_and_the_page_is_not() -> None:
    async with serving(**users()) as served, client(served) as http:
        answer = await http.get("/stream.mjpg")
        assert answer.headers["WWW-Authenticate"].startswith("Basic realm=")
        for headers in (
            {"X-Requested-With": "mqttcam"},
            {"Accept": "text/event-stream"},
            {"Cookie": "mqttcam_yard=x"},
        ):
            assert "WWW-Authenticate" not in (await http.get("/api/events", headers=headers)).headers


async def test_a_session_lasts_over_a_restart_and_ends_with_the_password() -> None:
    async with serving(**users()) as served, client(served, cookie_jar=jar()) as http:
        answer = await http.post("/api/login", json={"name": "otto", "password": "right"})
        assert answer.status == 200
        assert await answer.json() == {"name": "otto", "role": "viewer", "proof": "password"}
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie
        assert (await (await http.get("/api/session")).json())["proof"] == "session"
        assert (await http.get(SEE)).status == 200
        assert (await http.post(CHANGE, json={})).status == 403
        value = answer.cookies["mqttcam_yard"].value
        key = (served.directory / "web.key").read_bytes()
        assert (served.directory / "web.key").stat().st_mode & 0o777 == 0o600
        again = Authenticator(settings(users()), key)
        assert again._by_session(value) is not None
        changed = users()
        changed["users"]["otto"]["password_hash"] = hash_password("another")
        assert Authenticator(settings(changed), key)._by_session(value) is None
        del changed["users"]["otto"]
        assert Authenticator(settings(changed), key)._by_session(value) is None
        assert (
            Authenticator(settings(users()), b"another key of the same length..")._by_session(value) is None
        )
        await http.post("/api/logout")
        assert (await http.get(SEE)).status == 401


async def session_of(served: Served) -> str:
    """What a login puts into the cookie."""
    async with client(served) as http:
        answer = await http.post("/api/login", json={"name": "otto", "password": "right"})
        return answer.cookies["mqttcam_yard"].value


async def test_a_logout_ends_the_session_wherever_its_cookie_is_and_no_other() -> None:
    async with serving(**users()) as served:
        one, other = [{"Cookie": f"mqttcam_yard={await session_of(served)}"} for _ in range(2)]
        assert await status(served, SEE, one) == 200
        assert await status(served, "/api/logout", one, json={}) == 200
        assert await status(served, SEE, one) == 401
        assert await status(served, SEE, other) == 200
        key = (served.directory / "web.key").read_bytes()
        after_a_restart = Authenticator(settings(users()), key, RevokedSessions(served.directory))
        assert after_a_restart._by_session(one["Cookie"].partition("=")[2]) is None
        assert after_a_restart._by_session(other["Cookie"].partition("=")[2]) is not None


async def test_only_so_many_ended_sessions_are_kept_and_none_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revoked_sessions, "_MOST", 3)
    now = int(time.time())
    sessions = RevokedSessions(tmp_path)
    await sessions.add("old", now - 1)
    for n in range(5):
        await sessions.add(f"session {n}", now + 10 + n)
    for found in (sessions, RevokedSessions(tmp_path)):
        assert all(found.has(f"session {n}", now + 10 + n) for n in range(5))
        assert len(found._expiries) == 3
        assert not found.has("younger", now + 20)


@pytest.mark.parametrize("kept", [b"", b"{}", b"[]", b'{"sessions": {"a": "b"}, "all_until": 0}'])
async def test_ended_sessions_that_cannot_be_read_end_all(
    tmp_path: Path, kept: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    visitor = Identity("otto", "viewer", "password")
    access = Authenticator(settings(users()), b"key")
    before = access.session(visitor)
    sessions = RevokedSessions(tmp_path)
    await sessions.add("one", 0)
    (path,) = tmp_path.iterdir()
    path.write_bytes(kept)
    now = time.time() + 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: now)
        again = Authenticator(settings(users()), b"key", RevokedSessions(tmp_path))
        assert again._by_session(before) is None
        assert again._by_session(again.session(visitor)) is not None
    assert "log in again" in caplog.text


async def test_a_session_ends_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    access = Authenticator(settings(users()), b"key")
    visitor = await access.login("anna", "right", "10.0.0.1")
    assert visitor is not None
    value = access.session(visitor)
    assert access._by_session(value) is not None
    now = time.time()
    monkeypatch.setattr("mqttcam.web.auth.time.time", lambda: now + 31 * 24 * 3600)
    assert access._by_session(value) is None


async def test_login_with_a_token() -> None:
    async with serving(tokens=users()["tokens"]) as served, client(served, cookie_jar=jar()) as http:
        assert (await http.post("/api/login", json={"password": "wrong"})).status == 401
        assert (await http.post("/api/login", json={"name": "", "password": TOKEN})).status == 200
        assert (await http.post(CHANGE, json={})).status == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"name": 1, "password": "x"}', b'"x"', b"\xff"])
async def test_a_login_that_is_none(body: bytes) -> None:
    async with serving(**users()) as served:
        assert await status(served, "/api/login", {"Content-Type": "application/json"}, data=body) == 400


async def test_guesses_are_throttled_and_others_are_not_locked_out() -> None:
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


def test_each_guess_doubles_the_wait() -> None:
    now = 0.0
    throttle = LoginRateLimiter(lambda: now)
    waits = []
    for _ in range(16):
        waits.append(throttle.wait("10.0.0.1"))
        now += waits[-1]
        throttle.failed("10.0.0.1")
    assert waits[:5] == [0, 0, 0, 0, 0]
    assert waits[5:9] == [1, 2, 4, 8]
    assert max(waits) == 300
    throttle.failed("2001:db8::1")
    for n in range(6):
        throttle.failed(f"2001:db8::{n:x}")
    assert throttle.wait("2001:db8::ffff") > 0
    assert throttle.wait("2001:db8:1::1") == 0
    throttle.succeeded("10.0.0.1")
    assert throttle.wait("10.0.0.1") == 0
    now += 2000
    throttle.failed("2001:db8::1")
    assert throttle.wait("2001:db8::1") == 0


def test_the_throttle_remembers_only_so_many() -> None:
    throttle = LoginRateLimiter()
    for n in range(3000):
        throttle.failed(f"10.0.{n // 256}.{n % 256}")
    assert len(throttle._clients) <= 1024


async def test_a_right_password_is_remembered_for_players(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    def verify(password: str, line: str) -> bool:
        checked.append(password)
        return passwords.verify_password(password, line)

    monkeypatch.setattr("mqttcam.web.auth.verify_password", verify)
    access = Authenticator(settings(users()), b"key")
    for password in ("right", "right", "wrong", "right"):
        found = await access.login("anna", password, "10.0.0.1")
        assert (found is not None) is (password == "right")
    assert checked == ["right", "wrong"]


@pytest.mark.parametrize(
    "header", [b"Authorization: Bearer \xff\xfe", b"Cookie: mqttcam_yard=u.YW5uYQ.9999999999.AAAA.\xff"]
)
async def test_bytes_that_are_no_text_are_nobody_s(header: bytes) -> None:
    async with serving({}, **users()) as served:
        answer = await raw(served, b"GET /api/session HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header)
        assert answer.startswith(b"HTTP/1.1 401 ")


# health and who may know


async def test_strangers_get_the_health_alone() -> None:
    async with serving({"front": {}}, **users()) as served, client(served) as http:
        served.registry.health.checks.append(lambda: "the broker is away")
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
    # Nor does a strange site's name help where nobody is asked for a password.
    async with serving({}) as served, client(served) as http:
        by_another_name = await http.get("/healthz", headers={"Host": "evil.example"})
        assert await by_another_name.json() == {"ok": True}
