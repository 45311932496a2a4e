"""A TCP proxy with faults: slow, silent, cut, garbled.

In an asyncio test: `async with Proxy(port) as proxy`. From anywhere else it is a program,
`python -m tests.support.proxy TARGET_PORT`, which prints its port and takes one fault a line on its standard input:
`rate 100000`, `stall`, `stall up`, `resume`, `cut`, `delay 0.1`, `inject 0102ff`, `refuse`, `admit`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys
from types import TracebackType
from typing import Self

from tests.support.transports import abort_closing
from tests.support.waiting import HOST

_CHUNK = 4096
_SMALL_BUFFER = 16384
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)

UP, DOWN = "up", "down"
"""The direction of bytes: from the client to the broker, or back."""


class Proxy:
    """Listens on `port`. Each fault applies to all present connections and to later ones.

    Its own buffers are small, so that what it does not pass on stays with the sender.

    Attributes:
        rate: bytes a second towards the broker, None as fast as it goes.
        delay: seconds that each piece waits, in each direction.
        passed: bytes passed on, by direction.
        refuse: new connections are reset at once.
    """

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.rate: float | None = None
        self.delay = 0.0
        self.passed = {UP: 0, DOWN: 0}
        self.refuse = False
        self._flowing = {UP: asyncio.Event(), DOWN: asyncio.Event()}
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.StreamWriter, asyncio.StreamWriter] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self.resume()
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
        sock.bind((HOST, 0))
        self.port = int(sock.getsockname()[1])
        self._server = await asyncio.start_server(self._accept, sock=sock, limit=_CHUNK)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await abort_closing()

    @property
    def open(self) -> int:
        """Return the number of open connections."""
        return len(self._clients)

    def stall(self, *directions: str) -> None:
        """Stop passing on bytes, in both directions or in those named; connections stay open."""
        for direction in directions or (UP, DOWN):
            self._flowing[direction].clear()

    def resume(self) -> None:
        """End `stall`."""
        for flowing in self._flowing.values():
            flowing.set()

    def cut(self) -> None:
        """Reset every connection."""
        for writers in tuple(self._clients.items()):
            for writer in writers:
                _reset(writer)

    def inject(self, data: bytes) -> None:
        """Insert bytes into what the broker sends."""
        for client in self._clients:
            client.write(data)

    def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        if self.refuse:
            _reset(client)
            return
        try:
            answers, broker = await asyncio.open_connection(HOST, self.target_port, limit=_CHUNK)
        except OSError:
            _reset(client)
            return
        self._clients[client] = broker
        ways = [
            asyncio.create_task(self._pass(reader, broker, UP)),
            asyncio.create_task(self._pass(answers, client, DOWN)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            del self._clients[client]
            for writer in (client, broker):
                writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                await self._flowing[way].wait()
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(data)
                await writer.drain()
                self.passed[way] += len(data)
                if way == UP and self.rate:
                    await asyncio.sleep(len(data) / self.rate)


def _reset(writer: asyncio.StreamWriter) -> None:
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
    writer.transport.abort()


def _obey(proxy: Proxy, order: str) -> None:
    match order.split():
        case ["rate", number]:
            proxy.rate = float(number) or None
        case ["delay", number]:
            proxy.delay = float(number)
        case ["stall", *directions]:
            proxy.stall(*directions)
        case ["resume"]:
            proxy.resume()
        case ["cut"]:
            proxy.cut()
        case ["inject", data]:
            proxy.inject(bytes.fromhex(data))
        case ["refuse" | "admit" as word]:
            proxy.refuse = word == "refuse"
        case _:
            print(f"unknown: {order.strip()}", flush=True)


async def _main(target_port: int) -> None:
    orders = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    async with Proxy(target_port) as proxy:
        print(proxy.port, flush=True)
        while order := await orders.readline():
            _obey(proxy, order.decode())


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
