"""The paths of the configured cameras in the OpenAPI document."""

from __future__ import annotations

from mqttcam.text import ID_PATTERN
from mqttcam.web.openapi_parts import as_json, errors
from mqttcam.web.schemas import Schema

_TAG = "node"
_TEXT: Schema = {"type": "string"}
_SECTION: Schema = {"type": "object", "description": "The camera's section of the configuration."}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_CAMERA: Schema = {
    "type": "object",
    "required": ["id", "camera", "text", "hidden", "variables"],
    "properties": {
        "id": _TEXT,
        "camera": {
            "type": ["object", "null"],
            "description": "As in the file, without secrets; null if only environment variables configure it.",
        },
        "text": {"type": "string", "description": "The same as YAML."},
        "hidden": _TEXTS | {"description": "Keys in the file that are kept, but not shown."},
        "variables": _TEXTS | {"description": "Environment variables that override the file."},
    },
}
_STATE: Schema = {
    "type": "object",
    "required": ["file", "backup", "revision", "read_only", "keys", "sources", "folders", "cameras"],
    "properties": {
        "file": {"type": ["string", "null"]},
        "backup": {"type": ["string", "null"], "description": "The file before the last change."},
        "revision": {"type": "string", "description": "To be sent with a change."},
        "read_only": {"type": ["string", "null"], "description": "Why nothing can be changed."},
        "keys": _TEXTS,
        "sources": _TEXTS,
        "folders": _TEXTS,
        "cameras": {"type": "array", "items": _CAMERA},
    },
}
_FOUND: Schema = {
    "type": "object",
    "required": ["cameras"],
    "properties": {
        "cameras": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "model", "source", "sizes", "used_by"],
                "properties": {
                    "id": _TEXT,
                    "model": _TEXT,
                    "source": {"type": "object"},
                    "sizes": _TEXTS,
                    "used_by": {"type": ["string", "null"], "description": "The id of a configured camera."},
                },
            },
        }
    },
}
_PICTURE: Schema = {
    "type": "object",
    "required": ["ok", "picture", "width", "height", "model", "remark"],
    "properties": {
        "ok": {"const": True},
        "picture": {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/jpeg"},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "model": {"type": ["string", "null"]},
        "remark": {"type": ["string", "null"], "description": "What differs from the settings."},
    },
}
_RESTORED_CAMERA: Schema = {
    "type": "object",
    "required": ["id", "change", "keys", "left_out", "reason"],
    "properties": {
        "id": _TEXT,
        "change": {"enum": ["added", "changed", "removed", "unchanged", "refused"]},
        "keys": _TEXTS | {"description": "Those that change."},
        "left_out": _TEXTS | {"description": "Keys of the backup that are not restored, such as secrets."},
        "reason": {"type": ["string", "null"], "description": "Why the camera stays as it is."},
    },
}
_TUNING_FILE: Schema = {
    "type": "object",
    "required": ["name", "change"],
    "properties": {"name": _TEXT, "change": {"enum": ["added", "replaced"]}},
}
_ERRORS = (400, 401, 403, 404, 408, 409, 413, 415)


_ARCHIVE: Schema = {"requestBody": {"required": True, "content": {"application/zip": {}}}}


def setup_paths() -> dict[str, object]:
    """Return the paths; they need the role admin, and `web.edit`."""
    camera: Schema = {"camera": _SECTION, "text": {"type": "string", "description": "Or the same as YAML."}}
    proposed: Schema = {"type": "object", "required": ["id"], "properties": {"id": _TEXT} | camera}
    put: Schema = {
        "type": "object",
        "required": ["revision"],
        "properties": camera
        | {"revision": _TEXT, "create": {"type": "boolean", "description": "The camera must be new."}},
    }
    text = _ok(
        {
            "text": {"type": "string", "description": "The camera as YAML, to paste into a file."},
            "section": {"type": "string", "description": "Its section alone as YAML."},
            "camera": _SECTION,
        }
    )
    written = _ok({"revision": _TEXT})
    name: Schema = {
        "name": "camera",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": f"^{ID_PATTERN}$", "maxLength": 64},
    }
    revision: Schema = {"name": "revision", "in": "query", "required": True, "schema": _TEXT}
    return {
        "/api/setup": {"get": _operation("The cameras of the configuration file", _STATE, 401, 403, 409)},
        "/api/setup/backup": {
            "get": {
                "summary": "A backup, without secrets",
                "tags": [_TAG],
                "responses": {"200": {"description": "A ZIP file.", "content": {"application/zip": {}}}}
                | errors(401, 403, 409, 503),
            }
        },
        "/api/setup/restore/check": {
            "post": _operation("What restoring a backup would change", _restored(), *_ERRORS, 503) | _ARCHIVE
        },
        "/api/setup/restore": {
            "post": _operation("Restore a backup", _restored(), *_ERRORS, 503)
            | _ARCHIVE
            | {"parameters": [revision | {"required": False}]}
        },
        "/api/setup/found": {"get": _operation("The cameras of this machine", _FOUND, 401, 403)},
        "/api/setup/check": {"post": _operation("Validate a camera", text, *_ERRORS) | _body(proposed)},
        "/api/setup/test": {
            "post": _operation("A picture with proposed settings", _PICTURE, *_ERRORS, 429, 503)
            | _body(proposed)
        },
        "/api/setup/cameras/{camera}": {
            "parameters": [name],
            "put": _operation("Add or change a camera", written, *_ERRORS, 503) | _body(put),
            "delete": _operation("Remove a camera", written, *_ERRORS, 503) | {"parameters": [revision]},
        },
    }


def _ok(properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["ok", *properties],
        "properties": {"ok": {"const": True}, **properties},
    }


def _restored() -> Schema:
    return _ok(
        {
            "revision": {
                "type": "string",
                "description": "Of the configuration file, to be sent to restore this.",
            },
            "read_only": {"type": ["string", "null"], "description": "Why the cameras cannot be restored."},
            "cameras": {"type": "array", "items": _RESTORED_CAMERA},
            "sections": _TEXTS
            | {"description": "Other sections of the configuration that differ, and stay."},
            "values": _TEXTS
            | {"description": "Cameras and the node with other values that commands have set."},
            "tuning_files": {"type": "array", "items": _TUNING_FILE},
            "series": _TEXTS | {"description": "Series whose progress is restored, such as `front/garden`."},
            "restart": {"type": "boolean", "description": "Whether a part takes effect at the next start."},
        }
    )


def _body(schema: Schema) -> Schema:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _operation(summary: str, schema: Schema, *statuses: int) -> Schema:
    return {
        "summary": summary,
        "tags": [_TAG],
        "responses": {"200": as_json(schema, "Success.")} | errors(*statuses),
    }
