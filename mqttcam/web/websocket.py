"""WebSockets: how they are opened, and the tasks that serve them."""

from __future__ import annotations

import asyncio

from aiohttp import web

from mqttcam.web.authorization import is_websocket
from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import ApiError

_MAX_MESSAGE = 1024
"""Bytes of a client's message."""
_CLOSE_TIMEOUT = 0.2
"""Seconds to wait for the client's part of closing."""


def require_websocket(request: web.Request) -> None:
    """Check that a request opens a WebSocket.

    Raises:
        ApiError: it does not.
    """
    if not is_websocket(request):
        raise ApiError(
            426,
            "invalid_request",
            "this address accepts only WebSocket connections",
            headers={"Upgrade": "websocket"},
        )


def websocket(request: web.Request) -> web.WebSocketResponse:
    """Return a WebSocket that is not open yet; a client that does not read will be disconnected."""
    return web.WebSocketResponse(
        compress=False,
        heartbeat=request.app[CONTEXT].timing.stalled,
        timeout=_CLOSE_TIMEOUT,
        max_msg_size=_MAX_MESSAGE,
    )


async def cancel(*tasks: asyncio.Task[object] | asyncio.Future[object]) -> None:
    """Cancel tasks, and return when they have ended."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
