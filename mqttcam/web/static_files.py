"""The page and its files, from `static/`."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

from aiohttp import web

with as_file(files("mqttcam.web").joinpath("static")) as _folder:
    STATIC = Path(_folder)


async def index(_request: web.Request) -> web.FileResponse:
    """Return the page. It gets all its content from the API."""
    return _file("index.html")


async def redirect_to_index(request: web.Request) -> web.StreamResponse:
    """Redirect the path prefix without its slash: the links of the page are relative."""
    raise web.HTTPPermanentRedirect(f"{request.path}/")


async def static(request: web.Request) -> web.FileResponse:
    """Return one of the page's files. Browsers revalidate it each time, and download it only after an update."""
    name = request.match_info["file"]
    if name not in _NAMES:
        raise web.HTTPNotFound
    return _file(name)


def _file(name: str) -> web.FileResponse:
    path = STATIC / name
    return web.FileResponse(path, headers={"Cache-Control": "no-cache", "Content-Type": _TYPES[path.suffix]})


# Not from the operating system's table, which may be anything: browsers run scripts of the right type only.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_NAMES = frozenset(path.name for path in STATIC.iterdir() if path.suffix in _TYPES.keys() - {".html"})
