"""The HTTP API: the same commands and results as over MQTT."""

from __future__ import annotations

import asyncio

from aiohttp import web

from mqttcam.commands.catalogue import Target
from mqttcam.commands.request import MAX_PAYLOAD, Request
from mqttcam.commands.runner import CommandRunner
from mqttcam.devices.entities.camera import camera_entities
from mqttcam.devices.entities.entity import state_of
from mqttcam.web.describe import describe_camera, describe_node
from mqttcam.web.errors import STATUS, ApiError, json_response
from mqttcam.web.live import revision
from mqttcam.web.openapi import document
from mqttcam.web.site import SITE

_BODY_TIMEOUT = 10.0
_running: set[asyncio.Task[object]] = set()
"""Commands whose client may have gone: they are carried out whole all the same."""


async def cameras(request: web.Request) -> web.Response:
    """Every camera with its entities and state, and the node."""
    site = request.app[SITE]
    base = site.base(request)
    return json_response(
        {
            "revision": revision(site.fleet.devices),
            "node": describe_node(site.fleet.node),
            "cameras": [describe_camera(device, base) for device in site.fleet.devices.values()],
        }
    )


async def camera(request: web.Request) -> web.Response:
    """One camera with its entities and state."""
    site = request.app[SITE]
    return json_response(describe_camera(site.device(request), site.base(request)))


async def state(request: web.Request) -> web.Response:
    """A camera's state, exactly as it stands on the `state` topic."""
    device = request.app[SITE].device(request)
    return json_response(state_of(camera_entities(device), device))


async def snapshots(request: web.Request) -> web.Response:
    """What is kept of a camera's snapshots."""
    site = request.app[SITE]
    device = site.device(request)
    here = f"{site.base(request)}/cameras/{device.id}/snapshots"
    kept = [item | {"url": f"{here}/{item['id']}.jpg"} for item in site.history.list(device.id)]
    return json_response({"snapshots": kept})


async def health(request: web.Request) -> web.Response:
    """The `health` message."""
    return json_response(request.app[SITE].fleet.health.report())


async def openapi(request: web.Request) -> web.Response:
    """The OpenAPI document of what there is now."""
    site = request.app[SITE]
    return json_response(document(site.fleet.node, site.fleet.devices, site.base(request)))


async def set_values(request: web.Request) -> web.Response:
    """`set`: a JSON patch."""
    site = request.app[SITE]
    device = site.device(request)
    return await _run(request, site.fleet.commanders[device.id], "set")


async def camera_command(request: web.Request) -> web.Response:
    """`cmd/<name>` of a camera."""
    site = request.app[SITE]
    device = site.device(request)
    return await _run(request, site.fleet.commanders[device.id], request.match_info["command"])


async def node_command(request: web.Request) -> web.Response:
    """`cmd/<name>` of the node."""
    return await _run(request, request.app[SITE].fleet.node_commander, request.match_info["command"])


async def _run(request: web.Request, commander: CommandRunner[Target], command: str) -> web.Response:
    payload = await body(request)
    task = asyncio.ensure_future(commander.run(Request(command, payload)))
    _running.add(task)
    task.add_done_callback(_running.discard)
    result = await asyncio.shield(task)
    return json_response(result.as_json(), 200 if result.error is None else STATUS[result.error.code])


async def body(request: web.Request) -> bytes:
    """A request's JSON, unparsed; at most one byte more than a command may have.

    Raises:
        ApiError: it is not said to be JSON, which a form of another site could not say; or it does not come.
    """
    if request.body_exists and request.content_type != "application/json":
        raise ApiError(415, "unsupported_media_type", "send JSON", "Content-Type", ["application/json"])
    data = bytearray()
    try:
        async with asyncio.timeout(_BODY_TIMEOUT):
            while len(data) <= MAX_PAYLOAD and (
                chunk := await request.content.read(MAX_PAYLOAD + 1 - len(data))
            ):
                data += chunk
    except web.RequestPayloadError:
        raise ApiError(400, "invalid_request", "the body is not what its headers say") from None
    except TimeoutError:
        raise ApiError(408, "timeout", f"the body did not come within {_BODY_TIMEOUT:g} s") from None
    return bytes(data)
