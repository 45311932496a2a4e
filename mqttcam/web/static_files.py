"""The page and its files, from `static/`. Text is sent compressed to clients that accept that."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path

from aiohttp import web
from msgspec import Struct

with as_file(files("mqttcam.web").joinpath("static")) as _folder:
    STATIC = Path(_folder)


async def index(request: web.Request) -> web.StreamResponse:
    """Return the page. It gets all its content from the API."""
    return _file(request, "index.html")


async def first_start(request: web.Request) -> web.StreamResponse:
    """Return the page of `mqttcam init --page`."""
    return _file(request, "firststart.html")


async def redirect_to_index(request: web.Request) -> web.StreamResponse:
    """Redirect the path prefix without its slash: the links of the page are relative."""
    raise web.HTTPPermanentRedirect(f"{request.path}/")


async def static(request: web.Request) -> web.StreamResponse:
    """Return one of the page's files. Browsers revalidate it each time, and download it only after an update."""
    name = request.match_info["file"]
    if name not in _NAMES:
        raise web.HTTPNotFound
    return _file(request, name)


def _file(request: web.Request, name: str) -> web.StreamResponse:
    path = STATIC / name
    # Chromium would keep a page that was left ready for "Back", with the WebSockets that it was about to open.
    cached = "no-store" if path.suffix == ".html" else "no-cache"
    headers = {"Cache-Control": cached, "Content-Type": _TYPES[path.suffix]}
    if path.suffix not in _INCOMPRESSIBLE:
        headers["Vary"] = "Accept-Encoding"
        # A range would be one of the compressed bytes. Home Assistant's ingress compresses by itself, and cuts
        # Content-Encoding off.
        plain = any(header in request.headers for header in ("Range", "X-Ingress-Path"))
        if not plain and _accepts_gzip(request.headers.get("Accept-Encoding", "")):
            return _compressed_response(request, path, headers)
    return web.FileResponse(path, headers=headers)


def _compressed_response(request: web.Request, path: Path, headers: dict[str, str]) -> web.Response:
    file = _compressed(path, path.stat().st_mtime_ns)
    if any(known.value in (file.etag, "*") for known in request.if_none_match or ()):
        response = web.Response(status=304, headers=headers)
    else:
        response = web.Response(body=file.data, headers=headers | {"Content-Encoding": "gzip"})
    response.etag = file.etag
    return response


class _CompressedFile(Struct, frozen=True):
    data: bytes
    etag: str


@cache
def _compressed(path: Path, _mtime_ns: int) -> _CompressedFile:
    """Return a file compressed with gzip, which takes a few milliseconds, but only once until the file is replaced."""
    data = gzip.compress(path.read_bytes(), mtime=0)
    return _CompressedFile(data, f"{hashlib.sha256(data).hexdigest()[:20]}-gzip")


def _accepts_gzip(header: str) -> bool:
    """Return whether an `Accept-Encoding` header (RFC 9110, 12.5.3) allows gzip."""
    for part in header.lower().split(","):
        coding, _, parameter = part.partition(";")
        if coding.strip() in ("gzip", "x-gzip", "*"):
            return parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


# Not from the operating system's table, which may be anything: browsers run scripts of the right type only.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_INCOMPRESSIBLE = {".jpg"}
_NAMES = frozenset(path.name for path in STATIC.iterdir() if path.suffix in _TYPES.keys() - {".html"})
