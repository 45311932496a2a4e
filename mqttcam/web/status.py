"""For monitoring: `/healthz` and `/metrics`."""

from __future__ import annotations

import ipaddress

from aiohttp import web

from mqttcam.web.errors import ApiError, json_response
from mqttcam.web.metrics import exposition
from mqttcam.web.site import SITE, Site


async def healthz(request: web.Request) -> web.Response:
    """200, or 503 with what is wrong in words. Strangers get the status alone."""
    site = request.app[SITE]
    problems = site.health.problems()
    answer: dict[str, object] = {"ok": not problems}
    if await _may_know(request, site):
        answer["problems"] = problems
    return json_response(answer, 503 if problems else 200)


async def metrics(request: web.Request) -> web.Response:
    """Prometheus text, or OpenMetrics for those who ask for it."""
    body, content_type = exposition(request.app[SITE], request.headers.get("Accept", ""))
    return web.Response(body=body, headers={"Content-Type": content_type, "Cache-Control": "no-store"})


async def _may_know(request: web.Request, site: Site) -> bool:
    """This machine's own health check needs no password; what comes through a proxy does."""
    if "X-Forwarded-For" not in request.headers and _is_loopback(request.remote):
        return True
    try:
        return await site.access.visitor(request, site.cookie) is not None
    except ApiError:
        return False


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False
