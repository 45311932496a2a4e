"""The update stream: `/api/updates`, server-sent events with what changes in the state."""

from __future__ import annotations

import asyncio
from functools import partial

import orjson
from aiohttp import web

from mqttcam.web.context import CONTEXT, HOLDER
from mqttcam.web.places import hang_up
from mqttcam.web.state_publisher import State, difference


async def updates(request: web.Request) -> web.StreamResponse:
    """Send the whole state, then each change of it, as `update` events; the client merges each into what it has.

    A client that reads slowly receives several changes as one event: nothing is queued for it.
    """
    with request.app[CONTEXT].update_streams.take(request[HOLDER], partial(hang_up, request)):
        return await _updates(request)


async def _updates(request: web.Request) -> web.StreamResponse:
    context = request.app[CONTEXT]
    publisher = context.publisher
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    sent: State = {}
    heartbeat = b"event: heartbeat\ndata: %g\n\n" % context.timing.heartbeat
    await response.write(b"retry: 1000\n\n" + heartbeat)
    with publisher.subscribe() as changed:
        while not publisher.closed:
            state = publisher.state
            changes = difference(sent, state)
            sent = state
            await response.write(
                b"event: update\ndata: %b\n\n" % orjson.dumps(changes) if changes else heartbeat
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
