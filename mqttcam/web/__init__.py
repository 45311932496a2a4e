"""The live page, MJPEG streams, snapshots, the HTTP API, health and metrics. Importing it loads aiohttp."""

from mqttcam.web.server import ListenError, WebServer

__all__ = ["ListenError", "WebServer"]
