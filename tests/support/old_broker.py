"""A proxy before a real broker that refuses MQTT 5 and passes 3.1.1 through."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.support.broker import Endpoint
from tests.support.waiting import HOST

_UNACCEPTABLE_VERSION = bytes((0x20, 2, 0, 1))
"""CONNACK with return code 1 (MQTT 3.1.1, table 3.1)."""


class OldBroker(Endpoint):
    """Listens on `port`; `levels` are the protocol levels of the CONNECTs received (5, or 4 for 3.1.1)."""

    def __init__(self, behind: int) -> None:
        self._behind = behind
        self._door = socket.create_server((HOST, 0))
        super().__init__(int(self._door.getsockname()[1]))
        self.levels: list[int] = []
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for sock in self._open:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._thread.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                self._open.append(client)
                threading.Thread(target=self._greet, args=(client,), daemon=True).start()

    def _greet(self, client: socket.socket) -> None:
        with suppress(OSError):
            head = client.recv(65536)
            name = head.find(b"MQTT")
            level = head[name + 4] if name >= 0 else 0
            self.levels.append(level)
            if level == 5:
                client.sendall(_UNACCEPTABLE_VERSION)
                client.shutdown(socket.SHUT_RDWR)
                return
            server = socket.create_connection((HOST, self._behind))
            self._open.append(server)
            server.sendall(head)
            threading.Thread(target=_pump, args=(server, client), daemon=True).start()
            _pump(client, server)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
