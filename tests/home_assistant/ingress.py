"""Run Home Assistant's own ingress proxy, inside the chroot that `setup.sh` makes: ingress.py PORT PORT_OF_THE_PAGE.

It is Core's `HassIOIngress`. The Supervisor's proxy behind it, which cuts the same headers, is left out. `/` is a page
that embeds the daemon's, as Home Assistant's frontend does.
"""
# mypy: ignore-errors

import sys
from urllib.parse import quote

import aiohttp
from aiohttp import web
from homeassistant.components.hassio.ingress import HassIOIngress
from yarl import URL

PANEL = """<!doctype html><link rel=icon href="data:,">
<iframe src="/api/hassio_ingress/t0ken/" width=1200 height=800></iframe>"""


class Ingress(HassIOIngress):
    """Connects to the daemon itself instead of the Supervisor."""

    def _create_url(self, token, path):
        return self._url.join(URL(f"/{quote(path)}", encoded=True))


async def application():
    """Return the application."""
    app = web.Application()
    session = aiohttp.ClientSession(auto_decompress=False)
    ingress = Ingress(f"127.0.0.1:{sys.argv[2]}", session)

    async def proxy(request):
        return await ingress._handle(request, **request.match_info)

    async def panel(_request):
        return web.Response(text=PANEL, content_type="text/html")

    app.router.add_get("/", panel)
    app.router.add_route("*", HassIOIngress.url, proxy)
    return app


web.run_app(application(), host="127.0.0.1", port=int(sys.argv[1]), print=None)
