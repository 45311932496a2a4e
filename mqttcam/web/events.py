"""Events over HTTP: lists, clips and pictures, favourites, deletion."""

from __future__ import annotations

import time

from aiohttp import web

from mqttcam.recordings.library import Library
from mqttcam.recordings.listed import ListedEvent
from mqttcam.recordings.paths import RecordingFiles
from mqttcam.web.api import body
from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import RETRY_AFTER, ApiError, json_response
from mqttcam.web.event_query import event_query
from mqttcam.web.file_response import SentFile, send_file
from mqttcam.web.library import GONE, camera_ids, iso_time, library_of, read_keep


async def events(request: web.Request) -> web.Response:
    """Send events, the newest first."""
    async with library_of(request) as library:
        found = await library.find(await event_query(request, library, camera_ids(request)))
    return json_response({"events": [describe_event(request, event) for event in found]})


async def event(request: web.Request) -> web.Response:
    """Send one event."""
    async with library_of(request) as library:
        return json_response(describe_event(request, await find_event(request, library)))


async def delete_event(request: web.Request) -> web.Response:
    """Delete an event with its recordings."""
    async with library_of(request) as library:
        if not await library.delete(request.match_info["event"]):
            raise _unknown()
    return json_response({"ok": True})


async def keep_event(request: web.Request) -> web.Response:
    """Make the recordings of an event favourites, or undo that: `{"keep": true}`."""
    keep = read_keep(await body(request))
    async with library_of(request) as library:
        found = await library.set_keep(request.match_info["event"], keep)
    if found is None:
        raise _unknown()
    return json_response(describe_event(request, found))


async def clip(request: web.Request) -> web.StreamResponse:
    """Send the video of an event."""
    async with library_of(request) as library:
        found = await find_event(request, library)
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
    async with library_of(request) as library:
        found = await find_event(request, library)
        files = RecordingFiles(library.path, found.stem)
        name = f"{found.camera}-{_local_time(found.begin_ns)}.jpg"
        for kind in found.pictures:
            file = SentFile(files.picture(kind), "image/jpeg", name, is_final=found.is_whole)
            if (response := await send_file(request, file)) is not None:
                return response
    raise ApiError(404, "not_found", "this event has no picture")


async def find_event(request: web.Request, library: Library) -> ListedEvent:
    """Return the event in a request's path.

    Raises:
        ApiError: it is unknown.
        LibraryUnavailable: the disk does not answer.
    """
    found = await library.get(request.match_info["event"])
    if found is None:
        raise _unknown()
    return found


def _unknown() -> ApiError:
    return ApiError(404, "not_found", f"no such event, or {GONE}", "event")


def describe_event(request: web.Request, event: ListedEvent) -> dict[str, object]:
    """Return an event as JSON-able data."""
    here = f"{request.app[CONTEXT].base(request)}/events/{event.id}"
    return {
        "id": event.id,
        "camera": event.camera,
        "type": event.type,
        "from": iso_time(event.begin_ns),
        "to": None if event.end_ns is None else iso_time(event.end_ns),
        "score": event.score,
        "zones": event.zones,
        "labels": event.labels,
        "keep": event.keep,
        "picture": f"{here}/picture.jpg" if event.pictures else None,
        "clip": f"{here}/clip.mp4" if event.is_whole else None,
    }


def _local_time(ns: int) -> str:
    return time.strftime("%Y%m%d-%H%M%S", time.localtime(ns / 1e9))
