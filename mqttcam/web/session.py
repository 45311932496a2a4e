"""Logging in and out, and who one is."""

from __future__ import annotations

import orjson
from aiohttp import web

from mqttcam.web.access import Visitor
from mqttcam.web.api import body
from mqttcam.web.ended import SESSION_SECONDS
from mqttcam.web.errors import ApiError, json_response
from mqttcam.web.site import SITE, Site


async def session(request: web.Request) -> web.Response:
    """Who is asking."""
    site = request.app[SITE]
    visitor = await site.access.visitor(request, site.cookie)
    if visitor is None:
        raise ApiError(401, "unauthorized", "log in, or send a token")
    return json_response(_describe(visitor))


async def login(request: web.Request) -> web.Response:
    """A session for `{"name", "password"}`; with a token as the password, no name."""
    site = request.app[SITE]
    name, password = _credentials(await body(request))
    visitor = await site.access.login(name, password, site.access.client(request))
    if visitor is None:
        raise ApiError(
            401, "unauthorized", "name and password do not fit" if name else "the token does not fit"
        )
    response = json_response(_describe(visitor))
    response.set_cookie(
        site.cookie,
        site.access.session(visitor),
        max_age=SESSION_SECONDS,
        path=_path(request, site),
        httponly=True,
        samesite="Lax",
        secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
    )
    return response


async def logout(request: web.Request) -> web.Response:
    """End the session, and forget it in this browser."""
    site = request.app[SITE]
    await site.access.logout(request.cookies.get(site.cookie, ""))
    response = json_response({"ok": True})
    response.del_cookie(site.cookie, path=_path(request, site))
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


def _path(request: web.Request, site: Site) -> str:
    return site.base(request) or "/"


def _describe(visitor: Visitor) -> dict[str, object]:
    return {"name": visitor.name, "role": visitor.role, "proof": visitor.proof}
