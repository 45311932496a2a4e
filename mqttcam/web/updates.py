"""Live values as server-sent events."""

from __future__ import annotations

import asyncio

import orjson
from aiohttp import web

from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import ApiError
from mqttcam.web.state_publisher import View, difference

_HEARTBEAT = 15.0
_MAX_CLIENTS = 64


async def updates(request: web.Request) -> web.StreamResponse:
    """The whole view first, then what changes in it, each as an `update` event to be merged into the last."""
    live = request.app[CONTEXT].live
    if len(live) >= _MAX_CLIENTS:
        raise ApiError(503, "busy", "too many event streams", allowed={"max_streams": _MAX_CLIENTS})
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    seen: View = {}
    await response.write(b"retry: 1000\n\n")
    with live.joined() as news:
        while not live.closed:
            view = live.view
            changes = difference(seen, view)
            seen = view
            await response.write(
                b"event: update\ndata: %b\n\n" % orjson.dumps(changes) if changes else b":\n\n"
            )
            await _wait(news)
    return response


async def _wait(news: asyncio.Event) -> None:
    """Until there is news, or it is time for a sign of life."""
    try:
        async with asyncio.timeout(_HEARTBEAT):
            await news.wait()
    except TimeoutError:
        return
    news.clear()
