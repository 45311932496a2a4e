"""The server of the first-start page ends when nobody uses it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.waiting import HOST, PATIENCE, free_port

pytest.importorskip("aiohttp")
from mqttcam.setup.page import Listener, SetupPage


async def test_the_end_without_use(tmp_path: Path) -> None:
    page = SetupPage(
        tmp_path / "config.yaml", "token", lambda _path: [], Listener(HOST, free_port(), idle=0.01)
    )
    ready = asyncio.Event()
    async with asyncio.timeout(PATIENCE):
        await page.serve(ready.set)
    assert ready.is_set()
    assert page.written is None
    assert list(tmp_path.iterdir()) == []


async def test_a_port_that_is_in_use(tmp_path: Path) -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, HOST, 0)
    port = server.sockets[0].getsockname()[1]
    page = SetupPage(tmp_path / "config.yaml", "token", lambda _path: [], Listener(HOST, port))
    with pytest.raises(OSError, match="in use"):
        await page.serve(lambda: None)
    server.close()
    await server.wait_closed()


async def test_a_token_that_is_not_ascii_is_refused(tmp_path: Path) -> None:
    page = SetupPage(tmp_path / "config.yaml", "token", lambda _path: [], Listener(HOST, port := free_port()))
    ready = asyncio.Event()
    server = asyncio.create_task(page.serve(ready.set))
    async with asyncio.timeout(PATIENCE):
        await ready.wait()
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(
            b"GET /api/first-start HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\nConnection: close\r\n\r\n"
        )
        answer = await reader.read()
        writer.close()
        page.stop()
        await server
    assert answer.startswith(b"HTTP/1.1 401 ")
