"""A client of `/cameras/<cam>/live`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.support.waiting import PATIENCE
from tests.web.serving import Served, client

PATH = "/cameras/front/live"


class Live:
    """Reads one connection."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        self.ws = ws

    async def text(self, key: str) -> Any:
        """Return the value of the next text message with this key."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.ws.receive()
                assert message.type is not aiohttp.WSMsgType.CLOSED, "closed"
                if message.type is aiohttp.WSMsgType.TEXT and key in (found := message.json()):
                    return found[key]

    async def binary(self) -> bytes:
        """Return the next binary message."""
        async with asyncio.timeout(PATIENCE):
            while True:
                message = await self.ws.receive()
                assert message.type is not aiohttp.WSMsgType.CLOSED, "closed"
                if message.type is aiohttp.WSMsgType.BINARY:
                    return bytes(message.data)

    async def closed(self) -> int | None:
        """Read until the server closes, and return its code."""
        async with asyncio.timeout(PATIENCE):
            async for _ in self.ws:
                pass
        return self.ws.close_code


@asynccontextmanager
async def watching(served: Served, query: str = "", **options: Any) -> AsyncIterator[Live]:
    """Open a connection."""
    async with client(served) as session, session.ws_connect(PATH + query, **options) as ws:
        yield Live(ws)
