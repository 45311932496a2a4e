"""How `mqttcam healthcheck` asks the running daemon: a Unix socket in the state folder.

The answer comes from the daemon's own loop, so a hung loop does not answer and is unhealthy too. Whoever answers
there also holds the folder: two daemons in one would overwrite each other's values.
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

_TIMEOUT = 3.0
_SOCKET = "health.sock"


class FolderTaken(Exception):
    """Another daemon uses the state folder."""


class HealthSocket:
    """Answers every connection with the list of what is wrong."""

    def __init__(self, state_dir: Path, problems: Callable[[], list[str]]) -> None:
        self._folder = state_dir
        self._problems = problems
        self._server: asyncio.Server | None = None
        self._kept = contextlib.ExitStack()

    async def start(self) -> None:
        """Listen; a folder that cannot hold the socket is said and costs only the health check.

        Raises:
            FolderTaken: another daemon uses the folder.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            folder = self._kept.enter_context(_opened(self._folder))
            _lock(folder, self._folder)
            path = _address(folder)
            path.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._answer, path)
        except OSError as error:
            log.warning("no health check: %s: %s", self._folder / _SOCKET, error.strerror or error)

    async def stop(self) -> None:
        """Answer no more, and let go of the folder."""
        if self._server is not None:
            self._server.close()
            with contextlib.suppress(OSError):  # the next daemon takes an old one away
                (self._folder / _SOCKET).unlink(missing_ok=True)
        self._kept.close()

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(orjson.dumps(self._problems()))
            await writer.drain()
        writer.close()


def ask(state_dir: Path) -> list[str]:
    """What the running daemon says is wrong; one line when none runs or it does not answer."""
    try:
        with _opened(state_dir) as folder, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT)
            connection.connect(str(_address(folder)))
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    except TimeoutError:
        return [f"the daemon does not answer within {_TIMEOUT:g} s"]
    except OSError as error:
        return [f"no daemon runs ({state_dir / _SOCKET}: {error.strerror or error})"]
    try:
        return [str(problem) for problem in orjson.loads(answer)]
    except orjson.JSONDecodeError:
        return ["the daemon ended while it answered"]


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _address(folder: int) -> Path:
    """The socket's path through the open folder: its own may be longer than the 107 bytes that Linux takes."""
    return Path(f"/proc/self/fd/{folder}/{_SOCKET}")


def _lock(descriptor: int, folder: Path) -> None:
    """Hold the folder until this process ends or lets go of it; the kernel sees to it, also after a crash."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FolderTaken(f"another mqttcam runs with the state_dir {folder}: each needs its own") from None
    except OSError as error:
        log.debug("%s cannot be locked: %s", folder, error)  # NFS, for one, locks only what can be written
