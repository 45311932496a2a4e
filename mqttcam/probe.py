"""How `mqttcam healthcheck` asks the running daemon: a Unix socket in the state folder.

The answer comes from the daemon's own loop, so a hung loop does not answer and is unhealthy too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from pathlib import Path

import orjson

log = logging.getLogger(__name__)

_TIMEOUT = 3.0
_LONGEST_PATH = 100
"""Below Linux' limit for a Unix socket's path, 107 bytes."""


class Probe:
    """Answers every connection with the list of what is wrong."""

    def __init__(self, state_dir: Path, problems: Callable[[], list[str]]) -> None:
        self._path = _socket_path(state_dir)
        self._problems = problems
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen; a folder that cannot hold the socket is said and costs only the health check."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.unlink(missing_ok=True)
            self._server = await asyncio.start_unix_server(self._answer, self._path)
        except OSError as error:
            log.warning("no health check: %s: %s", self._path, error)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._path.unlink(missing_ok=True)

    async def _answer(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(orjson.dumps(self._problems()))
            await writer.drain()
        writer.close()


def ask(state_dir: Path) -> list[str]:
    """What the running daemon says is wrong; one line when none runs or it does not answer."""
    path = _socket_path(state_dir)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT)
            connection.connect(str(path))
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
    except TimeoutError:
        return [f"the daemon does not answer within {_TIMEOUT:g} s"]
    except OSError as error:
        return [f"no daemon runs ({path}: {error.strerror})"]
    problems = orjson.loads(answer)
    return [str(problem) for problem in problems]


def _socket_path(state_dir: Path) -> Path:
    path = state_dir.absolute() / "health.sock"
    if len(str(path)) > _LONGEST_PATH:
        raise ValueError(
            f"state_dir is too long for a socket ({len(str(path))} > {_LONGEST_PATH} characters): {state_dir}"
        )
    return path
