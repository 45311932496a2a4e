"""For monitoring: `/healthz` and `/metrics`."""

from __future__ import annotations

from aiohttp import web

from mqttcam.settings.web import is_loopback
from mqttcam.web.authorization import Permission, check, host_of
from mqttcam.web.context import CONTEXT, WebContext
from mqttcam.web.errors import ApiError, json_response
from mqttcam.web.metrics import exposition


async def healthz(request: web.Request) -> web.Response:
    """200, or 503 with what is wrong in words. Strangers get the status alone."""
    context = request.app[CONTEXT]
    problems = context.registry.health.problems()
    answer: dict[str, object] = {"ok": not problems}
    if await _may_know(request, context):
        answer["problems"] = problems
    return json_response(answer, 503 if problems else 200)


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text, or OpenMetrics for those who ask for it."""
    body, content_type = exposition(request.app[CONTEXT], request.headers.get("Accept", ""))
    return web.Response(body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})


async def _may_know(request: web.Request, context: WebContext) -> bool:
    """This machine's own health check needs no password; what comes through a proxy or by another name does."""
    straight = "X-Forwarded-For" not in request.headers and is_loopback(host_of(request))
    if straight and is_loopback(request.remote or ""):
        return True
    try:
        check(request, context, await context.access.visitor(request, context.cookie), Permission.VIEW)
    except ApiError:
        return False
    return True
