"""Every path of the web server, with its handler and the permission that it requires. Add routes here."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from mqttcam.text import ID_PATTERN
from mqttcam.web import (
    api,
    backups,
    events,
    files,
    live,
    login,
    monitoring,
    motion,
    pictures,
    setup,
    share,
    static_files,
    timeline,
    tuning,
    updates,
    video,
    viewers,
)
from mqttcam.web.authorization import Permission, require
from mqttcam.web.context import CONTEXT, WebContext
from mqttcam.web.middleware import json_errors, on_response_prepare

_CAMERA = f"/cameras/{{camera:{ID_PATTERN}}}"

_EVENT = "/events/{event:[0-9a-z-]+}"
_FILE_ID = "/files/{file:[0-9a-z-]+}"
_TUNING_FILE = "/api/tuning_files/{name}"
_FILE = f"/files/{{camera:{ID_PATTERN}}}/{{name:.+}}"

_GET: dict[str, tuple[Handler, Permission]] = {
    "/": (static_files.index, Permission.NONE),
    "/index.html": (static_files.index, Permission.NONE),
    "/static/{file}": (static_files.static, Permission.NONE),
    # The names that people have in their dashboards from Picamera2's example server and raspiCamSrv.
    "/stream.mjpg": (pictures.stream, Permission.LIVE),
    "/video_feed": (pictures.stream, Permission.LIVE),
    "/video_feed2": (pictures.stream, Permission.LIVE),
    "/photo_feed": (pictures.snapshot, Permission.LIVE),
    "/photo_feed2": (pictures.snapshot, Permission.LIVE),
    f"{_CAMERA}/stream.mjpg": (pictures.stream, Permission.LIVE),
    f"{_CAMERA}/stream.ts": (video.transport_stream, Permission.LIVE),
    f"{_CAMERA}/live": (live.live, Permission.LIVE),
    f"{_CAMERA}/snapshot.jpg": (pictures.snapshot, Permission.LIVE),
    f"{_CAMERA}/snapshots/{{snapshot:\\d+}}.jpg": (pictures.kept_snapshot, Permission.VIEW),
    "/api/live": (api.live, Permission.LIVE),
    "/api/session": (login.session, Permission.VIEW),
    "/api/openapi.json": (api.openapi, Permission.VIEW),
    "/api/updates": (updates.updates, Permission.VIEW),
    "/api/health": (api.health, Permission.VIEW),
    "/api/trouble": (api.trouble, Permission.VIEW),
    "/api/viewers": (viewers.viewers, Permission.CONTROL),
    "/api/cameras": (api.cameras, Permission.VIEW),
    f"/api{_CAMERA}": (api.camera, Permission.VIEW),
    f"/api{_CAMERA}/motion": (motion.motion, Permission.VIEW),
    f"/api{_CAMERA}/zones": (api.zones, Permission.VIEW),
    f"/api{_CAMERA}/state": (api.state, Permission.VIEW),
    f"/api{_CAMERA}/snapshots": (api.snapshots, Permission.VIEW),
    "/api/events": (events.events, Permission.VIEW),
    f"/api{_EVENT}": (events.event, Permission.VIEW),
    f"{_EVENT}/clip.mp4": (events.clip, Permission.SIGNED),
    f"{_EVENT}/picture.jpg": (events.picture, Permission.SIGNED),
    "/api/timeline": (timeline.timeline, Permission.VIEW),
    "/api/timeline/days": (timeline.days, Permission.VIEW),
    "/api/timeline/slots": (timeline.slots, Permission.VIEW),
    "/api/timeline/filters": (timeline.filters, Permission.VIEW),
    "/api/files": (files.files, Permission.VIEW),
    f"/api{_FILE_ID}": (files.file_info, Permission.VIEW),
    _FILE: (files.file, Permission.SIGNED),
    "/api/tuning_files": (tuning.tuning_files, Permission.VIEW),
    _TUNING_FILE: (tuning.tuning_file, Permission.VIEW),
    "/api/setup": (setup.setup, Permission.EDIT),
    "/api/setup/backup": (backups.backup, Permission.EDIT),
    "/api/setup/found": (setup.found, Permission.EDIT),
    "/healthz": (monitoring.healthz, Permission.NONE),
    "/metrics": (monitoring.metrics, Permission.VIEW),
}
_POST: dict[str, tuple[Handler, Permission]] = {
    "/api/login": (login.login, Permission.NONE),
    "/api/logout": (login.logout, Permission.NONE),
    f"/api{_CAMERA}/set": (api.set_values, Permission.CONTROL),
    f"/api{_CAMERA}/cmd/{{command}}": (api.camera_command, Permission.CONTROL),
    "/api/node/cmd/{command}": (api.node_command, Permission.CONTROL),
    "/api/setup/restore": (backups.restore_backup, Permission.EDIT),
    "/api/setup/restore/check": (backups.check_backup, Permission.EDIT),
    "/api/setup/check": (setup.check, Permission.EDIT),
    "/api/setup/test": (setup.test, Permission.EDIT),
    f"/api{_EVENT}/keep": (events.keep_event, Permission.CONTROL),
    f"/api{_EVENT}/share": (share.share_event, Permission.CONTROL),
    f"/api{_FILE_ID}/keep": (files.keep_file, Permission.CONTROL),
    f"/api{_FILE_ID}/share": (share.share_file, Permission.CONTROL),
}
_PUT: dict[str, tuple[Handler, Permission]] = {
    f"/api/setup{_CAMERA}": (setup.put_camera, Permission.EDIT),
    _TUNING_FILE: (tuning.put_tuning_file, Permission.CONTROL),
}
_DELETE: dict[str, tuple[Handler, Permission]] = {
    "/api/viewers/{viewer:[0-9]+}": (viewers.disconnect_viewer, Permission.CONTROL),
    f"/api{_EVENT}": (events.delete_event, Permission.CONTROL),
    _FILE: (files.delete_file, Permission.CONTROL),
    f"/api/setup{_CAMERA}": (setup.delete_camera, Permission.EDIT),
    _TUNING_FILE: (tuning.delete_tuning_file, Permission.CONTROL),
}


def application(context: WebContext) -> web.Application:
    """Return the application, with its paths both below the path prefix and without: some proxies remove the prefix."""
    app = web.Application(middlewares=[json_errors])
    app[CONTEXT] = context
    app.on_response_prepare.append(on_response_prepare)
    prefix = context.settings.path_prefix
    if prefix:
        app.router.add_get(prefix, static_files.redirect_to_index)
    for start in {"", prefix}:
        for path, (handler, permission) in _GET.items():
            app.router.add_get(start + path, require(permission, handler))
        for path, (handler, permission) in _POST.items():
            app.router.add_post(start + path, require(permission, handler))
        for path, (handler, permission) in _PUT.items():
            app.router.add_put(start + path, require(permission, handler))
        for path, (handler, permission) in _DELETE.items():
            app.router.add_delete(start + path, require(permission, handler))
    return app
