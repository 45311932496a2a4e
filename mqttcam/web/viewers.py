"""Who is watching now: `/api/viewers`."""

from __future__ import annotations

from aiohttp import web

from mqttcam.web.context import CONTEXT
from mqttcam.web.errors import ApiError, json_response


async def viewers(request: web.Request) -> web.Response:
    """Send every stream with its client."""
    return json_response({"viewers": request.app[CONTEXT].connected_viewers.describe()})


async def disconnect_viewer(request: web.Request) -> web.Response:
    """Close the connection of a stream; its client may connect again.

    Raises:
        ApiError: there is no such viewer.
    """
    if not request.app[CONTEXT].connected_viewers.end(request.match_info["viewer"]):
        raise ApiError(404, "not_found", "this viewer has left", "viewer")
    return json_response({"ok": True})
