"""Logging in and out, and who one is."""

from __future__ import annotations

import orjson
from aiohttp import web

from mqttcam.web.api import body
from mqttcam.web.auth import Identity
from mqttcam.web.context import CONTEXT, WebContext
from mqttcam.web.errors import ApiError, json_response
from mqttcam.web.revoked_sessions import SESSION_SECONDS


async def session(request: web.Request) -> web.Response:
    """Who is asking."""
    context = request.app[CONTEXT]
    visitor = await context.access.visitor(request, context.cookie)
    if visitor is None:
        raise ApiError(401, "unauthorized", "log in, or send a token")
    return json_response(_describe(visitor))


async def login(request: web.Request) -> web.Response:
    """A session for `{"name", "password"}`; with a token as the password, no name."""
    context = request.app[CONTEXT]
    name, password = _credentials(await body(request))
    visitor = await context.access.login(name, password, context.access.client(request))
    if visitor is None:
        raise ApiError(
            401, "unauthorized", "name and password do not fit" if name else "the token does not fit"
        )
    response = json_response(_describe(visitor))
    response.set_cookie(
        context.cookie,
        context.access.session(visitor),
        max_age=SESSION_SECONDS,
        path=_path(request, context),
        httponly=True,
        samesite="Lax",
        secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
    )
    return response


async def logout(request: web.Request) -> web.Response:
    """End the session, and forget it in this browser."""
    context = request.app[CONTEXT]
    await context.access.logout(request.cookies.get(context.cookie, ""))
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
        raise ApiError(400, "invalid_json", "not a login", allowed={"name": "text", "password": "text"})
    return name, password


def _path(request: web.Request, context: WebContext) -> str:
    return context.base(request) or "/"


def _describe(visitor: Identity) -> dict[str, object]:
    return {"name": visitor.name, "role": visitor.role, "proof": visitor.proof}
