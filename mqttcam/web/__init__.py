"""The web server: live page, MJPEG streams, snapshots, HTTP API, health and metrics.

Where to find what:

- `server.py`: start and stop. `routes.py`: every path with its handler and permission; **a new route goes here**.
- Handlers: `api.py` (commands and state), `pictures.py` (streams and snapshots), `updates.py` (server-sent events),
  `login.py`, `monitoring.py` (health and metrics), `static_files.py` (the page). `context.py`: what they share.
- Before and after a handler: `protocol.py` (connection limits, malformed requests), `authorization.py` (permissions,
  cross-site requests), `middleware.py` (errors as JSON, security headers), `errors.py` (the form of an error).
- Authentication: `auth.py` (who sent a request), `sessions.py` and `revoked_sessions.py` (cookies), `passwords.py`
  (hashes), `rate_limiter.py` (failed logins), `login_queue.py` (which password is checked next).
- Limits: `places.py` (requests and streams, shared by users), `protocol.py` (connections), `encodings.py` (widths and
  qualities).
- Video: `video.py` (`stream.ts`) and `live.py` (the WebSocket of the page), `video_streams.py` (one muxer for many
  clients), `messages.py` (WebSocket messages).
- Pictures: `mjpeg.py` (one stream for many clients), `picture_query.py` (`?fps=&width=&quality=`),
  `snapshot_history.py`, `placeholder.py`, `previews.py` (smaller versions of stored pictures).
- Events and recordings: `events.py` (lists, clips, deletion), `event_query.py` (`?camera=&type=&from=…`),
  `file_response.py` and `disk_threads.py` (files with ranges, from a disk that may hang), `signed_addresses.py`
  (addresses without a login).
- State: `state_publisher.py` (changes, for `updates.py`), `openapi*.py` and `schemas.py` (the API's description),
  `metrics.py` (Prometheus; **a new metric goes here**, unless it is an entity: those are metrics by themselves).
- Cameras of the configuration: `setup.py` (list, add, change, remove), `proposed_pictures.py` (test pictures),
  `backups.py` (download and restore).
- `address.py`: the page's URL. `timing.py`: all timeouts.

The page is `static/index.html` with one JavaScript module per part:

- `app.js`: start, login and updates. `navigation.js`: the view that the address names, with `views.js` (those besides
  cameras). `api.js`: requests and the update stream. `login.js`: the login form.
- `tabs.js`: those of the cameras. `overview.js`: all cameras. `camera.js`: one camera, with `stage.js` (live picture),
  `live.js` (its video), `mjpeg.js` (its stream of pictures), `zoom.js`, `window.js` (rectangles drawn on the picture),
  `history.js` (snapshots), and `panel.js` (what is beside the picture). `node.js`: the drawer of the node.
- Without a picture: `curtain.js` (why), `interruption.js` (what can be done about it) and `problem.js` (when mqttcam
  tries again, which `trouble.js`, the list of problems, shows as well).
- The panel: `group.js` (a group of controls), `search.js`, `fields.js` (a control with its name, help and reset),
  `automatic.js` (its switch "Automatic"), `widgets.js` (one per kind of value) with `wideslider.js` (times) and
  `distance.js` (focus), `sender.js` (one value at a time). Groups and texts come from the API. `actions.js`: all
  controls at once, with `presets.js` and `copy.js` (to other cameras, loaded when it is opened).
- `events.js` with `events.css`: the list of events and the player, loaded when it is opened for the first time.
- `setup*.js` with `setup.css`: the cameras of the configuration, loaded likewise; `restore.js`: restoring a backup.
- `previews.js`: the widths in which stored pictures are loaded.
- `dom.js`, `format.js`: helpers. `types.d.ts`: the API's JSON, for the type checker only.
- Style sheets: `base.css` (colours, type), `layout.css`, `phone.css` (small screens), `stage.css`, `curtain.css`,
  `controls.css`, `panel.css`, `dialogs.css`, `contrast.css` (forced colours).

`WebServer` imports aiohttp when it is first accessed, so that `passwords.py` and `address.py` can be used without.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mqttcam.web.server import ListenError, WebServer

__all__ = ["ListenError", "WebServer"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from mqttcam.web import server

    return getattr(server, name)
