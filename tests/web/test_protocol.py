"""Connections that send no HTTP or no complete request, and too many connections."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import ExitStack
from pathlib import Path
from socket import create_connection

import pytest
from aiohttp import web

from mqttcam.web import middleware, routes
from mqttcam.web.authorization import Handler
from mqttcam.web.timing import Timing
from tests.support.certificates import Certificates
from tests.web.serving import client, raw, serving


@pytest.mark.parametrize(
    "head",
    [
        b"FOO BAR",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 20_000,
        b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: -5",
        b"\x16\x03\x01\x02\x00\x01\x00\x01",
    ],
)
async def test_malformed_requests_receive_400_with_security_headers_and_are_not_logged(
    head: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with serving({}) as served:
        answer = await raw(served, head)
    assert answer.startswith(b"HTTP/1.0 400 ")
    assert b"Content-Security-Policy: default-src 'none'" in answer
    assert b"X-Content-Type-Options: nosniff" in answer
    assert b"Server: mqttcam\r\n" in answer
    assert b"aiohttp" not in answer
    assert b"Content-Type: application/json" in answer
    error = json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
    assert error["code"] == "invalid_request"
    assert error["message"].isprintable()
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
            async with asyncio.timeout(10):
                assert await reader.read() == b""
            writer.close()


async def test_a_body_that_does_not_arrive_is_answered_with_408() -> None:
    async with serving({}, timing=Timing(body=0.1)) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
        writer.write(b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        writer.write(b"Content-Length: 9\r\n\r\n")
        async with asyncio.timeout(10):
            assert (await reader.readline()).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_connection_without_a_tls_handshake_is_closed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = Certificates.make(tmp_path)
    tls = {"cert_file": files.server_cert, "key_file": files.server_key}
    async with serving({}, timing=Timing(tls_handshake=0.3), tls=tls) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()
    assert not caplog.records


async def test_connections_above_the_limit_are_closed_and_the_others_are_served() -> None:
    async with serving({}, max_connections=8, max_viewers=1) as served, client(served) as http:
        assert (await http.get("/healthz")).status == 200
        with ExitStack() as stack:
            for _ in range(8):
                stack.enter_context(create_connection(("127.0.0.1", served.server.port)))
            assert await raw(served, b"GET /healthz HTTP/1.0") == b""
            assert (await http.get("/healthz")).status == 200
        async with asyncio.timeout(10):
            while not (await raw(served, b"GET /healthz HTTP/1.0")).startswith(b"HTTP/1.0 200 "):
                await asyncio.sleep(0.01)
