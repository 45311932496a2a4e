"""`/healthz` and `/metrics`. The metrics themselves are in `metrics.py`."""

from __future__ import annotations

from aiohttp import web

from mqttcam.settings.web import is_loopback
from mqttcam.web.authorization import Permission, authorize, host_name
from mqttcam.web.context import CONTEXT, WebContext
from mqttcam.web.errors import ApiError, json_response
from mqttcam.web.metrics import exposition


async def healthz(request: web.Request) -> web.Response:
    """Return 200, or 503 if there are problems. Only requests with permission receive their text."""
    context = request.app[CONTEXT]
    problems = context.registry.health.problems()
    answer: dict[str, object] = {"ok": not problems}
    if await _may_see_problems(request, context):
        answer["problems"] = problems
    return json_response(answer, 503 if problems else 200)


async def metrics(request: web.Request) -> web.Response:
    """Return the metrics as Prometheus text, or as OpenMetrics if the client accepts that."""
    body, content_type = exposition(request.app[CONTEXT], request.headers.get("Accept", ""))
    return web.Response(body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})


async def _may_see_problems(request: web.Request, context: WebContext) -> bool:
    """Return whether a request comes directly from this machine, as the container's health check does, or may view."""
    direct = "X-Forwarded-For" not in request.headers and is_loopback(host_name(request))
    if direct and is_loopback(request.remote or ""):
        return True
    try:
        identity = await context.auth.authenticate(request, context.cookie)
        authorize(request, context, identity, Permission.VIEW)
    except ApiError:
        return False
    return True
