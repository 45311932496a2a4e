"""An HTTP camera that sends bytes as they are: no library corrects them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator

Response = Callable[[bytes], Iterable[bytes]]


@contextlib.contextmanager
def raw_http_camera(respond: Response, host: str = "127.0.0.1") -> Iterator[str]:
    """Serve what `respond` returns for each request's bytes, on a thread each, and yield the URL."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = socket.create_server((host, 0), family=family)
    stopping = threading.Event()

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            request = b""
            while b"\r\n\r\n" not in request and (data := connection.recv(10_000)):
                request += data
            for part in respond(request):
                if stopping.is_set():
                    return
                connection.sendall(part)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        place = f"[{host}]" if ":" in host else host
        yield f"http://{place}:{server.getsockname()[1]}/x"
    finally:
        stopping.set()
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
