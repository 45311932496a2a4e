"""What stands before requests: how many clients there may be, and how what is no HTTP is answered."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from mqttcam.web.authorization import secure
from mqttcam.web.context import WebContext
from mqttcam.web.errors import ApiError

log = logging.getLogger(__name__)

MOST = 512
"""Connections besides the streams. Each is an open file, of which a process usually has 1024; cameras, MQTT and
Kafka need theirs. A page takes six at the most."""
_IDLE = 30.0
"""Seconds until a client that asks for nothing, or never ends asking, is let go."""


class HttpProtocol(web.RequestHandler):
    """One client's connection."""

    def __init__(self, context: WebContext, server: web.Server) -> None:
        # None is the documented way to log no accesses: https://docs.aiohttp.org/en/stable/logging.html
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=_IDLE,
            access_log=None,  # type: ignore[arg-type]
        )
        self._site = context
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody has come; one too many has to go."""
        super().connection_made(transport)
        if len(self._server.connections) > MOST + self._site.settings.max_viewers and self.transport:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """An answer that came about outside the application, as all others look.

        Raises:
            ConnectionError: who asked has gone; the library takes it as that.
        """
        if isinstance(exc, ConnectionError) and (self.transport is None or self.transport.is_closing()):
            raise exc
        super().handle_error(request, status, exc, message)
        # The library's message goes on with the bytes that it did not like, on lines of their own.
        text = (message or HTTPStatus(status).phrase).partition("\n")[0].rstrip(": ")
        response = ApiError(status, "internal" if status >= 500 else "invalid_request", text).response()
        response.force_close()
        secure(self._site, response)
        return response

    def log_exception(self, *args: Any, **options: Any) -> None:
        """A request that is none, of which there are many in any network, is no fault of ours."""
        if isinstance(options.get("exc_info"), HttpProcessingError):
            log.debug(*args, **options)
        else:
            super().log_exception(*args, **options)
