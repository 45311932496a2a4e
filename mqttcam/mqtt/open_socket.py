"""A connected socket: name resolution, TCP connect and TLS handshake, all of which block, in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable

CONNECT_TIMEOUT = 10.0
"""Seconds for each address of the host, and for the whole TLS handshake."""

MakeContext = Callable[[], ssl.SSLContext]
"""Makes the TLS context of one attempt: the files are read each time, because certificates are renewed."""


async def open_socket(host: str, port: int, make_context: MakeContext | None) -> socket.socket:
    """Return a connected, non-blocking socket with TCP_NODELAY; with `make_context`, a TLS socket.

    The thread is a daemon thread, and not from the loop's executor, which a closing loop waits for: a name server
    that does not answer must not delay the stop. A socket that such a thread opens later is closed.

    Raises:
        OSError: name resolution, connection or TLS handshake (`ssl.SSLError`) failed.
        TlsError: raised by `make_context`.
    """
    loop = asyncio.get_running_loop()
    connected: asyncio.Future[socket.socket] = loop.create_future()

    def settle(sock: socket.socket | None, error: Exception | None) -> None:
        if connected.done():
            if sock is not None:
                sock.close()
        elif sock is not None:
            connected.set_result(sock)
        elif error is not None:
            connected.set_exception(error)

    def run() -> None:
        sock, error = None, None
        try:
            sock = connect(host, port, make_context)
        except Exception as problem:  # noqa: BLE001 - raised again on the loop
            error = problem
        _hand_over(loop, settle, sock, error)

    threading.Thread(target=run, name="mqtt-connect", daemon=True).start()
    return await connected


def _hand_over(
    loop: asyncio.AbstractEventLoop,
    settle: Callable[[socket.socket | None, Exception | None], None],
    sock: socket.socket | None,
    error: Exception | None,
) -> None:
    try:
        loop.call_soon_threadsafe(settle, sock, error)
    except RuntimeError:  # the loop is closed, and the socket no longer needed
        if sock is not None:
            sock.close()


def connect(
    host: str, port: int, make_context: MakeContext | None, timeout: float = CONNECT_TIMEOUT
) -> socket.socket:
    """Return what `open_socket` does, blocking for `timeout` seconds per address and as many for TLS.

    Raises:
        OSError, TlsError: as `open_socket`.
    """
    context = make_context() if make_context is not None else None
    with contextlib.ExitStack() as stack:
        sock = stack.enter_context(socket.create_connection((host, port), timeout))
        # Otherwise a short packet waits for the acknowledgement of the picture before it, 40 ms and more.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            sock = stack.enter_context(context.wrap_socket(sock, server_hostname=host))
        sock.setblocking(False)
        stack.pop_all()
        return sock
