"""Start and stop: clear errors, TLS, and a quick stop despite open connections."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mqttcam.web import ListenError
from tests.support.certificates import Certificates
from tests.support.pictures import size_of
from tests.support.waiting import until
from tests.web.serving import client, serving, watching


async def test_port_0_is_any_free_one() -> None:
    async with serving() as served:
        assert served.server.port > 0
        assert served.server.url == f"http://127.0.0.1:{served.server.port}/"


async def test_a_port_in_use_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        async with serving({}, start=False, port=port) as served:
            with pytest.raises(ListenError, match=f"^port {port} on 127.0.0.1 is in use by another program"):
                await served.server.start()


async def test_an_address_of_another_machine_is_reported() -> None:
    async with serving({}, start=False, host="192.0.2.1", allow_unauthenticated=True) as served:
        with pytest.raises(ListenError, match=r"192.0.2.1 is not an address of this machine"):
            await served.server.start()


async def test_the_url_on_all_interfaces_has_a_reachable_address() -> None:
    async with serving({}, host="0.0.0.0", allow_unauthenticated=True) as served:
        assert "0.0.0.0" not in served.server.url
    async with serving({}, start=False, public_url="https://cams.example/pi") as served:
        assert served.server.url == "https://cams.example/pi/"


async def test_https(tmp_path: Path) -> None:
    files = Certificates.make(tmp_path)
    tls = {"cert_file": files.server_cert, "key_file": files.server_key}
    trust = ssl.create_default_context(cafile=files.ca)
    token = "a-token-of-the-tests-0123456789"
    web: dict[str, Any] = {"tls": tls, "tokens": {"x": {"token": token}}}
    async with serving(**web) as served:
        assert served.server.url.startswith("https://")
        async with client(served) as http:
            answer = await http.post("/api/login", json={"password": token}, ssl=trust)
            assert "Secure" in answer.headers["Set-Cookie"]
    async with serving(tls=tls) as served, watching(served, ssl=trust) as parts:
        for _ in range(3):
            assert size_of((await parts.next()).jpeg) == (320, 240)


async def test_an_invalid_certificate_is_reported(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("not a certificate")
    async with serving({}, start=False, tls={"cert_file": bad, "key_file": bad}) as served:
        with pytest.raises(ListenError, match=r"web\.tls\.cert_file"):
            await served.server.start()


async def test_stop_does_not_wait_for_open_connections() -> None:
    async with serving({"front": {"size": "1280x720"}}) as served:
        stalled = socket.create_connection(("127.0.0.1", served.server.port))
        stalled.sendall(b"GET /stream.mjpg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        half = socket.create_connection(("127.0.0.1", served.server.port))
        half.sendall(
            b"POST /api/cameras/front/set HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        )
        half.sendall(b"Content-Length: 100\r\n\r\n{")
        async with watching(served) as parts, client(served) as http, http.get("/api/updates") as events:
            await parts.next()
            await events.content.readline()
            await until(lambda: served.server.viewers == 2)
            begun = time.monotonic()
            await served.server.stop()
            assert time.monotonic() - begun < 20
            await parts.end()
        assert served.server.viewers == 0
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", served.server.port)
        for sock in (stalled, half):
            sock.close()


async def test_stop_can_be_called_twice_and_before_the_start() -> None:
    async with serving({}, start=False) as served:
        await served.server.stop()
        await served.server.stop()


def test_aiohttp_is_imported_only_when_the_server_is_used() -> None:
    code = "import sys, mqttcam.cli.main, mqttcam.run.app, mqttcam.web.passwords; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0
