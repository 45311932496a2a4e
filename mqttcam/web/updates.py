"""The update stream: `/api/updates`, server-sent events with what changes in the state."""

from __future__ import annotations

import asyncio

import orjson
from aiohttp import web

from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import ApiError
from mqttcam.web.state_publisher import State, difference

_MAX_STREAMS = 64


async def updates(request: web.Request) -> web.StreamResponse:
    """Send the whole state, then each change of it, as `update` events; the client merges each into what it has.

    A client that reads slowly receives several changes as one event: nothing is queued for it.
    """
    context = request.app[CONTEXT]
    publisher = context.publisher
    if len(publisher) >= _MAX_STREAMS:
        raise ApiError(503, "busy", "too many update streams", allowed={"max_streams": _MAX_STREAMS})
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    sent: State = {}
    await response.write(b"retry: 1000\n\n")
    with publisher.subscribe() as changed:
        while not publisher.closed:
            state = publisher.state
            changes = difference(sent, state)
            sent = state
            await response.write(
                b"event: update\ndata: %b\n\n" % orjson.dumps(changes) if changes else b":\n\n"
            )
            await _wait(changed, context.timing.heartbeat)
    return response


async def _wait(changed: asyncio.Event, heartbeat: float) -> None:
    """Wait for a change, or until it is time to show that the connection is alive."""
    try:
        async with asyncio.timeout(heartbeat):
            await changed.wait()
    except TimeoutError:
        return
    changed.clear()
