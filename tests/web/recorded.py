"""Recordings and photos on a web server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from mqttcam.recordings.photo import Photo
from mqttcam.recordings.photo_writer import PhotoData, PhotoWriter
from mqttcam.recordings.recording import Recording
from tests.recordings.made import make_files
from tests.support.pictures import jpeg
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


def photo_bytes() -> bytes:
    """Return the picture of `add_photo`."""
    return jpeg(64, 48)


async def add_photo(served: Served, begin: float, camera: str = "front", *, raw: bool = False) -> Photo:
    """Save a photo that was taken at a time, Unix seconds, and wait until it is listed."""
    draft = Photo(
        id=f"p-{round(begin)}-{camera}",
        camera=camera,
        stem="",
        begin_ns=round(begin * 1e9),
        bytes=0,
        width=64,
        height=48,
        metadata={"ExposureTime": 8000, "ScalerCrop": [0, 0, 64, 48]},
        histogram={"red": (1,) * 256, "green": (2,) * 256, "blue": (3,) * 256},
    )
    writer = PhotoWriter(camera, served.library)
    photo = await writer.save(draft, PhotoData(photo_bytes(), b"II*\0" if raw else None))
    await writer.close(10)
    while await served.library.file(photo.id) is None:
        await asyncio.sleep(0.01)
    return photo
