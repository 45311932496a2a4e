"""Smaller versions of stored pictures, a few at a time: each needs a processor, and memory for a large picture."""

from __future__ import annotations

import asyncio

from mqttcam.imaging.preview import preview
from mqttcam.web.disk_threads import OpenFile
from mqttcam.web.errors import ApiError

_AT_A_TIME = 2
_MAX_BYTES = 64 * 2**20
"""Of a picture's file: the largest JPEGs have half as many, and PNGs of 33 million pixels about as many."""


class Previews:
    """Makes smaller versions of pictures. Requests wait for their turn with nothing in memory."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(_AT_A_TIME)

    async def of_file(self, file: OpenFile, width: int) -> bytes | None:
        """Return the picture in a file as a JPEG of this width; None if it is not wider.

        Raises:
            ApiError: it is broken or too large, or the disk does not answer.
            OSError: the disk has failed.
        """
        async with self._places:
            if file.stat.st_size > _MAX_BYTES:
                raise _cannot(f"its file has more than {_MAX_BYTES} bytes")
            return await _made(await file.read(0, _MAX_BYTES), width)

    async def of(self, jpeg: bytes, width: int) -> bytes | None:
        """Return a picture as a JPEG of this width; None if it is not wider.

        Raises:
            ApiError: it is broken.
        """
        async with self._places:
            return await _made(jpeg, width)


async def _made(data: bytes, width: int) -> bytes | None:
    """Make it in a thread, which cannot be stopped: if the client disconnects, its place is free when that ends."""
    work = asyncio.ensure_future(asyncio.to_thread(preview, data, width))
    try:
        await asyncio.wait([work])
    except asyncio.CancelledError:
        await asyncio.wait([work])
        work.exception()
        raise
    try:
        return work.result()
    except ValueError as error:
        raise _cannot(str(error)) from None


def _cannot(why: str) -> ApiError:
    return ApiError(422, "invalid_picture", f"the picture cannot be made smaller: {why}")
