"""The Unix socket in the state folder through which `mqttcam healthcheck` queries the running daemon.

The daemon answers from its event loop, so that a hung loop is unhealthy too. It also locks the folder: two daemons in
one folder would overwrite each other's values.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import orjson

log = logging.getLogger(__name__)

QUERY_TIMEOUT = 3.0
"""Seconds that the daemon has to answer."""
_SOCKET = "health.sock"


class FolderTaken(Exception):
    """Another daemon uses the state folder."""


class HealthSocket:
    """Sends the daemon's problems, as a JSON array of strings, to every client that connects."""

    def __init__(self, state_dir: Path, problems: Callable[[], list[str]]) -> None:
        self._folder = state_dir
        self._problems = problems
        self._server: asyncio.Server | None = None
        self._resources = contextlib.ExitStack()

    async def start(self) -> None:
        """Lock the folder and listen.

        If the folder cannot hold the socket, that is logged, and there is no health check.

        Raises:
            FolderTaken: Another daemon uses the folder.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            folder = self._resources.enter_context(_open(self._folder))
            _lock(folder, self._folder)
            path = _socket_path(folder)
            path.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._answer, path)
        except OSError as error:
            log.warning("health check unavailable: %s: %s", self._folder / _SOCKET, error.strerror or error)

    async def stop(self) -> None:
        """Stop listening, and unlock the folder."""
        if self._server is not None:
            self._server.close()
            with contextlib.suppress(OSError):  # the next daemon removes it
                (self._folder / _SOCKET).unlink(missing_ok=True)
        self._resources.close()

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(orjson.dumps(self._problems()))
            await writer.drain()
        writer.close()


def query_health(state_dir: Path, timeout: float = QUERY_TIMEOUT) -> list[str]:
    """Return the problems of the running daemon; that there is none, or that it does not answer, is a problem too."""
    try:
        with _open(state_dir) as folder, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(_socket_path(folder)))
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    except TimeoutError:
        return [f"the daemon does not answer within {timeout:g} s"]
    except OSError as error:
        return [f"no daemon is running ({state_dir / _SOCKET}: {error.strerror or error})"]
    try:
        return [str(problem) for problem in orjson.loads(answer)]
    except orjson.JSONDecodeError:
        return ["the daemon ended while it answered"]


@contextlib.contextmanager
def _open(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _socket_path(folder: int) -> Path:
    """Return the socket's path through the open folder: the usual one may exceed 107 bytes, the limit of unix(7)."""
    return Path(f"/proc/self/fd/{folder}/{_SOCKET}")


def _lock(descriptor: int, folder: Path) -> None:
    """Lock the folder until the descriptor is closed; the kernel closes it after a crash, too."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FolderTaken(f"another mqttcam uses the state_dir {folder}: each needs its own") from None
    except OSError as error:
        log.debug("%s cannot be locked: %s", folder, error)  # NFS locks only files open for writing
