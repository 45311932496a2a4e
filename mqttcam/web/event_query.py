"""The query parameters of the lists of events and files: `?camera=&type=&zone=&label=&from=&to=&limit=&before=`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TypeVar, get_args

from aiohttp import web
from msgspec.structs import replace

from mqttcam.recordings.counting import TIMELINE_TYPES, Tags, TimelineType
from mqttcam.recordings.library import Library
from mqttcam.recordings.listed import EventQuery, FileType
from mqttcam.recordings.recording import EventType
from mqttcam.recordings.series_files import position_of
from mqttcam.values import InvalidValue, Number
from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import ApiError
from mqttcam.web.schemas import Schema

EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
FILE_TYPES: tuple[FileType, ...] = get_args(FileType)
Type = TypeVar("Type", bound=str)
_LIMIT = Number(1, 500, integer=True)
_DEFAULT_LIMIT = 50
STEP = Number(1, 86400, integer=True, unit="s")
"""The length of a slot of the time line."""
DEFAULT_STEP = 60
MAX_SLOTS = 2880
"""In one request."""
_TIME = "an ISO 8601 time, such as 2026-11-29T19:30:00Z; without an offset, it is UTC"
_SPACE_BEFORE_OFFSET = re.compile(r" (?=\d\d:?\d\d$)")
_LARGEST_NS = 2**63 - 1
Position = tuple[int, str]
"""In a list: Unix nanoseconds of the beginning, and the id."""

_ID = re.compile(r"[0-9a-z-]{1,64}")
_TIME_SCHEMA: Schema = {"type": "string", "format": "date-time"}


def parameters(types: Sequence[str], *, without: Sequence[str] = ()) -> list[Schema]:
    """Return the parameters for the OpenAPI document, except those in `without`."""
    any_of = "|".join(types)
    schemas: Mapping[str, Schema] = {
        "camera": {"type": "string", "description": "The id of the camera."},
        "type": {
            "type": "string",
            "pattern": f"^({any_of})(,({any_of}))*$",
            "description": f"Of {', '.join(types)}; several with commas.",
        },
        "zone": {"type": "string", "description": "Only events with motion in this zone."},
        "label": {"type": "string", "description": "Only events in which this was detected."},
        "from": _TIME_SCHEMA | {"description": _TIME},
        "to": _TIME_SCHEMA | {"description": _TIME},
        "limit": {"type": "integer", "minimum": 1, "maximum": int(_LIMIT.maximum), "default": _DEFAULT_LIMIT},
        "before": {
            "anyOf": [{"type": "string", "pattern": f"^{_ID.pattern}$"}, _TIME_SCHEMA],
            "description": f"The id of the last one of the page before, or {_TIME}.",
        },
    }
    return [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in schemas.items()
        if name not in without
    ]


async def event_query(request: web.Request, library: Library, cameras: Sequence[str]) -> EventQuery:
    """Return the parameters of a request for events.

    Raises:
        ApiError: one of them is not valid.
        LibraryUnavailable: the disk does not answer.
    """

    async def position(event_id: str) -> Position | None:
        event = await library.get(event_id)
        return None if event is None else (event.begin_ns, event.id)

    query = await tagged_query(request, library, cameras)
    return replace(
        query,
        types=types_in(request, EVENT_TYPES),
        begin_ns=_time_ns(request, "from"),
        end_ns=_time_ns(request, "to"),
        limit=_limit(request),
        before=await _before(request, position),
    )


async def file_query(
    request: web.Request, library: Library, cameras: Sequence[str]
) -> tuple[EventQuery, tuple[FileType, ...]]:
    """Return the parameters of a request for files, and the types of files.

    Raises:
        ApiError: one of them is not valid.
        LibraryUnavailable: the disk does not answer.
    """

    async def position(file_id: str) -> Position | None:
        if (found := position_of(file_id)) is not None:
            return found
        file = await library.file(file_id)
        return None if file is None else (file.begin_ns, file.id)

    query = EventQuery(
        camera=_camera(request, cameras),
        begin_ns=_time_ns(request, "from"),
        end_ns=_time_ns(request, "to"),
        limit=_limit(request),
        before=await _before(request, position),
    )
    return query, types_in(request, FILE_TYPES) or FILE_TYPES


async def timeline_query(
    request: web.Request, library: Library, cameras: Sequence[str]
) -> tuple[EventQuery, tuple[TimelineType, ...]]:
    """Return the parameters of a request for the time line, and its types.

    Raises:
        ApiError: one of them is not valid.
        LibraryUnavailable: the disk does not answer.
    """

    async def position(entry_id: str) -> Position | None:
        if (found := position_of(entry_id)) is not None:
            return found
        entry = await library.get(entry_id) or await library.file(entry_id)
        return None if entry is None else (entry.begin_ns, entry.id)

    query = replace(
        await tagged_query(request, library, cameras),
        begin_ns=_time_ns(request, "from"),
        end_ns=_time_ns(request, "to"),
        limit=_limit(request),
        before=await _before(request, position),
    )
    return query, types_in(request, TIMELINE_TYPES) or TIMELINE_TYPES


async def tagged_query(request: web.Request, library: Library, cameras: Sequence[str]) -> EventQuery:
    """Return a query for the camera, zone and label of a request.

    Raises:
        ApiError: there is no such camera, zone or label.
        LibraryUnavailable: the disk does not answer.
    """
    query = EventQuery(camera=_camera(request, cameras))
    zone, label = request.query.get("zone") or None, request.query.get("label") or None
    if zone is None and label is None:
        return query
    known = await known_tags(request, library, query.camera)
    for name, value, allowed in (("zone", zone, known.zones), ("label", label, known.labels)):
        if value is not None and value not in allowed:
            raise ApiError(404, "not_found", f"no such {name}", name, list(allowed))
    return replace(query, zone=zone, label=label)


async def known_tags(request: web.Request, library: Library, camera: str | None) -> Tags:
    """Return the zones and labels of a camera, or of all: those that are configured, and those that events have.

    Raises:
        LibraryUnavailable: the disk does not answer.
    """
    recorded = await library.timeline.tags(camera)
    zones, labels = set(recorded.zones), set(recorded.labels)
    for device in request.app[CONTEXT].registry.devices.values():
        if camera in (None, device.id):
            zones |= set() if device.motion is None else {*device.motion.areas.zones}
            labels |= set() if device.detections is None else {*device.detections.labels}
    return Tags(tuple(sorted(zones)), tuple(sorted(labels)))


def _camera(request: web.Request, cameras: Sequence[str]) -> str | None:
    camera = request.query.get("camera") or None
    if camera is not None and camera not in cameras:
        raise ApiError(404, "not_found", "no such camera", "camera", list(cameras))
    return camera


def types_in(request: web.Request, allowed: tuple[Type, ...]) -> tuple[Type, ...]:
    """Return the types that a request names, in the order of `allowed`; none if it names none.

    Raises:
        ApiError: there is no such type.
    """
    names = [name for name in request.query.get("type", "").split(",") if name]
    if not set(names) <= set(allowed):
        raise ApiError(400, "invalid_value", "no such type", "type", list(allowed))
    return tuple(kind for kind in allowed if kind in names)


def _limit(request: web.Request) -> int:
    if "limit" not in request.query:
        return _DEFAULT_LIMIT
    try:
        return int(_LIMIT.coerce(request.query["limit"]))
    except InvalidValue as error:
        raise ApiError(400, "invalid_value", error.message, "limit", error.allowed) from None


def _time_ns(request: web.Request, name: str) -> int | None:
    text = request.query.get(name) or None
    return None if text is None else _parse_time(text, name, _TIME)


async def _before(
    request: web.Request, position: Callable[[str], Awaitable[Position | None]]
) -> Position | None:
    text = request.query.get("before") or None
    if text is None:
        return None
    allowed = f"the id of the last one of the page before, or {_TIME}"
    if _ID.fullmatch(text):
        if (found := await position(text)) is not None:
            return found
        if not _is_date(text):
            raise ApiError(
                404, "not_found", "nothing has this id; it may have been deleted", "before", allowed
            )
    return _parse_time(text, "before", allowed), ""


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _parse_time(text: str, name: str, allowed: str) -> int:
    """Return Unix nanoseconds.

    Raises:
        ApiError: the text is not a time.
    """
    try:
        # A plus sign in a query that is not escaped arrives as a space.
        when = datetime.fromisoformat(
            _SPACE_BEFORE_OFFSET.sub("+", text.upper()) if "T" in text.upper() else text
        )
        ns = round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1e9)
    except (ValueError, OverflowError):
        raise ApiError(400, "invalid_value", "is not a time", name, allowed) from None
    return max(-_LARGEST_NS, min(ns, _LARGEST_NS))
