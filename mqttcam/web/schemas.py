"""The JSON Schemas of values, results and errors in the OpenAPI document."""

from __future__ import annotations

import math
from functools import cache

from pydantic import TypeAdapter

from mqttcam.devices.describe import CameraDescription, NodeDescription
from mqttcam.devices.errors import Code, WarningCode
from mqttcam.values import Choice, Json, Number, Rectangle, Switch, Text, ValueKind, Vector

Schema = dict[str, object]

HTTP_CODES = (
    "conflict",
    "forbidden",
    "invalid_request",
    "method_not_allowed",
    "not_found",
    "read_only",
    "timeout",
    "too_many_requests",
    "unauthorized",
    "unsupported_media_type",
)
"""The error codes that only HTTP has, besides those of commands."""


def value_schema(kind: ValueKind) -> Schema:
    """Return the schema of a value in its normal form; `set` also accepts text with the same meaning."""
    match kind:
        case Switch():
            return {"type": "string", "enum": kind.allowed}
        case Number():
            return _number(kind)
        case Choice(options=options):
            return {"type": "string", "enum": list(options)}
        case Text(max_length=longest, pattern=pattern):
            schema: Schema = {"type": "string", "maxLength": longest}
            return schema | ({"pattern": f"^{pattern}$"} if pattern else {})
        case Vector(element=element, length=length):
            return {"type": "array", "items": _number(element), "minItems": length, "maxItems": length}
        case Rectangle():
            window = f"x, y, width, height within {', '.join(map(str, kind.bounds))}"
            whole = {"type": "integer"}
            return {"type": "array", "items": whole, "minItems": 4, "maxItems": 4, "description": window}
        case Json(type=kind_of_json, like=like):
            return {"type": kind_of_json, "description": like}
    return {}


def _number(kind: Number) -> Schema:
    schema: Schema = {"type": "integer" if kind.integer else "number"}
    schema |= {"minimum": kind.minimum} if math.isfinite(kind.minimum) else {}
    schema |= {"maximum": kind.maximum} if math.isfinite(kind.maximum) else {}
    if kind.unit:
        schema["description"] = f"in {kind.unit}"
    if not kind.words:
        return schema
    return {"anyOf": [schema, {"type": "string", "enum": [word for word, _ in kind.words]}]}


def reading_schema(kind: ValueKind) -> Schema:
    """Return the schema of a value in a state, which may be unknown or outside the limits of `set`."""
    match kind:
        case Number(integer=integer):
            bare: Schema = {"type": ["integer" if integer else "number", "null"]}
            return bare | ({"description": f"in {kind.unit}"} if kind.unit else {})
        case _:
            return {"anyOf": [value_schema(kind), {"type": "null"}]}


REQUEST_ID: Schema = {
    "anyOf": [{"type": "string", "maxLength": 256}, {"type": "number"}, {"type": "null"}],
    "description": "Returned in the result.",
}

_ECHO: Schema = {"description": "As in the request."}

_ISO_TIME: Schema = {"type": "string", "format": "date-time"}
_EVENT_KEYS = ("id", "camera", "type", "from", "to", "score", "zones", "labels", "keep", "picture", "clip")

_CORNERS: Schema = {
    "type": "array",
    "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    "description": "Corners in order around the area, as shares of the picture's width and height.",
}
_AREA: Schema = {"type": "object", "required": ["points"], "properties": {"points": _CORNERS}}
_ZONE: Schema = {
    "type": "object",
    "required": ["points", "threshold"],
    "properties": {"points": _CORNERS, "threshold": {"type": "number"}},
}

