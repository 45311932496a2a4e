"""`/api/login`, `/api/logout` and `/api/session`."""

from __future__ import annotations

import orjson
from aiohttp import web

from mqttcam.web.api import body
from mqttcam.web.auth import Identity
from mqttcam.web.authorization import may_edit
from mqttcam.web.context import CONTEXT, WebContext
from mqttcam.web.errors import ApiError, json_response
from mqttcam.web.revoked_sessions import SESSION_SECONDS


async def session(request: web.Request) -> web.Response:
    """Return the identity of the sender."""
    context = request.app[CONTEXT]
    identity = await context.auth.authenticate(request, context.cookie)
    if identity is None:
        raise ApiError(401, "unauthorized", "log in, or send a token")
    return json_response(_describe(context, identity))


async def login(request: web.Request) -> web.Response:
    """Open a session for `{"name", "password"}`, or for a token as the password without a name."""
    context = request.app[CONTEXT]
    name, password = _credentials(await body(request))
    identity = await context.auth.login(name, password, context.auth.client_address(request))
    if identity is None:
        raise ApiError(401, "unauthorized", "wrong name or password" if name else "wrong token")
    response = json_response(_describe(context, identity))
    response.set_cookie(
        context.cookie,
        context.auth.open_session(identity),
        max_age=SESSION_SECONDS,
        path=_path(request, context),
        httponly=True,
        samesite="Lax",
        secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
    )
    return response


async def logout(request: web.Request) -> web.Response:
    """Invalidate the session, and delete its cookie from this browser."""
    context = request.app[CONTEXT]
    await context.auth.close_session(request.cookies.get(context.cookie, ""))
    response = json_response({"ok": True})
    response.del_cookie(context.cookie, path=_path(request, context))
    return response


def _credentials(data: bytes) -> tuple[str, str]:
    try:
        given = orjson.loads(data)
        name, password = given.get("name", ""), given["password"]
    except (orjson.JSONDecodeError, AttributeError, KeyError):
        name = password = None
    if not isinstance(name, str) or not isinstance(password, str):
        allowed = {"name": "text", "password": "text"}
        raise ApiError(400, "invalid_json", "the body is not a login", allowed=allowed)
    return name, password


def _path(request: web.Request, context: WebContext) -> str:
    return context.base(request) or "/"


def _describe(context: WebContext, identity: Identity) -> dict[str, object]:
    return {
        "name": identity.name,
        "role": identity.role,
        "proof": identity.proof,
        "edit": may_edit(context, identity),
    }
