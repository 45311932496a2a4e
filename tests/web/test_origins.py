"""Requests from other sites and host names, and proxies."""

from __future__ import annotations

import pytest

from tests.web.credentials import CHANGE, SEE, TOKEN, bearer, jar, status, users
from tests.web.serving import client, serving


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://[evil"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://cams.example"}, 200),
        ({"X-Forwarded-Host": "cams.example", "Origin": "https://cams.example"}, 200),
        ({"Referer": "http://evil.example/127.0.0.1/"}, 403),
        ({"Referer": "http://cams.example:8443/page"}, 200),
        ({"Origin": "http://cams.example:8443"}, 200),
        ({"Origin": "http://cams.example"}, 403),
    ],
)
async def test_requests_from_other_sites_are_refused(headers: dict[str, str], expected: int) -> None:
    # A proxy may take the port off the name that it forwards.
    async with serving(public_url="http://cams.example:8443/x/") as served:
        assert await status(served, CHANGE, headers, json={"brightness": 0.1}) == expected
        assert await status(served, CHANGE, {"Origin": served.url}, json={}) == 200


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]
)
async def test_content_types_of_forms_are_refused(content_type: str) -> None:
    async with serving() as served:
        headers = {"Content-Type": content_type}
        assert await status(served, CHANGE, headers, data=b'{"brightness": 0.9}') == 415
        assert served.front.camera.values.get("brightness") != 0.9


async def test_get_changes_nothing() -> None:
    async with serving() as served, client(served) as http:
        for path in (CHANGE, "/api/cameras/front/cmd/snapshot", "/api/login", "/api/node/cmd/restart"):
            assert (await http.get(path)).status == 405


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("evil.example", 403),
        ("[::1", 403),
        ("127.0.0.1.evil.example:8080", 403),
        ("pi.example", 200),
        ("PI.example:80", 200),
        ("localhost:1", 200),
        ("pi-garden", 200),
        ("pi-garden.local:8080", 200),
        ("[::1]:8080", 200),
        ("10.1.2.3", 200),
        ("cams.example", 200),
    ],
)
async def test_without_login_unknown_host_names_are_refused(host: str, expected: int) -> None:
    async with serving(hosts=["pi.example"], public_url="https://cams.example/x/") as served:
        assert await status(served, SEE, {"Host": host}) == expected


async def test_with_login_any_host_name_is_served() -> None:
    async with serving(**users()) as served:
        assert await status(served, SEE, {"Host": "cams.example"} | bearer(TOKEN)) == 200


async def test_security_headers_are_on_every_response() -> None:
    async with serving(frame_ancestors=["http://ha.local:8123"]) as served, client(served) as http:
        for path in (
            "/",
            "/static/app.js",
            "/api/cameras",
            "/photo_feed",
            "/api/nothing",
            "/healthz",
            "/stream.mjpg",
        ):
            async with http.get(path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert "frame-ancestors 'self' http://ha.local:8123" in policy
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert answer.headers["Server"] == "mqttcam"
                assert "Access-Control-Allow-Origin" not in answer.headers
        page = await (await http.get("/")).text()
        assert "http:" not in page
        assert "https:" not in page


# proxies


async def test_trusted_networks_need_no_login() -> None:
    async with serving(trusted_networks=["127.0.0.0/8"], **users()) as served:
        assert await status(served, CHANGE, json={}) == 200
        assert await status(served, CHANGE, {"Host": "evil.example"}, json={}) == 403
    async with serving(trusted_networks=["10.0.0.0/8"], **users()) as served:
        assert await status(served, SEE) == 401
        assert await status(served, SEE, {"X-Forwarded-For": "10.1.1.1"}) == 401
    async with serving(trusted_networks=["10.0.0.0/8"], trusted_proxies=["127.0.0.1"], **users()) as served:
        assert await status(served, SEE, {"X-Forwarded-For": "10.1.1.1"}) == 200
        assert await status(served, SEE, {"X-Forwarded-For": "10.1.1.1, 203.0.113.1"}) == 401


async def test_below_a_path_prefix() -> None:
    async with serving(path_prefix="/cams/", **users()) as served, client(served, cookie_jar=jar()) as http:
        assert served.server.url.endswith("/cams/")
        moved = await http.get("/cams", allow_redirects=False)
        assert moved.status == 308
        assert moved.headers["Location"] == "/cams/"
        assert (await http.get("/cams/static/app.js")).status == 200
        answer = await http.post("/cams/api/login", json={"name": "anna", "password": "right"})
        assert "Path=/cams" in answer.headers["Set-Cookie"]
        listing = await (await http.get("/cams/api/cameras")).json()
        assert listing["cameras"][0]["stream"] == "/cams/cameras/front/stream.mjpg"
        assert (await http.get(listing["cameras"][0]["snapshot"])).status == 200
        # A proxy that takes the prefix off reaches the same.
        assert (await http.get("/api/cameras", headers=bearer(TOKEN))).status == 200


async def test_behind_home_assistant() -> None:
    async with serving() as served, client(served) as http:
        ingress = {"X-Ingress-Path": "/api/hassio_ingress/AbC-_123"}
        listing = await (await http.get("/api/cameras", headers=ingress)).json()
        assert listing["cameras"][0]["stream"] == "/api/hassio_ingress/AbC-_123/cameras/front/stream.mjpg"
        for bad in ("//evil.example", "/x/../y?", "javascript:x", "/a b"):
            listing = await (await http.get("/api/cameras", headers={"X-Ingress-Path": bad})).json()
            assert listing["cameras"][0]["stream"] == "/cameras/front/stream.mjpg", bad
