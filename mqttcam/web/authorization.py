"""What stands before every handler: who may pass, from which site, and how refusals look."""

from __future__ import annotations

import ipaddress
import logging
import socket
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from urllib.parse import urlsplit

from aiohttp import web

from mqttcam.web.auth import Identity
from mqttcam.web.context import CONTEXT, WebContext
from mqttcam.web.errors import ApiError

log = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# No public DNS answers for these (RFC 6762, RFC 8375, ICANN's `.internal`): no stranger can point them at us.
_PRIVATE_SUFFIXES = (".local", ".lan", ".home.arpa", ".internal", ".localhost")
_CHALLENGE = 'Basic realm="mqttcam", charset="UTF-8"'


class Permission(Enum):
    """What a route asks of its visitor."""

    NONE = auto()
    VIEW = auto()
    CONTROL = auto()


def guarded(handler: Handler, need: Permission) -> Handler:
    """A handler behind its door."""

    async def enter(request: web.Request) -> web.StreamResponse:
        site = request.app[CONTEXT]
        if request.method == "POST":
            _check_origin(request)
        if need is not Permission.NONE:
            visitor = await site.access.visitor(request, site.cookie)
            check(request, site, visitor, need)
        return await handler(request)

    return enter


def check(request: web.Request, site: WebContext, visitor: Identity | None, need: Permission) -> None:
    """Whether somebody may pass.

    Raises:
        ApiError: not.
    """
    if visitor is None:
        headers = {"WWW-Authenticate": _CHALLENGE} if _wants_challenge(request, site) else None
        raise ApiError(401, "unauthorized", "log in, or send a token", headers=headers)
    if visitor.proof in ("none", "network"):
        _check_host(request, site)
    if need is Permission.CONTROL and visitor.role != "admin":
        raise ApiError(403, "forbidden", f"{visitor.name} may see everything and change nothing")


def _wants_challenge(request: web.Request, site: WebContext) -> bool:
    """Programs need it to send a password; a browser opens a window for it, and our page has a form."""
    return (
        "X-Requested-With" not in request.headers
        and site.cookie not in request.cookies
        and "text/event-stream" not in request.headers.get("Accept", "")
    )


def _check_host(request: web.Request, site: WebContext) -> None:
    """Without a password, a strange site could point its own name at our address (DNS rebinding)."""
    name = host_of(request)
    if "." not in name or name.endswith(_PRIVATE_SUFFIXES) or name == socket.gethostname().lower():
        return
    if name in {known.lower() for known in site.settings.hosts} or _is_address(name):
        return
    if site.settings.public_url and name == _host_name(site.settings.public_url):
        return
    raise ApiError(403, "forbidden", f"{name} is not a name of this server: add it to web.hosts", "Host")


def host_of(request: web.Request) -> str:
    """The name by which we were asked, in small letters."""
    return _host_name(f"//{request.headers.get('Host', '')}")


def _host_name(url: str) -> str:
    """The host of an address; one that is none is nobody's."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return "not.a.host"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _check_origin(request: web.Request) -> None:
    """What changes something must come from our own page, or from no page at all.

    Browsers send `Sec-Fetch-Site` over HTTPS and to loopback, and `Origin` with every POST; old ones send `Referer`,
    which our own page never does. A forwarded host can be trusted here: a page of another site cannot set that header.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ApiError(403, "forbidden", "the request comes from a page of another site")
    origin = request.headers.get("Origin", request.headers.get("Referer"))
    if origin is None or request.headers.get("Sec-Fetch-Site") == "same-origin":
        return
    ours = {request.headers.get("Host"), request.headers.get("X-Forwarded-Host")}
    ours.add(_place(request.app[CONTEXT].settings.public_url or ""))
    if _place(origin) not in ours - {""}:
        raise ApiError(403, "forbidden", "the request comes from a page of another site", "Origin")


def _place(url: str) -> str:
    """Host and port as they stand in an address."""
    return url.partition("://")[2].partition("/")[0]


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every refusal and every failure as JSON."""
    try:
        return await handler(request)
    except ApiError as error:
        return error.response()
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _plain(error)
    except ConnectionError:
        raise
    except Exception as error:
        log.exception("%s %s failed", request.method, request.path)
        return ApiError(500, "internal", type(error).__name__).response()


def _plain(error: web.HTTPException) -> web.StreamResponse:
    """The server library's own refusals, such as for a path that is not there."""
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
        error.status, "invalid_request"
    )
    return ApiError(error.status, code, error.reason, headers=headers).response()


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Security headers on everything that the application answers."""
    secure(request.app[CONTEXT], response)


def secure(site: WebContext, response: web.StreamResponse) -> None:
    """Give an answer its security headers; pictures may be shown by other sites, as dashboards do."""
    ancestors = " ".join(("'self'", *site.settings.frame_ancestors))
    headers = response.headers
    headers["Server"] = "mqttcam"
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; "
        f"frame-ancestors {ancestors}"
    )
    headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if not response.content_type.startswith(("image/", "multipart/")):
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
