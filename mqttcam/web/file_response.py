"""Sending a file, or a range of it, as players need to seek.

Not aiohttp's `FileResponse`: its `sendfile` reads the disk on the event loop.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from aiohttp import web

from mqttcam.web.context import CONTEXT
from mqttcam.web.disk_threads import OpenFile
from mqttcam.web.endless import NOT_CACHED
from mqttcam.web.errors import ApiError
from mqttcam.web.places import hang_up

_CHUNK = 64 * 1024
_CACHED = {"Cache-Control": "private, max-age=3600"}


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file to send, in the folder of the recordings.

    Attributes:
        name: for a download.
        is_final: whether it never changes; otherwise it is not cached.
    """

    path: Path
    content_type: str
    name: str
    is_final: bool = True


async def send_file(request: web.Request, file: SentFile) -> web.StreamResponse | None:
    """Send a file, as a download if the query has `download`; return None if it is not there.

    Raises:
        ApiError: the range is beyond the file, or the disk fails.
    """
    context = request.app[CONTEXT]
    if context.library is None:
        return None
    try:
        opened = await context.disk.open(context.library.path, file.path)
        if opened is None:
            return None
        try:
            return await _send(request, file, opened)
        finally:
            opened.close()
    except OSError as error:
        if isinstance(error, ConnectionError):
            raise
        raise ApiError(503, "unavailable", f"the file cannot be read: {error.strerror}") from error


async def _send(request: web.Request, file: SentFile, opened: OpenFile) -> web.StreamResponse:
    size, etag = opened.stat.st_size, f"{opened.stat.st_mtime_ns:x}-{opened.stat.st_size:x}"
    modified = formatdate(opened.stat.st_mtime, usegmt=True)
    response = web.StreamResponse(headers=_CACHED if file.is_final else NOT_CACHED)
    response.content_type = file.content_type
    response.etag = etag
    response.headers["Last-Modified"] = modified
    response.headers["Accept-Ranges"] = "bytes"
    disposition = "attachment" if "download" in request.query else "inline"
    response.headers["Content-Disposition"] = f'{disposition}; filename="{file.name}"'
    if any(known.value in (etag, "*") for known in request.if_none_match or ()):
        response.set_status(304)
        await response.prepare(request)
        return response
    wanted = None
    if request.headers.get("If-Range", etag).strip('"') in (etag, modified):
        wanted = _range(request, size)
    if wanted is not None:
        response.set_status(206)
        response.headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
    part = wanted if wanted is not None else range(size)
    response.content_length = len(part)
    await response.prepare(request)
    if request.method != "HEAD":
        await _write(request, response, opened, part)
    return response


def _range(request: web.Request, size: int) -> range | None:
    """Return the requested bytes; None for all, also if several ranges or no valid one are requested (RFC 9110, 14.2).

    Raises:
        ApiError: there are no such bytes.
    """
    try:
        asked = request.http_range
    except ValueError:
        return None
    if asked.start is None:
        return None
    found = range(size)[asked.start : asked.stop]
    last_none = asked.start == 0 and "=-" in request.headers["Range"]
    if last_none or not found:
        headers = {"Content-Range": f"bytes */{size}"}
        message = f"the file has {size} bytes"
        raise ApiError(416, "invalid_request", message, "Range", {"min": 0, "max": size - 1}, headers)
    return found


async def _write(request: web.Request, response: web.StreamResponse, opened: OpenFile, part: range) -> None:
    """Send a part of the file. The connection is closed if the client reads nothing for a while, or the file ends."""
    stalled = request.app[CONTEXT].timing.stalled
    position = part.start
    try:
        while position < part.stop:
            chunk = await opened.read(position, min(_CHUNK, part.stop - position))
            if not chunk:
                raise EOFError
            async with asyncio.timeout(stalled):
                await response.write(chunk)
            position += len(chunk)
    except (TimeoutError, EOFError, OSError, ApiError):
        hang_up(request)
