"""Events and recordings over HTTP: lists, clips and pictures, favourites, deletion."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import orjson
from aiohttp import web

from mqttcam.recordings.indexed_files import NotFinished
from mqttcam.recordings.library import Library, LibraryUnavailable
from mqttcam.recordings.listed import ListedEvent
from mqttcam.recordings.paths import RecordingFiles
from mqttcam.recordings.recording import Recording
from mqttcam.recordings.sidecar import DATE, NAME
from mqttcam.web.api import body
from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import RETRY_AFTER, ApiError, json_response
from mqttcam.web.event_query import event_query, file_query
from mqttcam.web.file_response import SentFile, send_file

_FILE = re.compile(rf"(?P<stem>{DATE.pattern}/{NAME.pattern})(-start|-end)?\.(?P<kind>mp4|jpg)")
_GONE = "it is not kept any more"


async def events(request: web.Request) -> web.Response:
    """Send events, the newest first."""
    async with _library(request) as library:
        found = await library.find(await event_query(request, library, _cameras(request)))
    return json_response({"events": [_describe(request, event) for event in found]})


async def event(request: web.Request) -> web.Response:
    """Send one event."""
    async with _library(request) as library:
        return json_response(_describe(request, await _find(request, library)))


async def delete_event(request: web.Request) -> web.Response:
    """Delete an event with its recordings."""
    async with _library(request) as library:
        if not await library.delete(request.match_info["event"]):
            raise _unknown()
    return json_response({"ok": True})


async def keep_event(request: web.Request) -> web.Response:
    """Make the recordings of an event favourites, or undo that: `{"keep": true}`."""
    keep = _keep(await body(request))
    async with _library(request) as library:
        found = await library.set_keep(request.match_info["event"], keep)
    if found is None:
        raise _unknown()
    return json_response(_describe(request, found))


async def clip(request: web.Request) -> web.StreamResponse:
    """Send the video of an event."""
    async with _library(request) as library:
        found = await _find(request, library)
        if not found.is_whole:
            message = "the recording is still being made; its clip is here once it is whole"
            raise ApiError(404, "not_found", message, headers={"Retry-After": RETRY_AFTER})
        files = RecordingFiles(library.path, found.stem)
        name = f"{found.camera}-{_local_time(found.begin_ns)}.mp4"
        response = await send_file(request, SentFile(files.video, "video/mp4", name))
        if response is None:
            library.forget_missing(found.stem)
            raise _unknown()
        return response


async def picture(request: web.Request) -> web.StreamResponse:
    """Send the picture of an event, of the frame with the most motion."""
    async with _library(request) as library:
        found = await _find(request, library)
        files = RecordingFiles(library.path, found.stem)
        name = f"{found.camera}-{_local_time(found.begin_ns)}.jpg"
        for kind in found.pictures:
            file = SentFile(files.picture(kind), "image/jpeg", name, is_final=found.is_whole)
            if (response := await send_file(request, file)) is not None:
                return response
    raise ApiError(404, "not_found", "this event has no picture")


async def files(request: web.Request) -> web.Response:
    """Send the files that are kept, the newest first."""
    async with _library(request) as library:
        query, types = await file_query(request, library, _cameras(request))
        found = await library.recordings(query) if not types or "recording" in types else []
    return json_response({"files": [_describe_file(request, recording) for recording in found]})


async def file(request: web.Request) -> web.StreamResponse:
    """Send a file of a recording."""
    camera, name = request.match_info["camera"], request.match_info["name"]
    match = _FILE.fullmatch(name)
    async with _library(request) as library:
        if match is not None:
            content_type = "video/mp4" if match["kind"] == "mp4" else "image/jpeg"
            download = f"{camera}-{name.replace('/', '-')}"
            path = library.path / camera / name
            if (response := await send_file(request, SentFile(path, content_type, download))) is not None:
                return response
    raise ApiError(404, "not_found", f"no such file, or {_GONE}", "name")


async def delete_file(request: web.Request) -> web.Response:
    """Delete a recording by the name of its video."""
    match = _FILE.fullmatch(request.match_info["name"])
    async with _library(request) as library:
        if match is None or match["kind"] != "mp4":
            raise ApiError(404, "not_found", "no such recording; its pictures are deleted with it", "name")
        if not await library.delete_files(f"{request.match_info['camera']}/{match['stem']}"):
            raise ApiError(404, "not_found", f"no such recording, or {_GONE}", "name")
    return json_response({"ok": True})


@asynccontextmanager
async def _library(request: web.Request) -> AsyncIterator[Library]:
    """Yield the library; its failures become errors of the request."""
    library = request.app[CONTEXT].library
    if library is None:
        raise ApiError(503, "unavailable", "recordings are not available")
    try:
        yield library
    except LibraryUnavailable as error:
        raise ApiError(503, "unavailable", str(error), headers={"Retry-After": RETRY_AFTER}) from error
    except NotFinished:
        message = "the recording is still being made: end it with the command stop_recording"
        raise ApiError(409, "busy", message) from None


def _cameras(request: web.Request) -> list[str]:
    """Return the ids of present and former cameras."""
    context = request.app[CONTEXT]
    recorded = context.library.cameras if context.library is not None else ()
    return sorted({*context.registry.devices, *recorded})


async def _find(request: web.Request, library: Library) -> ListedEvent:
    found = await library.get(request.match_info["event"])
    if found is None:
        raise _unknown()
    return found


def _unknown() -> ApiError:
    return ApiError(404, "not_found", f"no such event, or {_GONE}", "event")


def _keep(data: bytes) -> bool:
    try:
        parsed = orjson.loads(data)
    except ValueError:
        raise ApiError(400, "invalid_json", 'the body must be {"keep": true} or {"keep": false}') from None
    value = parsed.get("keep") if isinstance(parsed, dict) else None
    if isinstance(value, bool):
        return value
    raise ApiError(400, "invalid_value", "is missing, or neither true nor false", "keep", [True, False])


def _describe(request: web.Request, event: ListedEvent) -> dict[str, object]:
    here = f"{request.app[CONTEXT].base(request)}/events/{event.id}"
    return {
        "id": event.id,
        "camera": event.camera,
        "type": event.type,
        "from": _iso(event.begin_ns),
        "to": None if event.end_ns is None else _iso(event.end_ns),
        "score": event.score,
        "zones": event.zones,
        "labels": event.labels,
        "keep": event.keep,
        "picture": f"{here}/picture.jpg" if event.pictures else None,
        "clip": f"{here}/clip.mp4" if event.is_whole else None,
    }


def _describe_file(request: web.Request, recording: Recording) -> dict[str, object]:
    name = f"{recording.stem.partition('/')[2]}.mp4"
    return {
        "id": recording.id,
        "camera": recording.camera,
        "type": "recording",
        "name": name,
        "from": _iso(recording.begin_ns),
        "seconds": recording.seconds,
        "bytes": recording.bytes,
        "keep": recording.keep,
        "url": f"{request.app[CONTEXT].base(request)}/files/{recording.camera}/{name}",
    }


def _iso(ns: int) -> str:
    return datetime.fromtimestamp(ns / 1e9, UTC).isoformat(timespec="milliseconds")


def _local_time(ns: int) -> str:
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(ns / 1e9))
