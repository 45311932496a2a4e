"""The OpenAPI document of the API, made of the entities and commands of the present cameras."""

from __future__ import annotations

from collections.abc import Iterable

from mqttcam.commands.command import Command
from mqttcam.commands.registry import DeviceRegistry, Member
from mqttcam.devices.camera import CameraDevice
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import Entity
from mqttcam.devices.node import Node
from mqttcam.web.live import MODES
from mqttcam.web.picture_query import PARAMETERS
from mqttcam.web.schemas import REQUEST_ID, Schema, component_schemas, reading_schema, value_schema


def document(registry: DeviceRegistry, base: str) -> dict[str, object]:
    """Return the OpenAPI 3.1 document; `base` is the prefix of all paths."""
    paths: dict[str, object] = dict(_common_paths())
    for command in registry.node_runner.listed:
        paths[f"/api/node/cmd/{command.name}"] = {"post": _command(command, "node")}
    for member in registry.cameras.values():
        paths |= _camera_paths(member)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mqttcam",
            "version": registry.node.version,
            "summary": f"The cameras of {registry.node.id}",
            "description": "The same commands and results as over MQTT.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base or "/"}],
        "security": [{}, {"token": []}, {"password": []}],
        "tags": [{"name": name} for name in ("node", *registry.cameras)],
        "paths": paths,
        "components": {
            "schemas": component_schemas(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _common_paths() -> Iterable[tuple[str, object]]:
    yield (
        "/api/cameras",
        {"get": _get("Every camera and the node, with entities and state", "node", _listing())},
    )
    yield "/api/health", {"get": _get("The `health` message", "node", {"type": "object"})}
    yield "/api/live", {"get": _get("The cameras, for live pictures without a login", "node", _live())}
    yield "/api/session", {"get": _get("The identity of the sender", "node", _ref("Session"))}
    yield "/api/login", {"post": _login()}
    yield (
        "/api/logout",
        {"post": {"summary": "End the session", "tags": ["node"], "responses": _done() | _errors(403)}},
    )
    yield "/api/openapi.json", {"get": _get("This document", "node", {"type": "object"})}
    yield "/healthz", {"get": _healthz()}
    yield "/metrics", {"get": _raw("Prometheus metrics", "node", "text/plain", {})}
    yield (
        "/api/updates",
        {"get": _raw("Changes of state, as server-sent events", "node", "text/event-stream", {})},
    )


def _camera_paths(member: Member) -> dict[str, object]:
    device = member.device
    here, tag = f"/api/cameras/{device.id}", device.id
    entities = camera_entities(device)
    pictures = f"/cameras/{device.id}"
    kept: Schema = {
        "type": "object",
        "properties": {"snapshots": {"type": "array", "items": _ref("Snapshot")}},
    }
    paths: dict[str, object] = {
        here: {"get": _get("The camera with its entities and state", tag, _ref("CameraDescription"))},
        f"{here}/state": {"get": _get("The value of every entity", tag, _state(entities))},
        f"{here}/snapshots": {"get": _get("The last snapshots", tag, kept)},
        f"{here}/set": {
            "post": _post("Change values, all of them or none", tag, _patch(entities), required=True)
        },
        f"{pictures}/snapshot.jpg": {
            "get": _picture("The next frame", tag, "image/jpeg", "width", "quality")
        },
        f"{pictures}/snapshots/{{snapshot}}.jpg": {"get": _kept_picture(tag)},
        f"{pictures}/stream.mjpg": {
            "get": _picture(
                "An endless stream of frames", tag, "multipart/x-mixed-replace", "fps", "width", "quality"
            )
        },
    }
    paths[f"{pictures}/stream.ts"] = {"get": _video(tag)}
    paths[f"{pictures}/live"] = {"get": _live_video(tag)}
    for command in member.runner.listed:
        paths[f"{here}/cmd/{command.name}"] = {"post": _command(command, tag)}
    return paths


def _state(entities: Iterable[Entity[CameraDevice]]) -> Schema:
    readings = {
        entity.key: reading_schema(entity.kind)
        for entity in entities
        if entity.kind is not None and entity.read is not None
    }
    return {"type": "object", "required": list(readings), "properties": readings}


def _patch(entities: Iterable[Entity[CameraDevice]]) -> Schema:
    values = {
        entity.key: value_schema(entity.kind) | ({"title": entity.name} if entity.name else {})
        for entity in entities
        if entity.settable and entity.kind is not None
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": values | {"request_id": REQUEST_ID},
    }


def _command(command: Command[CameraDevice] | Command[Node], tag: str) -> Schema:
    needed = list(command.required)
    body: Schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {name: value_schema(kind) for name, kind in command.offered_arguments.items()}
        | {"request_id": REQUEST_ID},
    }
    return _post(command.help, tag, body | ({"required": needed} if needed else {}), required=bool(needed))


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: Schema, description: str) -> Schema:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _errors(*statuses: int) -> Schema:
    words = {
        400: "The request is invalid.",
        401: "Authentication is required.",
        403: "The user lacks permission.",
        404: "Not found; `allowed` lists what exists.",
        408: "The body was not received in time.",
        413: "The body is too large.",
        415: "The body is not JSON.",
        429: "Too many requests.",
        500: "Internal error.",
        503: "The camera is not available.",
    }
    return {str(status): _json(_ref("Error"), words[status]) for status in statuses}


