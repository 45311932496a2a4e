"""The HTTP protocol of one connection: its limits, and the answers to what is not HTTP."""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from mqttcam.web.context import WebContext
from mqttcam.web.errors import ApiError
from mqttcam.web.middleware import add_security_headers

log = logging.getLogger(__name__)


class HttpProtocol(web.RequestHandler):
    """aiohttp's protocol, which closes idle connections and those above the limit."""

    def __init__(self, context: WebContext, server: web.Server, max_connections: int) -> None:
        # None is the documented way to disable the access log: https://docs.aiohttp.org/en/stable/logging.html
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=context.timing.idle,
            access_log=None,  # type: ignore[arg-type]
        )
        self._context = context
        self._server = server
        self._max_connections = max_connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept a connection, or close it if there are too many."""
        super().connection_made(transport)
        if len(self._server.connections) > self._max_connections and self.transport:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Return the response to an error outside the application, in the same form as its own.

        Raises:
            ConnectionError: the client has disconnected; aiohttp expects that exception then.
        """
        if isinstance(exc, ConnectionError) and (self.transport is None or self.transport.is_closing()):
            raise exc
        super().handle_error(request, status, exc, message)
        # aiohttp's message continues with the offending bytes, on lines of their own.
        text = (message or HTTPStatus(status).phrase).partition("\n")[0].rstrip(": ")
        response = ApiError(status, "internal" if status >= 500 else "invalid_request", text).response()
        response.force_close()
        add_security_headers(self._context, response)
        return response

    def log_exception(self, *args: Any, **options: Any) -> None:
        """Log an error; malformed requests, which are common in any network, at debug level only."""
        if isinstance(options.get("exc_info"), HttpProcessingError):
            log.debug(*args, **options)
        else:
            super().log_exception(*args, **options)
