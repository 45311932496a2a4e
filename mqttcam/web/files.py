"""Recordings and photos over HTTP: lists, details, files, favourites and deletion."""

from __future__ import annotations

import re
from pathlib import Path

from aiohttp import web

from mqttcam.recordings.library import Library
from mqttcam.recordings.photo import Photo
from mqttcam.recordings.photo_files import PHOTO_NAME, RAW, SUFFIXES
from mqttcam.recordings.series_files import SeriesFile, is_series_file
from mqttcam.recordings.sidecar import DATE, NAME, VIDEO, Kept
from mqttcam.web.api import body
from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import ApiError, json_response
from mqttcam.web.event_query import file_query
from mqttcam.web.file_response import SentFile, send_file
from mqttcam.web.library import GONE, camera_ids, iso_time, library_of, read_keep

_FILE = re.compile(
    rf"(?P<stem>{DATE.pattern}/({NAME.pattern}(?=\.mp4|(-start|-end)?\.jpg)|{PHOTO_NAME.pattern}(?=\.(jpg|png|dng))))"
    r"(-start|-end)?(?P<suffix>\.[a-z0-9]+)"
)
_CONTENT_TYPES = {
    VIDEO: "video/mp4",
    SUFFIXES["jpeg"]: "image/jpeg",
    SUFFIXES["png"]: "image/png",
    RAW: "image/x-adobe-dng",
}


async def files(request: web.Request) -> web.Response:
    """Send the list of stored files, newest first."""
    async with library_of(request) as library:
        query, types = await file_query(request, library, camera_ids(request))
        kept_types = tuple(kind for kind in types if kind != "series")
        found: list[Kept | SeriesFile] = []
        if kept_types:
            found += await library.files(query, kept_types)
        if "series" in types:
            found += await library.series_files(query)
    found.sort(key=lambda one: (_begin_ns(one), one.id), reverse=True)
    return json_response({"files": [describe_file(request, one) for one in found[: query.limit]]})


async def file_info(request: web.Request) -> web.Response:
    """Send the details of a recording, photo or file of a series, including the metadata and histogram of a photo."""
    async with library_of(request) as library:
        found = await find_file(request, library)
    return json_response(describe_file(request, found, whole=True))


async def keep_file(request: web.Request) -> web.Response:
    """Make a recording, photo or file of a series a favourite, or undo that: `{"keep": true}`."""
    keep, file_id = read_keep(await body(request)), request.match_info["file"]
    async with library_of(request) as library:
        found = await library.keep_series_file(file_id, keep) or _known(
            await library.keep_file(file_id, keep)
        )
    return json_response(describe_file(request, found))


async def file(request: web.Request) -> web.StreamResponse:
    """Send a file of a recording, photo or series."""
    camera, name = request.match_info["camera"], request.match_info["name"]
    match = _FILE.fullmatch(name)
    of_series = is_series_file(f"{camera}/{name}")
    async with library_of(request) as library:
        if match is not None or of_series:
            download = f"{camera}-{name.replace('/', '-')}"
            suffix = match["suffix"] if match is not None else Path(name).suffix
            grows = of_series and suffix == VIDEO
            path = library.path / camera / name
            sent = SentFile(path, _CONTENT_TYPES[suffix], download, is_final=not grows)
            if (response := await send_file(request, sent)) is not None:
                return response
    raise ApiError(404, "not_found", f"no such file, or {GONE}", "name")


async def delete_file(request: web.Request) -> web.Response:
    """Delete a recording by the name of its video, a photo by that of its picture, or a file of a series."""
    camera, name = request.match_info["camera"], request.match_info["name"]
    match = _FILE.fullmatch(name)
    async with library_of(request) as library:
        if is_series_file(f"{camera}/{name}"):
            if not await library.delete_series_file(f"{camera}/{name}"):
                raise ApiError(404, "not_found", f"no such file, or {GONE}", "name")
            return json_response({"ok": True})
        if match is None or not _is_whole(match):
            message = "no such recording or photo; their other files are deleted with them"
            raise ApiError(404, "not_found", message, "name")
        if not await library.delete_files(f"{camera}/{match['stem']}"):
            raise ApiError(404, "not_found", f"no such recording or photo, or {GONE}", "name")
    return json_response({"ok": True})


def _is_whole(match: re.Match[str]) -> bool:
    """Return whether this is the name of the main file of a recording or photo."""
    is_photo = PHOTO_NAME.fullmatch(match["stem"].rpartition("/")[2]) is not None
    return match["suffix"] in SUFFIXES.values() if is_photo else match["suffix"] == VIDEO


def _known(kept: Kept | None) -> Kept:
    """Return it.

    Raises:
        ApiError: it is None.
    """
    if kept is None:
        raise ApiError(404, "not_found", f"no such file, or {GONE}", "file")
    return kept


def _begin_ns(file: Kept | SeriesFile) -> int:
    return file.ts_ns if isinstance(file, SeriesFile) else file.begin_ns


async def find_file(request: web.Request, library: Library) -> Kept | SeriesFile:
    """Return the recording, photo or file of a series whose id is in a request's path.

    Raises:
        ApiError: it is unknown.
        LibraryUnavailable: the disk does not answer.
    """
    file_id = request.match_info["file"]
    return await library.series_file(file_id) or _known(await library.file(file_id))


def describe_file(request: web.Request, file: Kept | SeriesFile, *, whole: bool = False) -> dict[str, object]:
    """Return a file as JSON-able data; `whole`: include what is too long for a list."""
    if not isinstance(file, SeriesFile):
        return _describe(request, file, whole=whole)
    return {
        "id": file.id,
        "camera": file.camera,
        "type": "series",
        "series": file.series,
        "name": file.path.partition("/")[2],
        "from": iso_time(file.ts_ns),
        "seconds": None,
        "bytes": file.bytes,
        "keep": file.keep,
        "url": f"{request.app[CONTEXT].base(request)}/files/{file.path}",
    }


def _describe(request: web.Request, kept: Kept, *, whole: bool) -> dict[str, object]:
    folder = f"{request.app[CONTEXT].base(request)}/files/{kept.camera}"
    stem = kept.stem.partition("/")[2]
    name = stem + (SUFFIXES[kept.type] if isinstance(kept, Photo) else VIDEO)
    described: dict[str, object] = {
        "id": kept.id,
        "camera": kept.camera,
        "type": "photo" if isinstance(kept, Photo) else "recording",
        "name": name,
        "from": iso_time(kept.begin_ns),
        "seconds": None if isinstance(kept, Photo) else kept.seconds,
        "bytes": kept.bytes,
        "keep": kept.keep,
        "url": f"{folder}/{name}",
    }
    if isinstance(kept, Photo):
        raw = f"{folder}/{stem}{RAW}" if kept.raw else None
        described |= {"width": kept.width, "height": kept.height, "raw": raw}
        if whole:
            described |= {"paused": kept.paused, "metadata": kept.metadata, "histogram": kept.histogram}
    return described
