"""Clients that send no HTTP, that never ask, and that are too many."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import ExitStack
from pathlib import Path
from socket import create_connection

import pytest
from aiohttp import web

from mqttcam.web import authorization, protocol, routes, server
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
async def test_what_is_no_request_is_answered_with_the_usual_headers_and_not_logged(
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
        "/api/events",
        "/api/cameras",
        "/metrics",
        "/cameras/front/snapshots/1.jpg",
        "/no",
    ],
)
async def test_who_goes_before_the_answer_leaves_no_trace_in_the_log(
    path: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    gone = asyncio.Event()

    @web.middleware
    async def closing(request: web.Request, handler: authorization.Handler) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        gone.set()
        return await authorization.refusals(request, handler)

    monkeypatch.setattr(routes, "refusals", closing)
    async with serving() as served:
        assert await raw(served, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1".encode()) == b""
        assert gone.is_set()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_who_never_ends_asking_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_IDLE", 0.3)
    async with serving({}) as served:
        for said in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nA: "):
            reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
            writer.write(said)
            async with asyncio.timeout(10):
                assert await reader.read() == b""
            writer.close()


async def test_who_never_greets_over_https_is_let_go(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server, "_HANDSHAKE_TIMEOUT", 0.3)
    files = Certificates.make(tmp_path)
    async with serving({}, tls={"cert_file": files.server_cert, "key_file": files.server_key}) as served:
        reader, writer = await asyncio.open_connection("127.0.0.1", served.server.port)
        async with asyncio.timeout(10):
            assert await reader.read() == b""
        writer.close()
    assert not caplog.records


async def test_too_many_clients_are_turned_away_and_the_others_are_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(protocol, "MOST", 8)
    async with serving({}, max_viewers=1) as served, client(served) as http:
        assert (await http.get("/healthz")).status == 200
        with ExitStack() as stack:
            for _ in range(8):
                stack.enter_context(create_connection(("127.0.0.1", served.server.port)))
            assert await raw(served, b"GET /healthz HTTP/1.0") == b""
            assert (await http.get("/healthz")).status == 200
        async with asyncio.timeout(10):
            while not (await raw(served, b"GET /healthz HTTP/1.0")).startswith(b"HTTP/1.0 200 "):
                await asyncio.sleep(0.01)
