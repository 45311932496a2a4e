"""Connections that send no HTTP or no complete request, and too many connections."""

from __future__ import annotations

import asyncio
import json
import logging
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from socket import create_connection

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from mqttcam.web import middleware, routes
from mqttcam.web.timing import Timing
from tests.support.certificates import Certificates
from tests.support.waiting import PATIENCE
from tests.web.serving import client, raw, serving, watching


@asynccontextmanager
async def connections_of_another_process(port: int, count: int) -> AsyncIterator[None]:
    """Connect `count` times from a separate process, with its own descriptors; it sends nothing."""
    code = (
        "import resource, socket, sys\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))\n"
        f"held = [socket.create_connection(('127.0.0.1', {port})) for _ in range({count})]\n"
        "print(flush=True)\n"
        "sys.stdin.read()"
    )
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdin=pipe, stdout=pipe)
    assert process.stdin is not None
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        assert await process.stdout.readline()
    yield
    process.stdin.close()
    await process.wait()


@pytest.mark.parametrize(
    "head",
    [
        b"FOO BAR",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20_000,
        b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: -5",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
        b"GET / HTTP/1.1\r\nHost: x\r\nExpect: \xff",
    ],
)
async def test_malformed_requests_receive_400_with_security_headers_and_are_not_logged(
    head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with serving({}) as served:
        answer = await raw(served, head)
    assert answer[9:13] == b"400 "
    assert b"Content-Security-Policy: default-src 'none'" in answer
    assert b"X-Content-Type-Options: nosniff" in answer
    assert b"Server: mqttcam\r\n" in answer
    assert b"aiohttp" not in answer
    assert b"Content-Type: application/json" in answer
    error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert error["code"] == "invalid_request"
    assert error["message"].isprintable()
    assert not caplog.records


@pytest.mark.parametrize("path", ["GET /healthz", "POST /api/login", "POST /api/node/cmd/restart", "GET /no"])
async def test_bodies_that_are_not_what_their_headers_say_are_not_logged(
    path: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    head = f"{path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    async with serving({}) as served:
        for encoding in ("Content-Encoding: gzip", "Content-Encoding: deflate", "Transfer-Encoding: chunked"):
            length = "" if "chunked" in encoding else "Content-Length: 11\r\n"
            reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
            writer.write(f"{head}{encoding}\r\n{length}\r\nhello world".encode())
            async with asyncio.timeout(PATIENCE):
                answer = await reader.read()
            assert b"HTTP/1.1 500" not in answer
            writer.close()
    assert not caplog.records


async def test_a_malformed_accept_header_receives_the_usual_metrics(caplog: pytest.LogCaptureFixture) -> None:
    async with serving({}) as served, client(served) as http:
        for accept in ("application/openmetrics-text;;;=;version==", "text/plain;version=1.x;escaping="):
            answer = await http.get("/metrics", headers={"Accept": accept})
            assert answer.status == 200
            assert "mqttcam_build_info" in await answer.text()
    assert not caplog.records


@pytest.mark.parametrize(
    "path",
    [
        "/stream.mjpg",
        "/photo_feed",
        "/api/updates",
        "/api/cameras",
        "/metrics",
        "/cameras/front/snapshots/1.jpg",
        "/no",
    ],
)
async def test_a_client_that_disconnects_early_is_not_logged(
    path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gone = asyncio.Event()

    @web.middleware
    async def closing(request: web.Request, handler: Handler) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        gone.set()
        return await middleware.json_errors(request, handler)

    monkeypatch.setattr(routes, "json_errors", closing)
    async with serving() as served:
        assert await raw(served, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1".encode()) == b""
        assert gone.is_set()
    assert [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING] == []


async def test_a_connection_without_a_complete_request_is_closed() -> None:
    async with serving({}, timing=Timing(idle=0.3)) as served:
        for sent in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nA: "):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
            writer.write(sent)
            async with asyncio.timeout(PATIENCE):
                assert await reader.read() == b""
            writer.close()


async def test_a_body_that_does_not_arrive_is_answered_with_408() -> None:
    async with serving({}, timing=Timing(body=0.1)) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
        writer.write(b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: 9\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_connection_without_a_tls_handshake_is_closed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = Certificates.make(tmp_path)
    tls = {"cert_file": files.server_cert, "key_file": files.server_key}
    async with serving({}, timing=Timing(tls_handshake=0.3), tls=tls) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
        async with asyncio.timeout(PATIENCE):
            assert await reader.read() == b""
        writer.close()
    assert not caplog.records


async def test_above_the_limit_new_connections_close_the_oldest_unused_ones() -> None:
    async with serving(max_connections=8, max_viewers=1) as served, watching(served) as parts:
        with ExitStack() as stack:
            for _ in range(40):
                stack.enter_context(create_connection(("127.0.0.1", served.server.port)))
            # Whoever comes now is served, and the stream that was there before goes on.
            for _ in range(20):
                assert (await raw(served, b"GET /healthz HTTP/1.0")).startswith(b"HTTP/1.0 200 ")
            first = int((await parts.next()).headers["x-sequence"])
            while int((await parts.next()).headers["x-sequence"]) < first + 5:
                pass


async def test_the_last_descriptors_are_kept_and_the_server_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    used = sum(1 for _ in Path("/dev/fd").iterdir())
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (used + 110, limits[1]))
        async with (
            serving() as served,
            watching(served) as parts,
            connections_of_another_process(served.server.port, 300),
        ):
            for _ in range(5):
                assert (await raw(served, b"GET /healthz HTTP/1.0")).startswith(b"HTTP/1.0 200 ")
            await parts.next()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(warnings) == 1, warnings
    assert "file descriptors" in warnings[0]
