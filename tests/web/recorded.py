"""Recordings on a web server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from mqttcam.recordings.recording import Recording
from tests.recordings.made import make_files
from tests.web.serving import Served, client, serving

VIDEO = bytes(range(256)) * 1000
JSON = {"Content-Type": "application/json"}


async def add(served: Served, made: Recording, video: bytes = VIDEO) -> Recording:
    """Make a recording, and wait until it is listed."""
    make_files(served.library.path, made, video)
    served.library.add(made)
    while (found := await served.library.get(made.id)) is None or not found.is_whole:
        await asyncio.sleep(0.01)
    return made


@asynccontextmanager
async def opened(**web: Any) -> AsyncIterator[tuple[Served, aiohttp.ClientSession]]:
    """Serve without cameras, which take time to start."""
    async with serving({}, **web) as served, client(served) as http:
        yield served, http


async def get(http: aiohttp.ClientSession, path: str, status: int = 200, **options: Any) -> Any:
    async with http.get(path, **options) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()
