"""Sending a file, or a range of it, as players need to seek.

Not aiohttp's `FileResponse`: its `sendfile` reads the disk on the event loop.
"""

from __future__ import annotations

import asyncio
from email.utils import formatdate
from pathlib import Path

from aiohttp import web
from msgspec import Struct

from mqttcam.web.context import CONTEXT
from mqttcam.web.disk_threads import OpenFile
from mqttcam.web.endless import NOT_CACHED
from mqttcam.web.errors import ApiError
from mqttcam.web.picture_query import width_in
from mqttcam.web.places import hang_up

_CHUNK = 64 * 1024
_JPEG = "image/jpeg"
_PICTURES = (_JPEG, "image/png")
_CACHED = {"Cache-Control": "private, max-age=3600"}


class SentFile(Struct, frozen=True):
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

    If the query has a `width`, and the file is a picture that is wider, a smaller version is sent.

    Raises:
        ApiError: the width or range is not valid, the picture is broken, or the disk fails.
    """
    context = request.app[CONTEXT]
    width = _width(request, file)
    if context.library is None:
        return None
    try:
        opened = await context.disk.open(context.library.path, file.path)
        if opened is None:
            return None
        try:
            return await _send(request, file, opened, width)
        finally:
            opened.close()
    except OSError as error:
        if isinstance(error, ConnectionError):
            raise
        raise ApiError(503, "unavailable", f"the file cannot be read: {error.strerror}") from error


def _width(request: web.Request, file: SentFile) -> int | None:
    """Return the width of the version to send; None for the file itself.

    Raises:
        ApiError: it is not valid, or the file is no picture.
    """
    width = width_in(request.query)
    if width is not None and file.content_type not in _PICTURES:
        raise ApiError(400, "invalid_value", "only JPEG and PNG pictures are made smaller", "width")
    return width


async def _send(
    request: web.Request, file: SentFile, opened: OpenFile, width: int | None
) -> web.StreamResponse:
    size, etag = opened.stat.st_size, f"{opened.stat.st_mtime_ns:x}-{opened.stat.st_size:x}"
    if width is not None:
        etag += f"-{width}"
    modified = formatdate(opened.stat.st_mtime, usegmt=True)
    headers = dict(_CACHED if file.is_final else NOT_CACHED) | {
        "ETag": f'"{etag}"',
        "Last-Modified": modified,
    }
    if any(known.value in (etag, "*") for known in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    if width is not None:
        smaller = await request.app[CONTEXT].previews.of_file(opened, width)
        if smaller is not None:
            headers["Content-Disposition"] = _disposition(request, Path(file.name).stem + ".jpg")
            return web.Response(body=smaller, content_type=_JPEG, headers=headers)
    response = web.StreamResponse(headers=headers)
    response.content_type = file.content_type
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["Content-Disposition"] = _disposition(request, file.name)
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


def _disposition(request: web.Request, name: str) -> str:
    return f'{"attachment" if "download" in request.query else "inline"}; filename="{name}"'


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
