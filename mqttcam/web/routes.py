"""Every path there is."""

from __future__ import annotations

from aiohttp import web

from mqttcam.web import api, events, pages, pictures, session, status
from mqttcam.web.guard import Handler, Need, add_headers, guarded, refusals
from mqttcam.web.site import SITE, Site

_CAMERA = "/cameras/{camera:[a-z0-9_-]+}"

_GET: dict[str, tuple[Handler, Need]] = {
    "/": (pages.page, Need.NOTHING),
    "/static/{file}": (pages.static, Need.NOTHING),
    # The names that people have in their dashboards from Picamera2's example server and raspiCamSrv.
    "/stream.mjpg": (pictures.stream, Need.SEE),
    "/video_feed": (pictures.stream, Need.SEE),
    "/video_feed2": (pictures.stream, Need.SEE),
    "/photo_feed": (pictures.snapshot, Need.SEE),
    "/photo_feed2": (pictures.snapshot, Need.SEE),
    f"{_CAMERA}/stream.mjpg": (pictures.stream, Need.SEE),
    f"{_CAMERA}/snapshot.jpg": (pictures.snapshot, Need.SEE),
    f"{_CAMERA}/snapshots/{{snapshot:\\d+}}.jpg": (pictures.kept_snapshot, Need.SEE),
    "/api/session": (session.session, Need.SEE),
    "/api/openapi.json": (api.openapi, Need.SEE),
    "/api/events": (events.events, Need.SEE),
    "/api/health": (api.health, Need.SEE),
    "/api/cameras": (api.cameras, Need.SEE),
    f"/api{_CAMERA}": (api.camera, Need.SEE),
    f"/api{_CAMERA}/state": (api.state, Need.SEE),
    f"/api{_CAMERA}/snapshots": (api.snapshots, Need.SEE),
    "/healthz": (status.healthz, Need.NOTHING),
    "/metrics": (status.metrics, Need.SEE),
}
_POST: dict[str, tuple[Handler, Need]] = {
    "/api/login": (session.login, Need.NOTHING),
    "/api/logout": (session.logout, Need.NOTHING),
    f"/api{_CAMERA}/set": (api.set_values, Need.CHANGE),
    f"/api{_CAMERA}/cmd/{{command}}": (api.camera_command, Need.CHANGE),
    "/api/node/cmd/{command}": (api.node_command, Need.CHANGE),
}


def application(site: Site) -> web.Application:
    """The whole of it; under the path prefix and without, for proxies that take it off."""
    app = web.Application(middlewares=[refusals])
    app[SITE] = site
    app.on_response_prepare.append(add_headers)
    prefix = site.settings.path_prefix
    if prefix:
        app.router.add_get(prefix, pages.to_page)
    for start in {"", prefix}:
        for path, (handler, need) in _GET.items():
            app.router.add_get(start + path, guarded(handler, need))
        for path, (handler, need) in _POST.items():
            app.router.add_post(start + path, guarded(handler, need))
    return app
