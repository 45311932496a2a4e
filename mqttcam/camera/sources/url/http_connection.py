"""HTTP connections to cameras: they can be ended by another thread, and read headers as cameras send them."""

from __future__ import annotations

import contextlib
import functools
import re
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any

_ZONE = re.compile(r"%.*]")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~\w-]+)[ \t]*(:.*)", re.DOTALL)


class PeerConnection:
    """The connection of a reader thread, which another thread can end at any time.

    Attributes:
        stopping: set once no more frames are wanted.
    """

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def opened(self, connected: socket.socket) -> None:
        """Note the socket in use; its owner closes it. It is ended at once if no more frames are wanted."""
        with self._lock:
            self._forget()
            # TLS takes the socket itself away; a duplicate ends the same connection.
            self._socket = connected.dup()
        if self.stopping.is_set():
            self.end()

    def end(self) -> None:
        """End the connection: a read that waits for data returns at once."""
        self.stopping.set()
        with self._lock:
            if self._socket is not None:
                with contextlib.suppress(OSError):  # it has ended already
                    self._socket.shutdown(socket.SHUT_RDWR)

    def closed(self) -> None:
        """Release the socket."""
        with self._lock:
            self._forget()

    def _forget(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


def handlers(peer: PeerConnection, context: ssl.SSLContext) -> list[urllib.request.BaseHandler]:
    """Return the handlers for HTTP and HTTPS whose sockets `peer` knows."""

    class Http(urllib.request.HTTPHandler):
        http_request = _with_host(urllib.request.HTTPHandler.http_request)

        def http_open(self, request: urllib.request.Request) -> HTTPResponse:
            return self.do_open(functools.partial(_connection, _Connection, peer), request)

    class Https(urllib.request.HTTPSHandler):
        https_request = _with_host(urllib.request.HTTPSHandler.https_request)

        def https_open(self, request: urllib.request.Request) -> HTTPResponse:
            return self.do_open(
                functools.partial(_connection, _TlsConnection, peer, context=context), request
            )

    return [Http(), Https(context=context)]


def _with_host(prepare: Callable[..., urllib.request.Request]) -> Callable[..., urllib.request.Request]:
    """Return `prepare` with a Host header that other machines understand: without the zone of an IPv6 address."""

    def prepared(handler: object, request: urllib.request.Request) -> urllib.request.Request:
        request = prepare(handler, request)
        request.add_unredirected_header("Host", _ZONE.sub("]", request.host))
        return request

    return prepared


class _Response(HTTPResponse):
    """Reads headers as browsers do: a line that is not a header is left out, and hides no other."""

    def begin(self) -> None:
        stream: Any = self.fp
        lines: Any = _HeaderLines(stream)
        self.fp = lines
        try:
            super().begin()
        finally:
            if self.fp is lines:
                self.fp = stream


class _HeaderLines:
    """The lines of a stream up to the end of the headers."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._is_first = True
        self._pending: bytes | None = None

    def readline(self, limit: int) -> bytes:
        """Return the next line that is valid."""
        if self._pending is not None:
            line, self._pending = self._pending, None
            return line
        if self._is_first and self._stream.peek(2)[:2] in (b"\xff\xd8", b"--"):  # not even headers
            self._is_first, self._pending = False, b"\r\n"
            return b"HTTP/1.0 200 OK\r\n"
        line = self._read(limit)
        if self._is_first:
            self._is_first = False
            if line.startswith(b"ICY "):
                return b"HTTP/1.0 " + line.removeprefix(b"ICY ")
            if _HEADER.fullmatch(line):  # no status line at all
                self._pending = line
                return b"HTTP/1.0 200 OK\r\n"
            return line
        while line.strip():
            if header := _HEADER.fullmatch(line):
                return header[1] + header[2]
            line = self._read(limit)
        return line

    def flush(self) -> None:
        """Do nothing: it is only read."""

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    def _read(self, limit: int) -> bytes:
        line: bytes = self._stream.readline(limit)
        return line


class _Connection(HTTPConnection):
    """Notes its socket, before the TLS handshake if there is one."""

    response_class = _Response
    peer: PeerConnection

    def connect(self) -> None:
        super().connect()
        self.peer.opened(self.sock)


class _TlsConnection(HTTPSConnection, _Connection):
    pass


def _connection(kind: type[_Connection], peer: PeerConnection, host: str, **options: Any) -> _Connection:
    connection = kind(host, **options)
    connection.peer = peer
    return connection
