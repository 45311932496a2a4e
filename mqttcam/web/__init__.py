"""The live page, MJPEG streams, snapshots, the HTTP API, health and metrics.

`WebServer` loads aiohttp when it is first asked for; the password hashes do without.
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
