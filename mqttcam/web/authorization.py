"""The checks before every handler: permission, and protection against requests that other sites make a browser send."""

from __future__ import annotations

import ipaddress
import socket
from enum import Enum, auto
from functools import partial
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from mqttcam.web.auth import Identity
from mqttcam.web.context import CONTEXT, HOLDER, WebContext
from mqttcam.web.errors import ApiError
from mqttcam.web.places import hang_up, holder_of
from mqttcam.web.protocol import in_use

# Public DNS does not resolve these (RFC 6762, RFC 8375, ICANN's `.internal`), so no other site can use them for us.
_PRIVATE_SUFFIXES = (".local", ".lan", ".home.arpa", ".internal", ".localhost")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_CHALLENGE = 'Basic realm="mqttcam", charset="UTF-8"'


_ANYONE = Identity(None, "viewer", "anonymous")
_BY_ADDRESS = Identity(None, "viewer", "address")


class Permission(Enum):
    """The permission that a route requires.

    LIVE is for live pictures, SIGNED is VIEW or an address that is signed, EDIT is CONTROL where `web.edit` is true.
    """

    NONE = auto()
    LIVE = auto()
    SIGNED = auto()
    VIEW = auto()
    CONTROL = auto()
    EDIT = auto()


def require(permission: Permission, handler: Handler) -> Handler:
    """Return a handler that runs only for requests with this permission."""

    async def authorized(request: web.Request) -> web.StreamResponse:
        context = request.app[CONTEXT]
        if request.method not in _SAFE_METHODS or is_websocket(request):
            _check_origin(request)
        if permission is Permission.NONE:
            return await handler(request)
        if permission is Permission.SIGNED and _is_signed(request, context):
            identity = _BY_ADDRESS
        else:
            found = await context.auth.authenticate(request, context.cookie)
            identity = authorize(request, context, found, permission)
        holder = request[HOLDER] = holder_of(identity, context.auth.client_address(request))
        with context.requests.take(holder, partial(hang_up, request)), in_use(request):
            return await handler(request)

    return authorized


def _is_signed(request: web.Request, context: WebContext) -> bool:
    path = request.path.removeprefix(context.settings.path_prefix).removeprefix("/")
    return "signature" in request.query and context.addresses.is_valid(path, request.query)


def is_websocket(request: web.Request) -> bool:
    """Return whether a request opens a WebSocket, which browsers allow pages of other sites to do with our cookies."""
    return request.headers.get("Upgrade", "").strip().lower() == "websocket"


def authorize(
    request: web.Request, context: WebContext, identity: Identity | None, permission: Permission
) -> Identity:
    """Return the identity, which has the permission.

    Raises:
        ApiError: it has not, or the request has no identity, or an unknown host name.
    """
    if identity is None and permission is Permission.LIVE and context.settings.anonymous == "live":
        identity = _ANYONE
    if identity is None:
        headers = {"WWW-Authenticate": _CHALLENGE} if _wants_challenge(request, context) else None
        signed = permission is Permission.SIGNED and "signature" in request.query
        message = (
            "this address has expired, or is not complete: log in" if signed else "log in, or send a token"
        )
        raise ApiError(401, "unauthorized", message, headers=headers)
    if identity.proof in ("none", "anonymous", "network"):
        _check_host(request, context)
    if permission in (Permission.CONTROL, Permission.EDIT) and identity.role != "admin":
        raise ApiError(
            403, "forbidden", f"{identity.name} has the role viewer, which may not change anything"
        )
    if permission is Permission.EDIT and not may_edit(context, identity):
        raise ApiError(403, "forbidden", "cameras cannot be changed here: `web.edit` is false", "web.edit")
    return identity


def may_edit(context: WebContext, identity: Identity) -> bool:
    """Return whether the cameras of the configuration may be changed."""
    return context.settings.edit and context.editor is not None and identity.role == "admin"


def _wants_challenge(request: web.Request, context: WebContext) -> bool:
    """Return whether to ask for HTTP Basic: programs need that, a browser would open a dialog beside our login form."""
    return (
        "X-Requested-With" not in request.headers
        and context.cookie not in request.cookies
        and "text/event-stream" not in request.headers.get("Accept", "")
    )


def _check_host(request: web.Request, context: WebContext) -> None:
    """Refuse unknown host names: without a password, another site could resolve its name to us (DNS rebinding).

    Raises:
        ApiError: the name is neither private, nor ours, nor configured.
    """
    name = host_name(request)
    if "." not in name or name.endswith(_PRIVATE_SUFFIXES) or name == socket.gethostname().lower():
        return
    if name in {known.lower() for known in context.settings.hosts} or _is_address(name):
        return
    if context.settings.public_url and name == _host_of(context.settings.public_url):
        return
    raise ApiError(403, "forbidden", f"{name} is not a name of this server: add it to web.hosts", "Host")


def host_name(request: web.Request) -> str:
    """Return the host of the request's `Host` header, in lower case."""
    return _host_of(f"//{request.headers.get('Host', '')}")


def _host_of(url: str) -> str:
    """Return the host of a URL, in lower case; a name that nobody can configure if the URL is invalid."""
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
    """Refuse requests that a page of another site makes a browser send (cross-site request forgery).

    Browsers send `Sec-Fetch-Site` over HTTPS and to loopback, and `Origin` with every POST and WebSocket; old ones
    send `Referer`, which our page never does. `X-Forwarded-Host` can be trusted here: a page of another site cannot
    set it.

    Raises:
        ApiError: the request comes from another site.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ApiError(403, "forbidden", "the request comes from a page of another site")
    origin = request.headers.get("Origin", request.headers.get("Referer"))
    if origin is None or request.headers.get("Sec-Fetch-Site") == "same-origin":
        return
    ours = {request.headers.get("Host"), request.headers.get("X-Forwarded-Host")}
    ours.add(_host_and_port(request.app[CONTEXT].settings.public_url or ""))
    if _host_and_port(origin) not in ours - {""}:
        raise ApiError(403, "forbidden", "the request comes from a page of another site", "Origin")


def _host_and_port(url: str) -> str:
    return url.partition("://")[2].partition("/")[0]
