"""The paths of tuning files in the OpenAPI document."""

from __future__ import annotations

from mqttcam.camera.tuning_files import NAME_PATTERN
from mqttcam.web.openapi_parts import as_json, done, errors
from mqttcam.web.schemas import Schema

_TAG = "node"
_LIST: Schema = {
    "type": "object",
    "required": ["files"],
    "properties": {
        "files": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "folder", "used_by"],
                "properties": {
                    "name": {"type": "string"},
                    "folder": {
                        "enum": ["user", "vc4", "pisp"],
                        "description": "`user`, or libcamera's: `vc4` up to Raspberry Pi 4, `pisp` for 5.",
                    },
                    "used_by": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "The ids of cameras.",
                    },
                },
            },
        }
    },
}


_ALGORITHM: Schema = {
    "type": "object",
    "required": ["rpi.black_level"],
    "properties": {"rpi.black_level": {"type": "object"}},
}
_TUNING: Schema = {
    "type": "object",
    "required": ["algorithms"],
    "properties": {
        "version": {"type": "number"},
        "target": {"enum": ["bcm2835", "pisp"]},
        "algorithms": {"type": "array", "minItems": 1, "items": _ALGORITHM},
    },
    "description": "libcamera's tuning of version 2; all algorithms but the first may be others.",
}


def tuning_paths() -> dict[str, object]:
    """Return the paths; they are the same for all cameras."""
    name: Schema = {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": NAME_PATTERN},
        "description": "The name of the file, such as `imx219_mine.json`.",
    }
    saved: Schema = {
        "type": "object",
        "properties": {"ok": {"const": True}, "name": {"type": "string"}},
    }
    content: Schema = {"application/json": {"schema": _TUNING}}
    return {
        "/api/tuning_files": {
            "get": _operation(
                "Tuning files of Raspberry Pi cameras", {"200": as_json(_LIST, "Success.")}, 401, 403
            )
        },
        "/api/tuning_files/{name}": {
            "parameters": [name],
            "get": _operation(
                "A tuning file", {"200": {"description": "The file.", "content": content}}, 401, 403, 404
            )
            | {
                "parameters": [
                    {
                        "name": "platform",
                        "in": "query",
                        "required": False,
                        "schema": {"enum": ["vc4", "pisp"]},
                        "description": "The kind of Raspberry Pi, if the file is libcamera's.",
                    }
                ]
            },
            "put": _operation(
                "Save a tuning file",
                {"200": as_json(saved, "It was replaced."), "201": as_json(saved, "It is new.")},
                *(400, 401, 403, 408, 413, 415, 503),
            )
            | {"requestBody": {"required": True, "content": content}},
            "delete": _operation(
                "Delete a tuning file that a user has saved", done(), 401, 403, 404, 409, 503
            ),
        },
    }


def _operation(summary: str, answers: Schema, *statuses: int) -> Schema:
    return {"summary": summary, "tags": [_TAG], "responses": answers | errors(*statuses)}
