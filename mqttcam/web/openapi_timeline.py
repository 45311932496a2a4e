"""The paths of the time line and of shared links in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mqttcam.recordings.counting import TIMELINE_TYPES
from mqttcam.web.event_query import DEFAULT_STEP, MAX_SLOTS, STEP, parameters
from mqttcam.web.local_days import DEFAULT_DAYS, MAX_DAYS
from mqttcam.web.openapi_parts import as_json, errors, post, ref
from mqttcam.web.schemas import Schema, value_schema
from mqttcam.web.signed_addresses import ADDRESS_SECONDS, SHARED_SECONDS

_TAG = "events"
_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_NUMBER: Schema = {"type": "number"}
_COUNT: Schema = {"type": "integer"}


def timeline_paths() -> dict[str, object]:
    """Return the paths; they are the same for all cameras."""
    types = TIMELINE_TYPES
    filters = parameters(types, without=("from", "to", "limit", "before"))
    camera = [one for one in filters if one["name"] == "camera"]
    times = [
        one | ({"required": True} if one["name"] in ("from", "to") else {})
        for one in parameters(types, without=("limit", "before"))
    ]
    return {
        "/api/timeline": {
            "get": _get(
                "Events, photos and files of series, newest first",
                parameters(types),
                _object(entries={"type": "array", "items": ref("Entry")}),
            )
        },
        "/api/timeline/days": {
            "get": _get(
                "How much there is on each day, oldest first; days without anything are left out",
                [*filters, *_day_parameters()],
                _object(tz=_TEXT, days={"type": "array", "items": _day()}),
            )
        },
        "/api/timeline/slots": {
            "get": _get(
                "What there is between two times, in slots for each camera and type",
                [*times, _step()],
                _object({"from": _TIME, "step": _COUNT, "slots": {"type": "array", "items": _slot()}}),
            )
        },
        "/api/timeline/filters": {
            "get": _get(
                "The cameras, zones and labels by which the time line can be filtered",
                camera,
                _object(
                    **{name: {"type": "array", "items": _TEXT} for name in ("cameras", "zones", "labels")}
                ),
            )
        },
    }


def share(what: str, files: Sequence[str] = ()) -> Schema:
    """Return a POST that makes a link which needs no login."""
    properties: Schema = {"seconds": value_schema(SHARED_SECONDS) | {"default": ADDRESS_SECONDS}}
    if files:
        properties["file"] = {"enum": list(files), "default": files[0]}
    body: Schema = {"type": "object", "properties": properties}
    answer = _object(
        url=_TEXT
        | {
            "description": "Absolute with `web.public_url` and through ingress, otherwise without scheme and host."
        },
        expires=_TIME,
    )
    responses = {"200": as_json(answer, "The link.")} | errors(400, 401, 403, 404, 408, 409, 413, 415, 503)
    summary = f"Make a link to {what} that needs no login and expires"
    return post(summary, _TAG, body, required=False) | {"responses": responses}


def _get(summary: str, query: list[Schema], schema: Schema) -> Schema:
    responses = {"200": as_json(schema, "Success.")} | errors(400, 401, 403, 404, 503)
    return {"summary": summary, "tags": [_TAG], "parameters": query, "responses": responses}


def _object(first: Mapping[str, object] | None = None, **properties: object) -> Schema:
    properties = {**(first or {}), **properties}
    return {"type": "object", "required": list(properties), "properties": properties}


def _step() -> Schema:
    description = f"The length of a slot; longer if there would be more than {MAX_SLOTS}."
    schema = value_schema(STEP) | {"default": DEFAULT_STEP}
    return {"name": "step", "in": "query", "required": False, "schema": schema, "description": description}


def _day_parameters() -> list[Schema]:
    date: Schema = {"type": "string", "format": "date"}
    first = f"The first day; by default {DEFAULT_DAYS} days before `to`, and at most {MAX_DAYS}."
    schemas: Mapping[str, Schema] = {
        "from": date | {"description": first},
        "to": date | {"description": "The day after the last one; by default tomorrow."},
        "tz": _TEXT
        | {"description": "The IANA time zone of the days, such as Europe/Berlin.", "default": "UTC"},
    }
    return [
        {"name": name, "in": "query", "required": False, "schema": schema} for name, schema in schemas.items()
    ]


def _day() -> Schema:
    series = _object(camera=_TEXT, series=_TEXT, count=_COUNT, name=_TEXT, last=_TIME, picture=_TEXT)
    counts: Schema = {
        "type": "object",
        "description": "By type; series by their pictures.",
        "propertyNames": {"enum": list(TIMELINE_TYPES)},
        "additionalProperties": _COUNT,
    }
    return _object(
        {"day": {"type": "string", "format": "date"}, "from": _TIME, "to": _TIME},
        counts=counts,
        series={"type": "array", "items": series},
    )


def _slot() -> Schema:
    since = {"description": "Seconds after `from`."}
    return _object(
        camera=_TEXT,
        type={"enum": list(TIMELINE_TYPES)},
        begin=_NUMBER | since,
        end=_NUMBER | since,
        count=_COUNT,
    )