def _get(summary: str, tag: str, schema: Schema) -> Schema:
    return {
        "summary": summary,
        "tags": [tag],
        "responses": {"200": _json(schema, "Success.")} | _errors(401, 403, 404),
    }


def _post(summary: str, tag: str, body: Schema, *, required: bool) -> Schema:
    return {
        "summary": summary,
        "tags": [tag],
        "requestBody": {"required": required, "content": {"application/json": {"schema": body}}},
        "responses": {"200": _json(_ref("Result"), "The command was carried out.")}
        | _errors(400, 401, 403, 404, 408, 413, 415, 429, 500, 503),
    }


def _done() -> Schema:
    schema: Schema = {"type": "object", "properties": {"ok": {"const": True}}}
    return {"200": _json(schema, "Success.")}


def _login() -> Schema:
    text: Schema = {"type": "string"}
    body: Schema = {
        "type": "object",
        "required": ["password"],
        "properties": {"name": text, "password": text},
        "description": "The name and password of a user, or a token as the password without a name.",
    }
    responses = {"200": _json(_ref("Session"), "Logged in; the response sets the session cookie.")}
    return _post("Log in", "node", body, required=True) | {
        "responses": responses | _errors(400, 401, 403, 408, 415, 429)
    }


def _video(tag: str) -> Schema:
    responses: Schema = {"200": {"description": "Success.", "content": {"video/mp2t": {}}}}
    return {
        "summary": "An endless stream of H.264 video in MPEG-TS",
        "tags": [tag],
        "responses": responses | _errors(401, 403, 503),
    }


def _live_video(tag: str) -> Schema:
    mode = {
        "name": "mode",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": list(MODES)},
    }
    numbers = [_query(name) for name in PARAMETERS]
    responses: Schema = {"101": {"description": "The WebSocket is open."}}
    upgrade = {"426": _json(_ref("Error"), "The request opens no WebSocket.")}
    return {
        "summary": "A WebSocket with H.264 video for Media Source Extensions, or with pictures",
        "tags": [tag],
        "parameters": [mode, *numbers],
        "responses": responses | _errors(400, 401, 403, 503) | upgrade,
    }


def _kept_picture(tag: str) -> Schema:
    snapshot = {"name": "snapshot", "in": "path", "required": True, "schema": {"type": "string"}}
    responses: Schema = {"200": {"description": "Success.", "content": {"image/jpeg": {}}}}
    return {
        "summary": "One of the last snapshots",
        "tags": [tag],
        "parameters": [snapshot | {"description": "The `id` of the snapshot."}],
        "responses": responses | _errors(401, 403, 404),
    }


def _raw(summary: str, tag: str, content_type: str, schema: Schema) -> Schema:
    responses: Schema = {"200": {"description": "Success.", "content": {content_type: {"schema": schema}}}}
    return {"summary": summary, "tags": [tag], "responses": responses | _errors(401, 403)}


def _healthz() -> Schema:
    responses = {
        "200": _json(_ref("Health"), "The daemon is healthy."),
        "503": _json(_ref("Health"), "There are problems."),
    }
    return {"summary": "Whether the daemon is healthy", "tags": ["node"], "responses": responses}


def _picture(summary: str, tag: str, content_type: str, *names: str) -> Schema:
    unavailable: Schema = {
        "description": "There is no picture now; the header `X-Reason` has the reason.",
        "content": {"image/jpeg": {}, "application/json": {"schema": _ref("Error")}},
    }
    responses: Schema = {"200": {"description": "Success.", "content": {content_type: {}}}}
    return {
        "summary": summary,
        "tags": [tag],
        "parameters": [_query(name) for name in names],
        "responses": responses | _errors(400, 401, 403, 404) | {"503": unavailable},
    }


def _query(name: str) -> Schema:
    return {"name": name, "in": "query", "required": False, "schema": value_schema(PARAMETERS[name])}


def _live() -> Schema:
    pixels: Schema = {"type": ["integer", "null"]}
    text: Schema = {"type": "string"}
    camera: Schema = {
        "type": "object",
        "required": ["id", "name", "width", "height"],
        "properties": {"id": text, "name": text, "width": pixels, "height": pixels},
    }
    return {
        "type": "object",
        "required": ["cameras"],
        "properties": {"cameras": {"type": "array", "items": camera}},
    }


def _listing() -> Schema:
    return {
        "type": "object",
        "required": ["revision", "node", "cameras"],
        "properties": {
            "revision": {"type": "string", "description": "Changes with the cameras and their entities."},
            "node": _ref("NodeDescription"),
            "cameras": {"type": "array", "items": _ref("CameraDescription")},
        },
    }
