"""The HTTP API: the same commands and results as over MQTT."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

from aiohttp import web

from mqttcam.commands.command import TargetT
from mqttcam.commands.request import MAX_PAYLOAD, Request
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.devices.motion_areas import as_json
from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import STATUS, ApiError, json_response
from mqttcam.web.openapi import document
from mqttcam.web.state_publisher import revision


async def cameras(request: web.Request) -> web.Response:
    """Send every camera with its entities and state, and the node."""
    context = request.app[CONTEXT]
    page = f"{context.base(request)}/"
    response = json_response(
        {
            "revision": revision(context.registry.devices),
            "node": context.registry.describe_node(),
            "cameras": [member.describe(page) for member in context.registry.cameras.values()],
        }
    )
    # Home Assistant's ingress compresses by itself, and cuts Content-Encoding off.
    if "X-Ingress-Path" not in request.headers:
        response.enable_compression()
    return response


async def live(request: web.Request) -> web.Response:
    """Return what is needed to show the live pictures of all cameras, and nothing else: them, and the present time."""
    devices = request.app[CONTEXT].registry.devices.values()
    cameras = []
    for device in devices:
        width, height = device.size or (None, None)
        status = device.camera.status.value
        cameras.append(
            {"id": device.id, "name": device.name, "status": status, "width": width, "height": height}
        )
    return json_response({"time": time.time(), "cameras": cameras})


async def camera(request: web.Request) -> web.Response:
    """Send one camera with its entities and state."""
    context = request.app[CONTEXT]
    member = context.registry.cameras[context.device(request).id]
    return json_response(member.describe(f"{context.base(request)}/"))


async def state(request: web.Request) -> web.Response:
    """Send the state of a camera, as on its `state` topic."""
    device = request.app[CONTEXT].device(request)
    return json_response(state_of(camera_entities(device), device))


async def zones(request: web.Request) -> web.Response:
    """Send the areas of a camera's picture: zones and masks of motion detection, and those that are blacked out."""
    device = request.app[CONTEXT].device(request)
    motion = device.motion
    areas = {"zones": {}, "masks": []} if motion is None else as_json(motion.areas)
    privacy = [area.model_dump(mode="json") for area in device.settings.privacy]
    return json_response(
        {**areas, "privacy": privacy, "from_configuration": motion is None or not motion.areas_are_set}
    )


async def snapshots(request: web.Request) -> web.Response:
    """Send the list of a camera's last snapshots."""
    context = request.app[CONTEXT]
    device = context.device(request)
    here = f"{context.base(request)}/cameras/{device.id}/snapshots"
    kept = [item | {"url": f"{here}/{item['id']}.jpg"} for item in context.history.list(device.id)]
    return json_response({"snapshots": kept})


async def health(request: web.Request) -> web.Response:
    """Send the `health` message."""
    return json_response(request.app[CONTEXT].registry.health.report())


async def trouble(request: web.Request) -> web.Response:
    """Send the present problems with what can be done about them, those that have ended, and what is watched."""
    health = request.app[CONTEXT].registry.health
    problems = health.trouble()  # a problem may be seen only now: before the time is taken
    return json_response(
        {
            "now": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "trouble": problems,
            "ended": health.ended,
            "watched": health.present.watched,
        }
    )


async def openapi(request: web.Request) -> web.Response:
    """Send the OpenAPI document of the present cameras."""
    context = request.app[CONTEXT]
    return json_response(document(context.registry, context.base(request)))


async def set_values(request: web.Request) -> web.Response:
    """Carry out `set` with a JSON patch."""
    context = request.app[CONTEXT]
    device = context.device(request)
    return await _run(request, context.registry.cameras[device.id].runner, "set")


async def camera_command(request: web.Request) -> web.Response:
    """Carry out a command of a camera."""
    context = request.app[CONTEXT]
    device = context.device(request)
    return await _run(request, context.registry.cameras[device.id].runner, request.match_info["command"])


async def node_command(request: web.Request) -> web.Response:
    """Carry out a command of the node."""
    return await _run(request, request.app[CONTEXT].registry.node_runner, request.match_info["command"])


async def _run(request: web.Request, runner: CommandRunner[TargetT], command: str) -> web.Response:
    payload = await body(request)
    task = request.app[CONTEXT].keep(asyncio.ensure_future(runner.run(Request(command, payload))))
    result = await asyncio.shield(task)
    return json_response(result.as_json(), 200 if result.error is None else STATUS[result.error.code])


async def body(request: web.Request, limit: int = MAX_PAYLOAD) -> bytes:
    """Read the JSON of a request, unparsed; at most one byte more than `limit`, by default that of a command.

    Raises:
        ApiError: its content type is not JSON, which a form of another site cannot send; or it is incomplete.
    """
    if request.body_exists and request.content_type != "application/json":
        raise ApiError(
            415, "unsupported_media_type", "the body must be JSON", "Content-Type", ["application/json"]
        )
    return await read_body(request, limit, request.app[CONTEXT].timing.body)


async def read_body(request: web.Request, limit: int, seconds: float) -> bytes:
    """Read the body of a request; at most one byte more than `limit`.

    Raises:
        ApiError: it is incomplete, or not here within that time.
    """
    data = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while len(data) <= limit and (chunk := await request.content.read(limit + 1 - len(data))):
                data += chunk
    except web.RequestPayloadError:
        raise ApiError(400, "invalid_request", "the body does not match its headers") from None
    except TimeoutError:
        raise ApiError(408, "timeout", f"the body was not received within {seconds:g} s") from None
    return bytes(data)