_SCHEMAS: dict[str, Schema] = {
    "Areas": {
        "type": "object",
        "required": ["zones", "masks", "privacy", "from_configuration"],
        "properties": {
            "zones": {"type": "object", "additionalProperties": _ZONE},
            "masks": {"type": "array", "items": _AREA},
            "privacy": {"type": "array", "items": _AREA},
            "from_configuration": {
                "type": "boolean",
                "description": "False if `set_zones` has set other zones or masks than those of the configuration.",
            },
        },
    },
    "Result": {
        "type": "object",
        "description": "The result of a command; the same over MQTT.",
        "required": ["ok", "command", "request_id", "changed", "took_ms"],
        "properties": {
            "ok": {"const": True},
            "command": {"type": "string"},
            "request_id": _ECHO,
            "changed": {"type": "object", "description": "The values that took effect."},
            "took_ms": {"type": "integer", "minimum": 0},
            "id": {
                "type": "string",
                "description": "The id of the recording that `record` has begun or extended.",
            },
            "warning": {
                "type": "object",
                "description": "What to know of it: not_kept if the values are not on disk yet.",
                "required": ["code", "message"],
                "properties": {
                    "code": {"enum": [code.value for code in WarningCode]},
                    "message": {"type": "string"},
                },
            },
        },
    },
    "Error": {
        "type": "object",
        "description": "Why nothing was changed. The errors of commands are the same over MQTT.",
        "required": ["ok", "command", "request_id", "error"],
        "properties": {
            "ok": {"const": False},
            "command": {"type": ["string", "null"]},
            "request_id": _ECHO,
            "took_ms": {"type": "integer", "minimum": 0},
            "error": {
                "type": "object",
                "required": ["code", "field", "message", "allowed"],
                "properties": {
                    "code": {"type": "string", "enum": [*(code.value for code in Code), *HTTP_CODES]},
                    "field": {"type": ["string", "null"]},
                    "message": {"type": "string"},
                    "allowed": {"description": "What would have been accepted."},
                },
            },
        },
    },
    "Health": {
        "type": "object",
        "required": ["ok"],
        "properties": {
            "ok": {"type": "boolean"},
            "problems": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The present problems.",
            },
        },
    },
    "Snapshot": {
        "type": "object",
        "required": ["id", "ts", "width", "height", "bytes", "quality", "url"],
        "properties": {
            "id": {"type": "string"},
            "ts": {"type": "number", "description": "Capture time in Unix seconds."},
            "width": {"type": "integer"},
            "height": {"type": "integer"},
            "bytes": {"type": "integer"},
            "quality": {"type": "integer"},
            "url": {"type": "string"},
        },
    },
    "Event": {
        "type": "object",
        "required": [*_EVENT_KEYS],
        "properties": {
            "id": {"type": "string"},
            "camera": {"type": "string"},
            "type": {"enum": ["motion", "recording", "detection"]},
            "from": _ISO_TIME,
            "to": {"anyOf": [_ISO_TIME, {"type": "null"}], "description": "null while it lasts."},
            "score": {
                "type": ["number", "null"],
                "description": "For motion: the highest percentage of the picture that moves.",
            },
            "zones": {"type": "array", "items": {"type": "string"}},
            "labels": {"type": "array", "items": {"type": "string"}},
            "keep": {
                "type": "boolean",
                "description": "Whether it is a favourite, which is not deleted to make room.",
            },
            "picture": {"type": ["string", "null"], "description": "Its address."},
            "clip": {
                "type": ["string", "null"],
                "description": "Its address; null while it is being recorded.",
            },
        },
    },
    "File": {
        "type": "object",
        "required": ["id", "camera", "type", "name", "from", "seconds", "bytes", "keep", "url"],
        "properties": {
            "id": {"type": "string"},
            "camera": {"type": "string"},
            "type": {"enum": ["photo", "recording", "series"]},
            "series": {"type": "string", "description": "The name of the series, of a file of one."},
            "name": {"type": "string"},
            "from": _ISO_TIME,
            "seconds": {
                "type": ["number", "null"],
                "description": "null for a photo, and for a file of a series.",
            },
            "bytes": {"type": "integer", "description": "Of all its files."},
            "keep": {
                "type": "boolean",
                "description": "Whether it is a favourite, which is not deleted to make room.",
            },
            "url": {"type": "string"},
            "width": {"type": "integer", "description": "Of a photo, in pixels."},
            "height": {"type": "integer"},
            "raw": {"type": ["string", "null"], "description": "The address of a photo's DNG."},
            "paused": {"type": "boolean", "description": "Whether the stream was paused for a photo."},
            "metadata": {"type": "object", "description": "What the camera reported with a photo."},
            "histogram": {
                "type": "object",
                "description": "Of a photo: the pixels with each value from 0 to 255, by channel.",
                "additionalProperties": {"type": "array", "items": {"type": "integer"}},
            },
        },
    },
    "Entry": {
        "type": "object",
        "description": "Of the time line: an event, a photo, or a picture or video of a series.",
        "required": [*_EVENT_KEYS, "name", "series", "raw"],
        "properties": {
            "id": {"type": "string"},
            "camera": {"type": "string"},
            "type": {"enum": ["motion", "recording", "detection", "photo", "series"]},
            "from": _ISO_TIME,
            "to": {"anyOf": [_ISO_TIME, {"type": "null"}], "description": "null while it lasts."},
            "score": {"type": ["number", "null"]},
            "zones": {"type": "array", "items": {"type": "string"}},
            "labels": {"type": "array", "items": {"type": "string"}},
            "keep": {"type": "boolean"},
            "picture": {"type": ["string", "null"], "description": "Its address."},
            "clip": {"type": ["string", "null"], "description": "The address of its video."},
            "name": {"type": ["string", "null"], "description": "Of the file of a photo or series."},
            "series": {"type": ["string", "null"], "description": "The name of the series."},
            "raw": {"type": ["string", "null"], "description": "The address of a photo's DNG."},
        },
    },
    "Session": {
        "type": "object",
        "required": ["name", "role", "proof", "edit"],
        "properties": {
            "name": {"type": ["string", "null"]},
            "role": {"enum": ["admin", "viewer"]},
            "proof": {"enum": ["none", "network", "session", "password", "token"]},
            "edit": {"type": "boolean", "description": "Whether cameras may be added, changed and removed."},
        },
    },
}


@cache
def component_schemas() -> dict[str, object]:
    """Return the named schemas of the document; those of the cameras and the node follow from their descriptions."""
    adapters = [TypeAdapter(kind) for kind in (CameraDescription, NodeDescription)]
    _, definitions = TypeAdapter.json_schemas(
        [(adapter, "serialization", adapter) for adapter in adapters],
        ref_template="#/components/schemas/{model}",
    )
    schemas: dict[str, object] = definitions["$defs"]
    return _SCHEMAS | schemas
