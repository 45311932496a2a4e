"""Links to one clip or picture that need no login and expire."""

from __future__ import annotations

import time

import orjson
from aiohttp import web

from mqttcam.recordings.series_files import SeriesFile
from mqttcam.values import InvalidValue
from mqttcam.web.api import body
from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import ApiError, json_response
from mqttcam.web.events import find_event
from mqttcam.web.files import describe_file, find_file
from mqttcam.web.library import iso_time, library_of
from mqttcam.web.signed_addresses import ADDRESS_SECONDS, SHARED_FILES, SHARED_SECONDS


async def share_event(request: web.Request) -> web.Response:
    """Return a link to the clip of an event, or to its picture: `{"seconds": 86400, "file": "clip"}`."""
    wanted = await _body(request)
    seconds, file = _seconds(wanted), wanted.get("file", "clip")
    if file not in SHARED_FILES:
        raise ApiError(400, "invalid_value", "is neither", "file", list(SHARED_FILES))
    async with library_of(request) as library:
        event = await find_event(request, library)
    if file == "clip" and not event.is_whole:
        raise ApiError(409, "busy", "the recording is still being made; share its picture, or wait", "file")
    if file == "picture" and not event.pictures:
        raise ApiError(404, "not_found", "this event has no picture", "file")
    return _link(request, f"events/{event.id}/{'clip.mp4' if file == 'clip' else 'picture.jpg'}", seconds)


async def share_file(request: web.Request) -> web.Response:
    """Return a link to the file of a recording, photo or series: `{"seconds": 86400}`."""
    seconds = _seconds(await _body(request))
    async with library_of(request) as library:
        found = await find_file(request, library)
    described = describe_file(request, found)
    name = found.path.partition("/")[2] if isinstance(found, SeriesFile) else described["name"]
    return _link(request, f"files/{found.camera}/{name}", seconds)


async def _body(request: web.Request) -> dict[str, object]:
    data = await body(request)
    try:
        parsed = orjson.loads(data or b"{}")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise ApiError(400, "invalid_json", 'the body must be an object, such as {"seconds": 86400}')
    return parsed


def _seconds(wanted: dict[str, object]) -> int:
    try:
        return int(SHARED_SECONDS.coerce(wanted.get("seconds", ADDRESS_SECONDS)))
    except InvalidValue as error:
        raise ApiError(400, "invalid_value", error.message, "seconds", error.allowed) from None


def _link(request: web.Request, path: str, seconds: int) -> web.Response:
    context = request.app[CONTEXT]
    expires_ns = round((time.time() + seconds) * 1e9)
    signed = context.addresses.sign(path, seconds)
    return json_response({"url": f"{_start(request)}{signed}", "expires": iso_time(expires_ns)})


def _start(request: web.Request) -> str:
    """Return the beginning of a link: the URL of the page if others need that, or else only the path prefix.

    Through ingress, the browser's own address needs a login at Home Assistant.
    """
    context = request.app[CONTEXT]
    page = context.registry.node.page
    if context.settings.public_url or "X-Ingress-Path" in request.headers:
        if page is None:
            message = "the page cannot be reached by others: set web.public_url"
            raise ApiError(503, "unavailable", message)
        return page
    return f"{context.base(request)}/"
