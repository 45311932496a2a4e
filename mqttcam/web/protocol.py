"""The HTTP protocol of one connection: the limit of connections, and the answers to what is not HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from mqttcam import descriptors
from mqttcam.sockets import end_when_unread
from mqttcam.web.context import WebContext
from mqttcam.web.errors import ApiError
from mqttcam.web.middleware import add_security_headers

log = logging.getLogger(__name__)

_MALFORMED = (HttpProcessingError, web.RequestPayloadError, UnicodeError)
"""What aiohttp raises for requests that are not HTTP."""


class ConnectionLimit:
    """Keeps room for new connections: above the limit, each closes an older one that no user is using."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._warned = False

    def make_room(self, server: web.Server, new: HttpProtocol) -> None:
        """Close a connection if there are too many: the oldest that is not in use, or else the new one.

        Those over which no user has come yet are closed first.
        """
        scarce = descriptors.are_scarce()
        if len(server.connections) <= self._most and not scarce:
            return
        if scarce and not self._warned:
            self._warned = True
            log.warning(
                "web: almost no file descriptors are left, the oldest connections are closed for new ones; "
                "raise the limit (LimitNOFILE of a service, --ulimit nofile of a container)"
            )
        others = (other for other in server.connections if isinstance(other, HttpProtocol))
        unused = (other for other in others if other is not new and other.is_open and not other.in_use)
        victim = min(unused, key=lambda other: other.was_used, default=new)
        if victim.transport is not None:
            victim.transport.abort()


class HttpProtocol(web.RequestHandler):
    """aiohttp's protocol, which closes idle connections and those above the limit.

    Attributes:
        in_use: whether a request of a user is being served.
        was_used: whether there was one before.
    """

    def __init__(self, context: WebContext, server: web.Server, limit: ConnectionLimit) -> None:
        # None is the documented way to disable the access log: https://docs.aiohttp.org/en/stable/logging.html
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=context.timing.idle,
            access_log=None,  # type: ignore[arg-type]
        )
        self.in_use = False
        self.was_used = False
        self._context = context
        self._server = server
        self._limit = limit

    @property
    def is_open(self) -> bool:
        """Whether it is neither closed nor being closed."""
        return self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept a connection, and close one if there are too many. One that reads nothing is disconnected later."""
        super().connection_made(transport)
        end_when_unread(transport.get_extra_info("socket"), self._context.timing.stalled)
        self._limit.make_room(self._server, self)

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
        if status == 500 and isinstance(exc, _MALFORMED):
            status = 400
        # aiohttp's message continues with the offending bytes, on lines of their own.
        text = (message or HTTPStatus(status).phrase).partition("\n")[0].rstrip(": ")
        response = ApiError(status, "internal" if status >= 500 else "invalid_request", text).response()
        response.force_close()
        add_security_headers(self._context, response)
        return response

    def log_exception(self, *args: Any, **options: Any) -> None:
        """Log an error; malformed requests, which are common in any network, as one line at debug level."""
        error = options.get("exc_info")
        if isinstance(error, _MALFORMED):
            log.debug("web: malformed request from %s: %r", self._peer, error)
        else:
            super().log_exception(*args, **options)

    @property
    def _peer(self) -> object:
        return self.transport.get_extra_info("peername") if self.transport else "a closed connection"


@contextmanager
def in_use(request: web.Request) -> Iterator[None]:
    """Keep the connection of a user's request open until the block ends, although there may be too many."""
    protocol = request.protocol
    assert isinstance(protocol, HttpProtocol)
    protocol.in_use = True
    try:
        yield
    finally:
        protocol.in_use, protocol.was_used = False, True
