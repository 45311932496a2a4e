"""The page and its files."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from aiohttp import web

with as_file(files("mqttcam.web").joinpath("static")) as _folder:
    STATIC = Path(_folder)


async def page(_request: web.Request) -> web.FileResponse:
    """The page; everything that it shows it asks the API for."""
    return _file("index.html")


async def to_page(request: web.Request) -> web.StreamResponse:
    """The path prefix without its slash: the page's own links are relative."""
    raise web.HTTPPermanentRedirect(f"{request.path}/")


async def static(request: web.Request) -> web.FileResponse:
    """One of the page's files; asked for again each time, sent again only after an update."""
    name = request.match_info["file"]
    if name not in _NAMES:
        raise web.HTTPNotFound
    return _file(name)


def _file(name: str) -> web.FileResponse:
    path = STATIC / name
    return web.FileResponse(path, headers={"Cache-Control": "no-cache", "Content-Type": _TYPES[path.suffix]})


# Not from the machine's own table, which may be any: a browser runs no script that is not said to be one.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_NAMES = frozenset(path.name for path in STATIC.iterdir() if path.suffix in _TYPES.keys() - {".html"})
