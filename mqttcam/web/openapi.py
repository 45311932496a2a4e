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
from mqttcam.web.openapi_events import event_paths
from mqttcam.web.openapi_parts import as_json, done, errors, get, post, query, raw, ref, websocket
from mqttcam.web.openapi_setup import setup_paths
from mqttcam.web.openapi_timeline import timeline_paths
from mqttcam.web.openapi_trouble import TROUBLE_SCHEMAS, trouble_paths
from mqttcam.web.openapi_tuning import tuning_paths
from mqttcam.web.picture_query import PARAMETERS
from mqttcam.web.schemas import REQUEST_ID, Schema, component_schemas, reading_schema, value_schema


def document(registry: DeviceRegistry, base: str) -> dict[str, object]:
    """Return the OpenAPI 3.1 document; `base` is the prefix of all paths."""
    paths: dict[str, object] = dict(_common_paths())
    paths |= event_paths() | timeline_paths() | tuning_paths() | trouble_paths() | setup_paths()
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
        "tags": [{"name": name} for name in ("node", "events", *registry.cameras)],
        "paths": paths,
        "components": {
            "schemas": component_schemas() | TROUBLE_SCHEMAS,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _common_paths() -> Iterable[tuple[str, object]]:
    yield (
        "/api/cameras",
        {"get": get("Every camera and the node, with entities and state", "node", _listing())},
    )
    yield "/api/health", {"get": get("The `health` message", "node", {"type": "object"})}
    yield "/api/live", {"get": get("The cameras, for live pictures without a login", "node", _live())}
    yield "/api/session", {"get": get("The identity of the sender", "node", ref("Session"))}
    yield "/api/login", {"post": _login()}
    yield (
        "/api/logout",
        {"post": {"summary": "End the session", "tags": ["node"], "responses": done() | errors(403)}},
    )
    yield "/api/openapi.json", {"get": get("This document", "node", {"type": "object"})}
    yield "/healthz", {"get": _healthz()}
    yield "/metrics", {"get": raw("Prometheus metrics", "node", "text/plain", {})}
    yield (
        "/api/updates",
        {"get": raw("Changes of state, as server-sent events", "node", "text/event-stream", {})},
    )


def _camera_paths(member: Member) -> dict[str, object]:
    device = member.device
    here, tag = f"/api/cameras/{device.id}", device.id
    entities = camera_entities(device)
    pictures = f"/cameras/{device.id}"
    kept: Schema = {
        "type": "object",
        "properties": {"snapshots": {"type": "array", "items": ref("Snapshot")}},
    }
    paths: dict[str, object] = {
        here: {"get": get("The camera with its entities and state", tag, ref("CameraDescription"))},
        f"{here}/state": {"get": get("The value of every entity", tag, _state(entities))},
        f"{here}/zones": {"get": get("The areas of the picture", tag, ref("Areas"))},
        f"{here}/snapshots": {"get": get("The last snapshots", tag, kept)},
        f"{here}/set": {
            "post": post("Change values, all of them or none", tag, _patch(entities), required=True)
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
    paths[f"{here}/motion"] = {"get": websocket("A WebSocket with the analysis of motion detection", tag)}
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
    return post(command.help, tag, body | ({"required": needed} if needed else {}), required=bool(needed))


def _login() -> Schema:
    text: Schema = {"type": "string"}
    body: Schema = {
        "type": "object",
        "required": ["password"],
        "properties": {"name": text, "password": text},
        "description": "The name and password of a user, or a token as the password without a name.",
    }
    responses = {"200": as_json(ref("Session"), "Logged in; the response sets the session cookie.")}
    return post("Log in", "node", body, required=True) | {
        "responses": responses | errors(400, 401, 403, 408, 415, 429)
    }


def _video(tag: str) -> Schema:
    responses: Schema = {"200": {"description": "Success.", "content": {"video/mp2t": {}}}}
    return {
        "summary": "An endless stream of H.264 video in MPEG-TS",
        "tags": [tag],
        "responses": responses | errors(401, 403, 503),
    }


def _live_video(tag: str) -> Schema:
    mode = {
        "name": "mode",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "enum": list(MODES)},
    }
    times = {
        "name": "times",
        "in": "query",
        "required": False,
        "description": "Whether a text with the time of its capture comes before each picture.",
        "schema": {"type": "boolean"},
    }
    numbers = [query(name) for name in PARAMETERS]
    summary = "A WebSocket with H.264 video for Media Source Extensions, or with pictures"
    return websocket(summary, tag) | {"parameters": [mode, times, *numbers]}


def _kept_picture(tag: str) -> Schema:
    snapshot = {"name": "snapshot", "in": "path", "required": True, "schema": {"type": "string"}}
    responses: Schema = {"200": {"description": "Success.", "content": {"image/jpeg": {}}}}
    return {
        "summary": "One of the last snapshots",
        "tags": [tag],
        "parameters": [snapshot | {"description": "The `id` of the snapshot."}, query("width")],
        "responses": responses | errors(400, 401, 403, 404),
    }


def _healthz() -> Schema:
    responses = {
        "200": as_json(ref("Health"), "The daemon is healthy."),
        "503": as_json(ref("Health"), "There are problems."),
    }
    return {"summary": "Whether the daemon is healthy", "tags": ["node"], "responses": responses}


def _picture(summary: str, tag: str, content_type: str, *names: str) -> Schema:
    unavailable: Schema = {
        "description": "There is no picture now; the header `X-Reason` has the reason.",
        "content": {"image/jpeg": {}, "application/json": {"schema": ref("Error")}},
    }
    responses: Schema = {"200": {"description": "Success.", "content": {content_type: {}}}}
    return {
        "summary": summary,
        "tags": [tag],
        "parameters": [query(name) for name in names],
        "responses": responses | errors(400, 401, 403, 404) | {"503": unavailable},
    }


def _live() -> Schema:
    pixels: Schema = {"type": ["integer", "null"]}
    text: Schema = {"type": "string"}
    camera: Schema = {
        "type": "object",
        "required": ["id", "name", "status", "width", "height"],
        "properties": {"id": text, "name": text, "status": text, "width": pixels, "height": pixels},
    }
    return {
        "type": "object",
        "required": ["time", "cameras"],
        "properties": {
            "time": {"type": "number", "description": "Unix seconds."},
            "cameras": {"type": "array", "items": camera},
        },
    }


def _listing() -> Schema:
    return {
        "type": "object",
        "required": ["revision", "node", "cameras"],
        "properties": {
            "revision": {"type": "string", "description": "Changes with the cameras and their entities."},
            "node": ref("NodeDescription"),
            "cameras": {"type": "array", "items": ref("CameraDescription")},
        },
    }
