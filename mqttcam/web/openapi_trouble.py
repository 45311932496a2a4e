"""The paths of problems in the OpenAPI document."""

from __future__ import annotations

from mqttcam.web.openapi_parts import done, errors, get, ref
from mqttcam.web.schemas import Schema

_TEXT: Schema = {"type": "string"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_CAMERAS: Schema = {
    "type": "array",
    "items": _TEXT,
    "description": "The ids of the cameras that have it; empty for a problem of the whole node.",
}

TROUBLE_SCHEMAS: dict[str, Schema] = {
    "Viewer": {
        "type": "object",
        "required": ["id", "user", "address", "camera", "stream", "since", "fps", "kbps"],
        "properties": {
            "id": _TEXT,
            "user": {**_TEXT_OR_NULL, "description": "null without a login."},
            "address": {**_TEXT, "description": "Of the client; behind trusted proxies, as they report it."},
            "camera": _TEXT,
            "stream": {
                "enum": ["mjpeg", "mpegts", "video", "pictures", "motion", None],
                "description": "The last three are sent over a WebSocket; null until it has begun.",
            },
            "since": _TIME,
            "fps": {"type": ["number", "null"], "description": "Frames per second, measured."},
            "kbps": {"type": ["number", "null"], "description": "kbit/s, measured."},
        },
    },
    "Problem": {
        "type": "object",
        "required": [
            *("id", "part", "cameras", "text", "hint", "level", "since", "next_try", "can_retry"),
        ],
        "properties": {
            "id": {**_TEXT, "description": "The argument of the command `retry`."},
            "part": {**_TEXT, "description": "The part that has the problem, such as Camera, MQTT or Kafka."},
            "cameras": _CAMERAS,
            "text": {**_TEXT, "description": "What is wrong."},
            "hint": {**_TEXT_OR_NULL, "description": "What to do about it."},
            "level": {
                "enum": ["problem", "warning"],
                "description": "A warning does not make the node unhealthy.",
            },
            "since": _TIME,
            "next_try": {
                "anyOf": [_TIME, {"type": "null"}],
                "description": "When mqttcam tries again by itself; null while it tries, or waits for nothing.",
            },
            "can_retry": {"type": "boolean", "description": "Whether `retry` has an effect now."},
        },
    },
    "EndedProblem": {
        "type": "object",
        "required": ["id", "part", "cameras", "text", "since", "ended", "times"],
        "properties": {
            "id": _TEXT,
            "part": _TEXT,
            "cameras": _CAMERAS,
            "text": _TEXT,
            "since": _TIME,
            "ended": _TIME,
            "times": {
                "type": "integer",
                "minimum": 1,
                "description": "How often it occurred; `since` and `ended` are those of the last time.",
            },
        },
    },
}


def trouble_paths() -> dict[str, object]:
    """Return the paths."""
    answer: Schema = {
        "type": "object",
        "required": ["now", "trouble", "ended", "watched"],
        "properties": {
            "now": {**_TIME, "description": "The node's clock."},
            "trouble": {"type": "array", "items": ref("Problem")},
            "ended": {
                "type": "array",
                "items": ref("EndedProblem"),
                "description": "Problems that ended within the last 24 hours, the last one first.",
            },
            "watched": {
                "type": "array",
                "items": _TEXT,
                "description": "The parts that are monitored, besides the cameras.",
            },
        },
    }
    viewers: Schema = {
        "type": "object",
        "required": ["viewers"],
        "properties": {"viewers": {"type": "array", "items": ref("Viewer")}},
    }
    viewer: Schema = {
        "name": "viewer",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "description": "The `id` of the viewer.",
    }
    disconnect: Schema = {
        "summary": "Close the connection of a viewer",
        "tags": ["node"],
        "parameters": [viewer],
        "responses": done() | errors(401, 403, 404),
    }
    return {
        "/api/trouble": {"get": get("What is wrong, and what to do about it", "node", answer)},
        "/api/viewers": {"get": get("The streams to all clients; needs the role admin", "node", viewers)},
        "/api/viewers/{viewer}": {"delete": disconnect},
    }
