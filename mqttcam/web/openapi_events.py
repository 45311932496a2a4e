"""The paths of events, recordings and photos in the OpenAPI document."""

from __future__ import annotations

from mqttcam.web.event_query import EVENT_TYPES, FILE_TYPES, parameters
from mqttcam.web.openapi_parts import as_json, done, errors, get, post, query, ref
from mqttcam.web.openapi_timeline import share
from mqttcam.web.schemas import Schema
from mqttcam.web.signed_addresses import SHARED_FILES

_TAG = "events"


def event_paths() -> dict[str, object]:
    """Return the paths; they are the same for all cameras."""
    event = _in_path("event", "The id of an event or recording.")
    camera, name = (
        _in_path("camera", "The id of the camera."),
        _in_path(
            "name", "The name of the file, such as `<date>/<time>-<reason>.mp4` or `<date>/<time>-photo.jpg`."
        ),
    )
    file = _in_path("file", "The id of a recording, photo or file of a series.")
    return {
        "/api/events": {
            "get": _list(
                "Events with recordings, the newest first", "events", "Event", parameters(EVENT_TYPES)
            )
        },
        "/api/events/{event}": {
            "parameters": [event],
            "get": get("One event", _TAG, ref("Event")),
            "delete": _delete("Delete an event and its recordings, except those that show others as well"),
        },
        "/api/events/{event}/keep": {"parameters": [event], "post": _keep("an event", "Event")},
        "/events/{event}/clip.mp4": {
            "parameters": [event],
            "get": _file("The video of an event", "video/mp4"),
        },
        "/events/{event}/picture.jpg": {
            "parameters": [event],
            "get": _file("The picture of an event, of the frame with the most motion", "image/jpeg"),
        },
        "/api/files": {
            "get": _list(
                "Files that are kept, the newest first",
                "files",
                "File",
                parameters(FILE_TYPES, without=("zone", "label")),
            )
        },
        "/api/files/{file}": {
            "parameters": [file],
            "get": get(
                "A recording, a photo with its metadata and histogram, or a file of a series",
                _TAG,
                ref("File"),
            ),
        },
        "/api/files/{file}/keep": {
            "parameters": [file],
            "post": _keep("a recording, photo or file of a series", "File"),
        },
        "/api/events/{event}/share": {"parameters": [event], "post": share("an event", SHARED_FILES)},
        "/api/files/{file}/share": {
            "parameters": [file],
            "post": share("a recording, photo or file of a series"),
        },
        "/files/{camera}/{name}": {
            "parameters": [camera, name],
            "get": _file(
                "A video, picture or photo, also of a series",
                "video/mp4",
                "image/jpeg",
                "image/png",
                "image/x-adobe-dng",
            ),
            "delete": _delete("Delete a recording or photo, or a file of a series"),
        },
    }


def _in_path(name: str, description: str) -> Schema:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": description,
    }


def _list(summary: str, key: str, item: str, query: list[Schema]) -> Schema:
    found: Schema = {
        "type": "object",
        "required": [key],
        "properties": {key: {"type": "array", "items": ref(item)}},
    }
    answers = {"200": as_json(found, "Success.")} | errors(400, 401, 403, 404, 503)
    return {"summary": summary, "tags": [_TAG], "parameters": query, "responses": answers}


def _delete(summary: str) -> Schema:
    return {"summary": summary, "tags": [_TAG], "responses": done() | errors(401, 403, 404, 409, 503)}


def _keep(what: str, schema: str) -> Schema:
    body: Schema = {"type": "object", "required": ["keep"], "properties": {"keep": {"type": "boolean"}}}
    answers: Schema = {"200": as_json(ref(schema), "What it is now.")}
    answers |= errors(400, 401, 403, 404, 408, 409, 413, 415, 503)
    return post(
        f"Make {what} a favourite, which is never deleted to make room, or undo that",
        _TAG,
        body,
        required=True,
    ) | {"responses": answers}


def _file(summary: str, *content_types: str) -> Schema:
    content: Schema = {content_type: {} for content_type in content_types}
    answers: Schema = {
        "200": {"description": "The file.", "content": content},
        "206": {"description": "The part requested by the header `Range`.", "content": content},
        "304": {"description": "The client's copy is current."},
    }
    download: Schema = {
        "name": "download",
        "in": "query",
        "required": False,
        "schema": {"type": "string"},
        "description": "If present, browsers save the file rather than show it.",
    }
    smaller = "Send a JPEG picture of this width instead of a JPEG or PNG picture that is wider."
    has_pictures = any(content_type in ("image/jpeg", "image/png") for content_type in content_types)
    parameters = [download, *([query("width") | {"description": smaller}] if has_pictures else [])]
    return {
        "summary": summary,
        "tags": [_TAG],
        "parameters": parameters,
        "responses": answers | errors(400, 401, 403, 404, 416, 422, 503),
    }
