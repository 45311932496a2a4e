"""The parts of which the OpenAPI document is made."""

from __future__ import annotations

from mqttcam.web.picture_query import PARAMETERS
from mqttcam.web.schemas import Schema, value_schema


def ref(name: str) -> Schema:
    """Return a reference to a named schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def query(name: str) -> Schema:
    """Return one of the parameters of picture addresses."""
    return {"name": name, "in": "query", "required": False, "schema": value_schema(PARAMETERS[name])}


def as_json(schema: Schema, description: str) -> Schema:
    """Return a response in JSON."""
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def errors(*statuses: int) -> Schema:
    """Return the responses of errors with these statuses."""
    words = {
        400: "The request is invalid.",
        401: "Authentication is required.",
        403: "The user lacks permission.",
        404: "Not found; `allowed` lists what exists.",
        408: "The body was not received in time.",
        409: "It is in use, still being recorded, or has changed meanwhile.",
        413: "The body is too large.",
        415: "The body is not JSON.",
        416: "The range is not within the file.",
        422: "The picture cannot be decoded.",
        429: "Too many requests.",
        500: "Internal error.",
        503: "The camera or the disk is not available.",
    }
    return {str(status): as_json(ref("Error"), words[status]) for status in statuses}


def get(summary: str, tag: str, schema: Schema) -> Schema:
    """Return a GET that sends JSON."""
    return {
        "summary": summary,
        "tags": [tag],
        "responses": {"200": as_json(schema, "Success.")} | errors(401, 403, 404),
    }


def post(summary: str, tag: str, body: Schema, *, required: bool) -> Schema:
    """Return a POST of JSON with the result of a command."""
    return {
        "summary": summary,
        "tags": [tag],
        "requestBody": {"required": required, "content": {"application/json": {"schema": body}}},
        "responses": {"200": as_json(ref("Result"), "The command was carried out.")}
        | errors(400, 401, 403, 404, 408, 413, 415, 429, 500, 503),
    }


def done() -> Schema:
    """Return the response of what has no other result."""
    schema: Schema = {"type": "object", "properties": {"ok": {"const": True}}}
    return {"200": as_json(schema, "Success.")}


def raw(summary: str, tag: str, content_type: str, schema: Schema) -> Schema:
    """Return a GET that sends anything else."""
    responses: Schema = {"200": {"description": "Success.", "content": {content_type: {"schema": schema}}}}
    return {"summary": summary, "tags": [tag], "responses": responses | errors(401, 403)}


def websocket(summary: str, tag: str) -> Schema:
    """Return a GET that opens a WebSocket."""
    responses: Schema = {"101": {"description": "The WebSocket is open."}}
    upgrade = {"426": as_json(ref("Error"), "The request opens no WebSocket.")}
    return {"summary": summary, "tags": [tag], "responses": responses | errors(400, 401, 403, 503) | upgrade}
