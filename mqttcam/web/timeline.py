"""The time line over HTTP: events, photos and series in one list, counted by day, and in the parts of a day."""

from __future__ import annotations

from datetime import date, timedelta

from aiohttp import web

from mqttcam.recordings.counting import TIMELINE_TYPES, Slot
from mqttcam.recordings.listed import ListedEvent
from mqttcam.recordings.timeline import Entry, Period, SeriesPictures
from mqttcam.values import InvalidValue
from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import ApiError, json_response
from mqttcam.web.event_query import (
    DEFAULT_STEP,
    MAX_SLOTS,
    STEP,
    known_tags,
    tagged_query,
    timeline_query,
    types_in,
)
from mqttcam.web.events import describe_event
from mqttcam.web.files import describe_file
from mqttcam.web.library import camera_ids, iso_time, library_of
from mqttcam.web.local_days import begin_ns, local_days, time_zone


async def timeline(request: web.Request) -> web.Response:
    """Send events, photos and files of series, newest first."""
    async with library_of(request) as library:
        query, types = await timeline_query(request, library, camera_ids(request))
        found = await library.timeline.entries(query, types)
    return json_response({"entries": [_describe(request, entry) for entry in found]})


async def days(request: web.Request) -> web.Response:
    """Send how much there is on each day of a time zone, oldest first. Days without anything are left out."""
    zone = time_zone(request)
    wanted = local_days(request, zone)
    types = types_in(request, TIMELINE_TYPES) or TIMELINE_TYPES
    bounds = [begin_ns(day, zone) for day in (*wanted, *(day + timedelta(days=1) for day in wanted[-1:]))]
    by_begin = dict(zip(bounds, wanted, strict=False))
    async with library_of(request) as library:
        query = await tagged_query(request, library, camera_ids(request))
        found = await library.timeline.periods(query, types, bounds)
    described = [_describe_day(request, by_begin[period.begin_ns], period) for period in found]
    return json_response({"tz": zone.key, "days": described})


async def slots(request: web.Request) -> web.Response:
    """Send what there is between two times, in slots for each camera and type; longer ones if there are too many."""
    step = _step(request)
    async with library_of(request) as library:
        query, types = await timeline_query(request, library, camera_ids(request))
        begin, end = query.begin_ns, query.end_ns
        if begin is None or end is None:
            missing = "from" if begin is None else "to"
            raise ApiError(400, "invalid_value", "is missing", missing, "a time")
        step = max(step, -((begin - end) // (MAX_SLOTS * 10**9)))
        found = await library.timeline.slots(query, types, step * 10**9) if begin < end else []
    described = [_describe_slot(begin, slot) for slot in found]
    return json_response({"from": iso_time(begin), "step": step, "slots": described})


async def filters(request: web.Request) -> web.Response:
    """Send the cameras, and the zones and labels of one of them or of all, by which the time line can be filtered."""
    async with library_of(request) as library:
        cameras = camera_ids(request)
        camera = (await tagged_query(request, library, cameras)).camera
        known = await known_tags(request, library, camera)
    return json_response({"cameras": cameras, "zones": known.zones, "labels": known.labels})


def _step(request: web.Request) -> int:
    try:
        return int(STEP.coerce(request.query.get("step", DEFAULT_STEP)))
    except InvalidValue as error:
        raise ApiError(400, "invalid_value", error.message, "step", error.allowed) from None


def _describe(request: web.Request, entry: Entry) -> dict[str, object]:
    """Return an entry of the list; a photo and a file of a series have what an event has, and their file."""
    if isinstance(entry, ListedEvent):
        return describe_event(request, entry) | {"name": None, "series": None, "raw": None}
    file = describe_file(request, entry)
    url = str(file["url"])
    is_video = url.endswith(".mp4")
    return {
        "id": file["id"],
        "camera": file["camera"],
        "type": file["type"],
        "from": file["from"],
        "to": file["from"],
        "score": None,
        "zones": [],
        "labels": [],
        "keep": file["keep"],
        "picture": None if is_video else url,
        "clip": url if is_video else None,
        "name": file["name"],
        "series": file.get("series"),
        "raw": file.get("raw"),
    }


def _describe_day(request: web.Request, day: date, period: Period) -> dict[str, object]:
    base = request.app[CONTEXT].base(request)
    return {
        "day": day.isoformat(),
        "from": iso_time(period.begin_ns),
        "to": iso_time(period.end_ns),
        "counts": period.counts,
        "series": [_describe_series(base, one) for one in period.series],
    }


def _describe_series(base: str, pictures: SeriesPictures) -> dict[str, object]:
    return {
        "camera": pictures.camera,
        "series": pictures.series,
        "count": pictures.count,
        "name": pictures.last.partition("/")[2],
        "last": iso_time(pictures.last_ns),
        "picture": f"{base}/files/{pictures.last}",
    }


def _describe_slot(begin: int, slot: Slot) -> dict[str, object]:
    return {
        "camera": slot.camera,
        "type": slot.type,
        "begin": round((slot.begin_ns - begin) / 1e9, 3),
        "end": round((slot.end_ns - begin) / 1e9, 3),
        "count": slot.count,
    }
